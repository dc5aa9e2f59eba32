"""What do two runs of the same answers say together, one judged in part and one in full?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ugcbench.errors import UsageError
from ugcbench.plans import read_config
from ugcbench.store import read_records, read_summary
from ugcbench.types import Cell, Frozen, Summary
from ugcbench_judging.prediction_powered import powered_mean


class PoweredCell(Frozen):
    """A column in the anchor judge's eyes: from its own verdicts alone, and with the judge's help.

    `n` of the `total` answers have a verdict of the anchor; `weight` and `effective` are those of
    `ugcbench_judging.prediction_powered.PoweredMean`. All values are in [0, 1].
    """

    name: str
    label: str
    anchor: str
    judge: str
    n: int
    total: int
    classic: float
    classic_low: float | None
    classic_high: float | None
    value: float
    low: float | None
    high: float | None
    weight: float
    effective: float


def power_runs(anchor: Path, judged: Path) -> list[PoweredCell]:
    """The judged columns that both runs have.

    `anchor` is a run in which the anchor judge gave verdicts on some of the answers, `judged` one
    in which the cheap judge gave them on all. Raises `UsageError` if the answers, the gold or the
    clips are not the same, if both were judged by one judge, or if no column can be estimated.
    """
    first, second = _Run.read(anchor), _Run.read(judged)
    _check(first, second)
    cells, problems = [], []
    for name, cell in first.cells.items():
        if name not in second.cells:
            continue
        try:
            cells.append(_powered(cell, first, second))
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if not cells:
        why = "; ".join(problems) or "they have no judged column in common"
        raise UsageError(f"{anchor} and {judged} give no estimate: {why}")
    return cells


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer's text and clip, and what counts for it in each part; None for its value."""

    text: str | None
    clip: str
    counted: float | None
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Run:
    path: Path
    summary: Summary
    dataset_revision: str
    cells: Mapping[str, Cell]
    answers: Mapping[tuple[str, str], _Answer]

    @classmethod
    def read(cls, path: Path) -> _Run:
        """A finished run directory with its judged cells."""
        config, summary = read_config(path), read_summary(path)
        answers = {
            (record.task, record.sample_id): _Answer(
                record.prediction.text,
                record.clip,
                config.protocol.counted(record.score),
                record.score.parts,
            )
            for record in read_records(path)
        }
        # The estimate is one of a plain mean, so columns with a weight have none.
        judged = [cell for cell in summary.cells if cell.judge and cell.weight is None]
        cells = {cell.name: cell for cell in judged}
        return cls(path, summary, config.dataset_revision, cells, answers)

    def value(self, cell: str, sample: str) -> float:
        """What counts for a sample in a cell; NaN if nothing does."""
        task, _, part = cell.partition(":")
        answer = self.answers.get((task, sample))
        if answer is None or answer.counted is None:
            return np.nan
        return answer.parts.get(part, answer.counted)


def _powered(cell: Cell, first: _Run, second: _Run) -> PoweredCell:
    task = cell.name.partition(":")[0]
    samples = [sample for name, sample in second.answers if name == task]
    cheap = np.array([second.value(cell.name, sample) for sample in samples])
    anchor = np.array([first.value(cell.name, sample) for sample in samples])
    clips = np.array([second.answers[task, sample].clip for sample in samples])
    usable = ~np.isnan(cheap)
    found = powered_mean(anchor[usable], cheap[usable], clips[usable])
    return PoweredCell(
        name=cell.name,
        label=cell.label,
        anchor=cell.judge or "",
        judge=second.cells[cell.name].judge or "",
        n=found.classic.n,
        total=int(usable.sum()),
        classic=found.classic.mean,
        classic_low=found.classic.low,
        classic_high=found.classic.high,
        value=found.powered.mean,
        low=found.powered.low,
        high=found.powered.high,
        weight=found.weight,
        effective=found.effective,
    )


def _check(first: _Run, second: _Run) -> None:
    if first.dataset_revision != second.dataset_revision:
        raise UsageError(
            f"{first.path} and {second.path} are of different datasets: {first.summary.dataset} "
            f"and {second.summary.dataset}"
        )
    judges = {run.path: {cell.judge for cell in run.cells.values()} for run in (first, second)}
    if judges[first.path] & judges[second.path]:
        same = ", ".join(sorted(filter(None, judges[first.path] & judges[second.path])))
        raise UsageError(f"{first.path} and {second.path} were both judged by {same}")
    changed = next(_other_texts(first, second), None)
    if changed is not None:
        raise UsageError(
            f"{first.path} and {second.path} hold different answers, as to {' '.join(changed)}; "
            f"score the same ones: ugcbench score {first.path} --judge NAME --output NEW_DIR"
        )


def _other_texts(first: _Run, second: _Run) -> Iterator[tuple[str, str]]:
    for key, answer in first.answers.items():
        other = second.answers.get(key)
        if other is not None and answer.counted is not None and answer.text != other.text:
            yield key
