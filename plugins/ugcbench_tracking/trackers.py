"""Which trackers are there, and how is one meant by what is typed?"""

from __future__ import annotations

import dataclasses
import importlib
from typing import TYPE_CHECKING, Protocol

from ugcbench.errors import MissingExtraError, UnknownNameError, UsageError
from ugcbench.plugins import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ugcbench_tracking.report import Report

TARGETS = {
    "tensorboard": "ugcbench_tracking.tensorboard_files:TensorBoard",
    "wandb": "ugcbench_tracking.wandb_runs:WeightsAndBiases",
    "mlflow": "ugcbench_tracking.mlflow_runs:MLflow",
}
"""Where the class of each tracker is, called with the place that was typed, or None."""


class Tracker(Protocol):
    """A place that keeps numbers of runs. Making one raises `UsageError` if it can't be used."""

    def send(self, report: Report) -> str:
        """Tell of a run, in place of what was told of it before; returns where to look."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Named:
    """A tracker and how it was typed."""

    typed: str
    tracker: Tracker


def open_trackers(typed: str) -> Sequence[Named]:
    """The trackers that `NAME[:WHERE][,...]` means.

    Raises `UnknownNameError`, `MissingExtraError` for a client that is not installed, and
    `UsageError` for one that can't be used as it is set up.
    """
    names = [each.strip() for each in typed.split(",") if each.strip()]
    if not names:
        raise UsageError(f"no tracker is named; say which: {', '.join(TARGETS)}")
    return [Named(each, _open(each)) for each in dict.fromkeys(names)]


def _open(typed: str) -> Tracker:
    name, _, where = typed.partition(":")
    if name not in TARGETS:
        raise UnknownNameError(
            f"there is no tracker {name!r}{nearest(name, TARGETS)}; known are: {', '.join(TARGETS)}"
        )
    module, _, attribute = TARGETS[name].partition(":")
    try:
        made: Tracker = getattr(importlib.import_module(module), attribute)(where or None)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"the tracker {name} needs {error.name}: pip install 'ugcbench[{name}]'"
        ) from error
    return made
