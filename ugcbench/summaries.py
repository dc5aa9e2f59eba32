"""Which numbers come out of a run's scores?

`Tally` takes scores one by one in 16 bytes each and column, and gives the cells of the table.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ugcbench.columns import value_in
from ugcbench.protocol import Protocol, digest
from ugcbench.specs import Column, Judge, Task
from ugcbench.statistics import mean_interval
from ugcbench.types import Cell, Sample, Score

GENERAL_RULES = {"profile", "sampling", "missing", "rounding"}
"""The rules of a protocol that every task is under."""


class Tally:
    """The running results of one task.

    Columns with the same weight are about the same samples and share a pool of them.
    """

    def __init__(self, task: Task, protocol: Protocol, judge: Judge | None) -> None:
        self.task = task
        self.protocol = protocol
        self.judge = judge if task.scorer.judge else None
        self._pools = {column.weight: _Pool(column.weight) for column in task.columns}
        self._values = [(column, array("d")) for column in task.columns]

    def add(self, sample: Sample, score: Score) -> None:
        """Take one score."""
        counted = self.protocol.counted(score)
        for pool in self._pools.values():
            if pool.weigh(sample) > 0:
                pool.add(sample, score, counted=counted is not None, label=self.task.baseline)
        if counted is None:
            return
        for column, values in self._values:
            if self._pools[column.weight].weigh(sample) > 0:
                values.append(value_in(column, score.parts, counted))

    def cells(self) -> list[Cell]:
        """One cell for each column of the task."""
        return [self._cell(column, values) for column, values in self._values]

    def _cell(self, column: Column, numbers: array[float]) -> Cell:
        part = f":{column.part}" if column.part else ""
        pool = self._pools[column.weight]
        values = np.frombuffer(numbers, np.float64)
        interval = (
            mean_interval(values, pool.clusters, weights=pool.weights) if len(values) else None
        )
        return Cell(
            name=f"{self.task.name}{part}",
            label=column.label,
            value=interval.mean if interval else None,
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            n=len(values),
            asked=pool.asked,
            coverage=len(values) / pool.asked if pool.asked else 0.0,
            statuses=dict(sorted(pool.statuses.items())),
            baseline=pool.baseline,
            protocol=self.protocol.name,
            protocol_hash=cell_hash(self.task, self.protocol),
            judge=self.judge.name if self.judge else None,
            judge_answered=tuple(sorted(pool.judges)),
            disagreement=float(np.mean(pool.disagreement)) if pool.disagreement else None,
            comparable=self.judge.comparable if self.judge else True,
            table=column.table,
            weight=column.weight,
            absent=column.absent,
            lower_is_better=column.lower_is_better,
        )


class _Pool:
    """The samples that some columns are about: all, or those that have a weight of a name."""

    def __init__(self, weight: str | None) -> None:
        self._weight = weight
        self._weights, self._clusters = array("d"), array("Q")
        self._answers: Counter[tuple[str, str | int]] = Counter()
        self.statuses: Counter[str] = Counter()
        self.judges: set[str] = set()
        self.disagreement = array("d")

    def weigh(self, sample: Sample) -> float:
        """How much a sample counts here."""
        return 1.0 if self._weight is None else sample.weights.get(self._weight, 0.0)

    def add(self, sample: Sample, score: Score, *, counted: bool, label: bool) -> None:
        """Take one score, which enters the mean if it is `counted`, and its gold's `label`."""
        key = score.status if score.source == "model" else f"judge_{score.status}"
        self.statuses[key] += 1
        if label:
            self._answers.update(_labels(sample))
        if score.judge_model:
            self.judges.add(score.judge_model)
        if score.disagreement is not None:
            self.disagreement.append(score.disagreement)
        if counted:
            clip = hashlib.blake2b(sample.clip.encode(), digest_size=8).digest()
            self._clusters.append(int.from_bytes(clip, "big"))
            if self._weight is not None:
                self._weights.append(self.weigh(sample))

    @property
    def asked(self) -> int:
        """How many samples were put to the model."""
        return self.statuses.total()

    @property
    def clusters(self) -> npt.NDArray[np.uint64]:
        """The clip of each sample that counts."""
        return np.frombuffer(self._clusters, np.uint64)

    @property
    def weights(self) -> npt.NDArray[np.float64] | None:
        """The weight of each sample that counts."""
        return None if self._weight is None else np.frombuffer(self._weights, np.float64)

    @property
    def baseline(self) -> float | None:
        """The share of samples to which the best constant answer is right, a text or a letter."""
        return max(self._answers.values()) / self.asked if self._answers else None


def cell_hash(task: Task, protocol: Protocol) -> str:
    """The hash of the rules behind a task's numbers: media, sampling, prompt, scorer, judge.

    Rules of the protocol that only some tasks use are in those tasks' own fingerprints, so that
    two protocols that differ in the on-screen-text scorer give comparable captions.
    """
    general = protocol.model_dump(mode="json", include=GENERAL_RULES)
    return digest([general, task.name, task.version, task.fingerprint, task.scorer.fingerprint])


def average(cells: Iterable[Cell]) -> float | None:
    """The mean of the table's columns.

    None unless every one has a value, and all of them are better in the same direction.
    """
    columns: Sequence[Cell] = [cell for cell in cells if cell.table]
    known = [cell.value for cell in columns if cell.value is not None]
    if not known or len(known) < len(columns) or len({c.lower_is_better for c in columns}) > 1:
        return None
    return sum(known) / len(known)


def _labels(sample: Sample) -> Iterator[tuple[str, str | int]]:
    """By what a constant answer could be right: the gold's text, and its place in the choices."""
    answer = sample.answer if isinstance(sample.answer, str) else "\n".join(sample.answer)
    label = answer.strip().casefold()
    yield "text", label
    places = [place for place, c in enumerate(sample.choices) if c.strip().casefold() == label]
    yield from (("place", place) for place in places[:1])
