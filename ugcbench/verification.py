"""Is what a run directory says consistent with itself?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from ugcbench.columns import value_in, weight_in
from ugcbench.errors import RunError
from ugcbench.offsets import OffsetIndex
from ugcbench.plans import read_config
from ugcbench.protocol import Protocol
from ugcbench.store import prediction_key, read_records, read_summary, read_typed
from ugcbench.types import Cell, Prediction, Record, Summary, Verdict

TOLERANCE = 1e-9
NO_TEXT = 0
"""Stands for the text of a prediction without one where texts are told apart by number."""


def find_problems(path: Path) -> list[str]:
    """What is wrong with a finished run directory, in words; empty if it is whole.

    Checked: every line of every file can be read; no sample was answered and no verdict was given
    twice; each record repeats the stored prediction and names only stored verdicts; each cell of
    the summary follows from the records. Nothing is written.
    """
    try:
        return list(_problems(path))
    except RunError as error:
        return [str(error)]


def _problems(path: Path) -> Iterator[str]:
    config = read_config(path)
    answers = OffsetIndex()  # by key the number of a text: memory doesn't hold the texts
    yield from _check_predictions(path, answers)
    verdicts = OffsetIndex()
    yield from _check_verdicts(path, verdicts)
    summary = read_summary(path)
    sums = _Sums(config.protocol, summary.cells)
    seen = OffsetIndex()
    for record in read_records(path):
        yield from _check_record(record, answers, verdicts, seen)
        sums.add(record)
    yield from _check_summary(summary, sums)


def _check_predictions(path: Path, answers: OffsetIndex) -> Iterator[str]:
    for prediction in read_typed(path / "predictions.jsonl", Prediction):
        key = prediction_key(prediction.task, prediction.sample_id)
        if answers.find(key) not in (None, NO_TEXT):
            yield f"{prediction.task} {prediction.sample_id} was answered twice"
        answers.add(key, _number(prediction.text))


def _check_verdicts(path: Path, verdicts: OffsetIndex) -> Iterator[str]:
    repeated: dict[str, int] = {}
    for verdict in read_typed(path / "verdicts.jsonl", Verdict):
        times = (verdicts.find(verdict.key) or 0) + 1
        verdicts.add(verdict.key, times)
        if times > 1:
            repeated[verdict.key] = times
    yield from (f"verdict {key} is stored {n} times" for key, n in repeated.items())


def _check_record(
    record: Record, answers: OffsetIndex, verdicts: OffsetIndex, seen: OffsetIndex
) -> Iterator[str]:
    name = f"{record.task} {record.sample_id}"
    key = prediction_key(record.task, record.sample_id)
    if seen.find(key) is not None:
        yield f"{name} has two records"
    seen.add(key, 0)
    if (answers.find(key) or NO_TEXT) != _number(record.prediction.text):
        yield f"{name}: the record's text is not that of predictions.jsonl"
    if record.score.status == "ok":
        absent = [address for address in record.score.verdicts if verdicts.find(address) is None]
        yield from (f"{name}: verdict {address} is not stored" for address in absent)


def _number(text: str | None) -> int:
    """A number that is another one for another text, but for one chance in 2**62."""
    return NO_TEXT if text is None else hash(text) >> 1 & 0x3FFF_FFFF_FFFF_FFFF | 1 << 62


class _Sums:
    """Counts and sums of the records for each cell."""

    def __init__(self, protocol: Protocol, cells: Sequence[Cell]) -> None:
        self._protocol = protocol
        self._cells: defaultdict[str, list[Cell]] = defaultdict(list)
        for cell in cells:
            self._cells[cell.name.partition(":")[0]].append(cell)
        self.asked: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self._weights: defaultdict[str, float] = defaultdict(float)
        self._totals: defaultdict[str, float] = defaultdict(float)

    def add(self, record: Record) -> None:
        counted = self._protocol.counted(record.score)
        for cell in self._cells[record.task]:
            weight = weight_in(cell, record.weights)
            self.asked[cell.name] += weight > 0
            if counted is not None and weight > 0:
                self.counted[cell.name] += 1
                self._weights[cell.name] += weight
                value = value_in(cell, record.score.parts, counted)
                self._totals[cell.name] += weight * value

    def mean(self, cell: Cell) -> float | None:
        weight = self._weights[cell.name]
        return self._totals[cell.name] / weight if weight else None


def _check_summary(summary: Summary, sums: _Sums) -> Iterator[str]:
    for cell in summary.cells:
        if (cell.asked, cell.n) != (sums.asked[cell.name], sums.counted[cell.name]):
            yield f"{cell.name}: the summary counts {cell.n} of {cell.asked}, the records don't"
        mean = sums.mean(cell)
        if (mean is None) != (cell.value is None):
            yield f"{cell.name}: the summary's value does not follow from the records"
        elif mean is not None and abs(mean - (cell.value or 0.0)) > TOLERANCE:
            yield f"{cell.name}: the summary says {cell.value}, the records give {mean}"
