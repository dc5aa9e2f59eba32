"""What is left of a dataset whose files are partly broken?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ugcbench.errors import DatasetError
from ugcbench.specs import Dataset
from ugcbench.types import Clip


@dataclass(frozen=True, slots=True)
class Salvage:
    """Every clip that can be read, and an error for everything that can't."""

    clips: tuple[Clip, ...]
    errors: tuple[DatasetError, ...]


@runtime_checkable
class Salvageable(Protocol):
    """A dataset that can say all that is wrong with its files, not only what comes first."""

    def salvage(self) -> Salvage:
        """Read all that can be read; raises nothing."""
        ...


def salvage(dataset: Dataset) -> Salvage:
    """Read all that can be read of `dataset`; of a foreign reader's, what comes before an error."""
    if isinstance(dataset, Salvageable):
        return dataset.salvage()
    clips: list[Clip] = []
    try:
        clips.extend(dataset)
    except DatasetError as error:
        return Salvage(tuple(clips), (error,))
    return Salvage(tuple(clips), ())


def sort_out(parts: Iterable[Clip | DatasetError]) -> Salvage:
    """Tell clips and errors apart."""
    found = list(parts)
    return Salvage(
        tuple(part for part in found if isinstance(part, Clip)),
        tuple(part for part in found if isinstance(part, DatasetError)),
    )
