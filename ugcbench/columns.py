"""What does an answer count in a column, and with which weight?"""

from __future__ import annotations

from collections.abc import Mapping

from ugcbench.specs import Column
from ugcbench.types import Cell


def value_in(column: Column | Cell, parts: Mapping[str, float], counted: float) -> float:
    """The number by which an answer enters a column's mean.

    `parts` are those of its score, `counted` is what the protocol counts for the answer as a whole.
    """
    if column.part is not None and column.part in parts:
        return parts[column.part]
    return counted if column.absent is None else column.absent


def weight_in(column: Column | Cell, weights: Mapping[str, float]) -> float:
    """How much a sample with these weights counts in a column; 0 if it doesn't belong there."""
    return 1.0 if column.weight is None else weights.get(column.weight, 0.0)
