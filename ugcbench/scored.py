"""What did a finished run score, sample by sample, and by which rules?"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ugcbench.columns import value_in
from ugcbench.plans import RunConfig, read_config
from ugcbench.protocol import Protocol
from ugcbench.store import read_records, read_summary
from ugcbench.types import Cell, Record, Summary

Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Counted:
    """The values in [0, 1] that enter one cell's mean, each with the keys of its sample and clip.

    Rates of error can lie above 1. A key is a 64-bit digest of an id, so that millions of samples
    fit into memory. `weights` are given for a cell that has a weight.
    """

    samples: Keys
    clips: Keys
    values: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64] | None = None

    def shared(self, other: Counted) -> tuple[Counted, Counted]:
        """Both, reduced to the samples that they have in common, in the same order."""
        _, here, there = np.intersect1d(self.samples, other.samples, return_indices=True)
        return self.at(here), other.at(there)

    def at(self, places: npt.NDArray[np.intp]) -> Counted:
        """What stands at these places."""
        weights = None if self.weights is None else self.weights[places]
        return Counted(self.samples[places], self.clips[places], self.values[places], weights)


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """A finished run: its directory, configuration and summary, and what was counted in each cell
    of the summary, by name.
    """

    path: Path
    config: RunConfig
    summary: Summary
    cells: Mapping[str, Cell]
    counted: Mapping[str, Counted]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the cells whose mean is the run's average."""
        return tuple(name for name, cell in self.cells.items() if cell.table)

    def label(self, cell: str) -> str:
        """How tables call a cell; the average's name is its own."""
        return self.cells[cell].label if cell in self.cells else cell.capitalize()

    def in_table(self, cell: str) -> bool:
        """Whether a cell is one of the table's columns, or their average."""
        return cell not in self.cells or self.cells[cell].table

    def lower_is_better(self, cell: str) -> bool:
        """Whether a cell, or the columns of an average, are rates of error."""
        names = [cell] if cell in self.cells else self.columns
        return any(self.cells[name].lower_is_better for name in names)

    def offline(self, cell: str) -> bool:
        """Whether a cell was judged by an offline judge; an average, if one of its columns was."""
        names = [cell] if cell in self.cells else self.columns
        return not all(self.cells[name].comparable for name in names)


def read_scored(path: Path) -> ScoredRun:
    """Read a finished run directory, record by record; raises `RunError`, `RunCorruptError`."""
    config, summary = read_config(path), read_summary(path)
    cells = {cell.name: cell for cell in summary.cells}
    counted = count(summary.cells, config.protocol, read_records(path))
    return ScoredRun(path, config, summary, cells, counted)


def count(
    cells: Sequence[Cell], protocol: Protocol, records: Iterable[Record]
) -> dict[str, Counted]:
    """What the records count in each cell, by the cell's name."""
    growing: dict[str, _Growing] = defaultdict(_Growing)
    for cell in cells:
        growing[_task(cell.name)].expect(cell)
    for record in records:
        counted = protocol.counted(record.score)
        if counted is not None:
            growing[record.task].add(record, counted)
    return {cell.name: growing[_task(cell.name)].finish(cell) for cell in cells}


def name_runs(runs: Sequence[ScoredRun]) -> list[str]:
    """What tells runs apart: each one's model, with its directory where models repeat."""
    models = Counter(run.summary.model for run in runs)
    return [
        run.summary.model if models[run.summary.model] == 1 else f"{run.summary.model} ({run.path})"
        for run in runs
    ]


def differing_rules(first: ScoredRun, second: ScoredRun, name: str) -> list[str]:
    """What forbids to compare the cell `name` of two runs, in words; empty if nothing does."""
    left, right = first.cells[name], second.cells[name]
    found = []
    if left.judge != right.judge:
        found.append(f"different judges: {left.judge} and {right.judge}")
    elif (
        left.judge_answered and right.judge_answered and left.judge_answered != right.judge_answered
    ):
        answered = (" + ".join(cell.judge_answered) for cell in (left, right))
        found.append("the judge was answered by different models: " + " and ".join(answered))
    if left.protocol_hash == right.protocol_hash:
        return found
    rules = list(_differences(_rules(first), _rules(second)))
    if rules:
        found.append("different protocols: " + ", ".join(rules))
    return found or ["the task's prompt, rubric or scorer changed between the two runs"]


def differing_gold(first: ScoredRun, second: ScoredRun) -> list[str]:
    """What casts doubt on the gold being the same, in words; empty if nothing does."""
    if first.config.dataset_revision == second.config.dataset_revision:
        return []
    return [f"different datasets: {first.summary.dataset} and {second.summary.dataset}"]


class _Growing:
    """What was counted of one task so far."""

    def __init__(self) -> None:
        self._samples, self._clips = array("Q"), array("Q")
        self._values: list[tuple[Cell, array[float]]] = []
        self._weights: dict[str, array[float]] = {}

    def expect(self, cell: Cell) -> None:
        self._values.append((cell, array("d")))
        if cell.weight is not None:
            self._weights[cell.weight] = array("d")

    def add(self, record: Record, counted: float) -> None:
        self._samples.append(key_of(record.sample_id))
        self._clips.append(key_of(record.clip))
        for cell, values in self._values:
            values.append(value_in(cell, record.score.parts, counted))
        for name, weights in self._weights.items():
            weights.append(record.weights.get(name, 0.0))

    def finish(self, cell: Cell) -> Counted:
        """What was counted in `cell`: in a weighted one, only the samples that have a weight."""
        values = next(values for other, values in self._values if other.name == cell.name)
        every = Counted(
            np.array(self._samples, np.uint64),
            np.array(self._clips, np.uint64),
            np.array(values, np.float64),
            None if cell.weight is None else np.array(self._weights[cell.weight], np.float64),
        )
        return every if every.weights is None else every.at(np.flatnonzero(every.weights))


def _task(cell: str) -> str:
    return cell.partition(":")[0]


def _rules(run: ScoredRun) -> dict[str, Any]:
    return run.config.protocol.model_dump(mode="json")


def _differences(left: Any, right: Any, at: str = "") -> Iterator[str]:  # noqa: ANN401
    """`judge.temperature (0.0, 1.0)` for each rule in which two protocols differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left | right:
            yield from _differences(left.get(key), right.get(key), f"{at}.{key}" if at else key)
    elif left != right:
        yield f"{at} ({left}, {right})"


@lru_cache(1 << 14)  # a clip has many samples, and many runs are about the same clips
def key_of(name: str) -> int:
    """The 64-bit key of a sample or a clip."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
