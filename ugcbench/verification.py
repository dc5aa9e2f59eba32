"""Is what a run directory says consistent with itself?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from ugcbench.errors import RunError
from ugcbench.plans import read_config
from ugcbench.protocol import Protocol
from ugcbench.store import prediction_key, read_lines, read_records, read_summary
from ugcbench.types import Cell, Prediction, Record, Summary, Verdict

TOLERANCE = 1e-9


def find_problems(path: Path) -> list[str]:
    """What is wrong with a finished run directory, in words; empty if it is whole.

    Checked: every line of every file can be read; no sample was answered and no verdict was given
    twice; each record repeats the stored prediction and names only stored verdicts; each cell of
    the summary follows from the records. Nothing is written.
    """
    try:
        return list(_problems(path))
    except (RunError, ValidationError) as error:
        return [str(error)]


def _problems(path: Path) -> Iterator[str]:
    config = read_config(path)
    answers: dict[str, str | None] = {}
    yield from _check_predictions(path, answers)
    verdicts = Counter(
        Verdict.model_validate(line).key for line in read_lines(path / "verdicts.jsonl")
    )
    yield from (f"verdict {key} is stored {n} times" for key, n in verdicts.items() if n > 1)
    sums = _Sums(config.protocol)
    seen: set[str] = set()
    for record in read_records(path):
        yield from _check_record(record, answers, verdicts, seen)
        sums.add(record)
    yield from _check_summary(read_summary(path), sums)


def _check_predictions(path: Path, answers: dict[str, str | None]) -> Iterator[str]:
    for line in read_lines(path / "predictions.jsonl"):
        prediction = Prediction.model_validate(line)
        key = prediction_key(prediction.task, prediction.sample_id)
        if answers.get(key) is not None:
            yield f"{prediction.task} {prediction.sample_id} was answered twice"
        answers[key] = prediction.text


def _check_record(
    record: Record, answers: dict[str, str | None], verdicts: Counter[str], seen: set[str]
) -> Iterator[str]:
    name = f"{record.task} {record.sample_id}"
    key = prediction_key(record.task, record.sample_id)
    if key in seen:
        yield f"{name} has two records"
    seen.add(key)
    if answers.get(key) != record.prediction.text:
        yield f"{name}: the record's text is not that of predictions.jsonl"
    if record.score.status == "ok":
        absent = [address for address in record.score.verdicts if address not in verdicts]
        yield from (f"{name}: verdict {address} is not stored" for address in absent)


class _Sums:
    """Counts and sums of the records, by task and part."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self.asked: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self.totals: defaultdict[str, float] = defaultdict(float)
        self.parts: defaultdict[tuple[str, str], float] = defaultdict(float)

    def add(self, record: Record) -> None:
        self.asked[record.task] += 1
        value = self._protocol.counted(record.score)
        if value is None:
            return
        self.counted[record.task] += 1
        self.totals[record.task] += value
        for part, number in record.score.parts.items():
            self.parts[record.task, part] += number

    def mean(self, cell: Cell) -> float | None:
        task, _, part = cell.name.partition(":")
        if not self.counted[task]:
            return None
        key = (task, part)
        total = self.parts[key] if key in self.parts else self.totals[task]
        return total / self.counted[task]


def _check_summary(summary: Summary, sums: _Sums) -> Iterator[str]:
    for cell in summary.cells:
        task = cell.name.partition(":")[0]
        if (cell.asked, cell.n) != (sums.asked[task], sums.counted[task]):
            yield f"{cell.name}: the summary counts {cell.n} of {cell.asked}, the records don't"
        mean = sums.mean(cell)
        if (mean is None) != (cell.value is None):
            yield f"{cell.name}: the summary's value does not follow from the records"
        elif mean is not None and abs(mean - (cell.value or 0.0)) > TOLERANCE:
            yield f"{cell.name}: the summary says {cell.value}, the records give {mean}"
