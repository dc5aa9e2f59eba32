"""Which numbers come out of a run's scores?

`Tally` takes scores one by one in 16 bytes each and column, and gives the cells of the table.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from ugcbench.protocol import Protocol, digest
from ugcbench.specs import Column, Judge, Task
from ugcbench.statistics import mean_interval
from ugcbench.types import Answer, Cell, Sample, Score

GENERAL_RULES = {"profile", "sampling", "missing", "rounding"}
"""The rules of a protocol that every task is under."""


class Tally:
    """The running results of one task."""

    def __init__(self, task: Task, protocol: Protocol, judge: Judge | None) -> None:
        self.task = task
        self.protocol = protocol
        self.judge = judge if task.scorer.judge else None
        self._judges: set[str] = set()
        self._disagreement = array("d")
        self._statuses: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()
        self._values = {column.part: array("d") for column in task.columns}
        self._clusters = array("Q")

    @property
    def asked(self) -> int:
        """How many samples were put to the model."""
        return self._statuses.total()

    @property
    def counted(self) -> int:
        """How many of them count in the mean."""
        return len(self._clusters)

    def add(self, sample: Sample, score: Score) -> None:
        """Take one score."""
        key = score.status if score.source == "model" else f"judge_{score.status}"
        self._statuses[key] += 1
        if self.task.baseline:
            self._answers[_label(sample.answer)] += 1
        if score.judge_model:
            self._judges.add(score.judge_model)
        if score.disagreement is not None:
            self._disagreement.append(score.disagreement)
        counted = self.protocol.counted(score)
        if counted is None:
            return
        clip = hashlib.blake2b(sample.clip.encode(), digest_size=8).digest()
        self._clusters.append(int.from_bytes(clip, "big"))
        for part, values in self._values.items():
            values.append(counted if part is None else score.parts.get(part, counted))

    def cells(self) -> list[Cell]:
        """One cell for each column of the task."""
        return [self._cell(column) for column in self.task.columns]

    def _cell(self, column: Column) -> Cell:
        part = f":{column.part}" if column.part else ""
        values = np.frombuffer(self._values[column.part], np.float64)
        clusters = np.frombuffer(self._clusters, np.uint64)
        interval = mean_interval(values, clusters) if len(values) else None
        return Cell(
            name=f"{self.task.name}{part}",
            label=column.label,
            value=interval.mean if interval else None,
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            n=self.counted,
            asked=self.asked,
            coverage=self.counted / self.asked if self.asked else 0.0,
            statuses=dict(sorted(self._statuses.items())),
            baseline=self._baseline(),
            protocol=self.protocol.name,
            protocol_hash=cell_hash(self.task, self.protocol),
            judge=self.judge.name if self.judge else None,
            judge_answered=tuple(sorted(self._judges)),
            disagreement=float(np.mean(self._disagreement)) if self._disagreement else None,
            comparable=self.judge.comparable if self.judge else True,
            table=column.table,
        )

    def _baseline(self) -> float | None:
        return max(self._answers.values()) / self.asked if self._answers else None


def cell_hash(task: Task, protocol: Protocol) -> str:
    """The hash of the rules behind a task's numbers: media, sampling, prompt, scorer, judge.

    Rules of the protocol that only some tasks use are in those tasks' own fingerprints, so that
    two protocols that differ in the on-screen-text scorer give comparable captions.
    """
    general = protocol.model_dump(mode="json", include=GENERAL_RULES)
    return digest([general, task.name, task.version, task.fingerprint, task.scorer.fingerprint])


def average(cells: Iterable[Cell]) -> float | None:
    """The mean of the table's columns; None unless every one has a value."""
    values: Sequence[float | None] = [cell.value for cell in cells if cell.table]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def _label(answer: Answer) -> str:
    return (answer if isinstance(answer, str) else "\n".join(answer)).strip().casefold()
