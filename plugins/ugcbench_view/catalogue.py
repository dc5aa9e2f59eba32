"""Which samples do the runs have, and what does each run say to each of them in a row of a list?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ugcbench.errors import UnknownNameError
from ugcbench.plugins import nearest
from ugcbench.store import read_records
from ugcbench.types import Record, Score
from ugcbench_view.excerpts import begin, begin_list
from ugcbench_view.questions import Key, Questions
from ugcbench_view.reading import RunFiles
from ugcbench_view.shapes import Entries, RunColumns

STATUSES = ("ok", "missing", "refused", "malformed", "api_error", "timeout")
OUTCOMES = (*STATUSES, *(f"judge_{status}" for status in STATUSES[1:]))
"""All that can become of an answer, the judge's failures last."""

DECIMALS = 6
"""Of scores in the list; the details have all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One run's line about a sample, as far as the list shows it."""

    outcome: int
    value: float | None
    disagreement: float | None
    tokens_in: int | None
    tokens_out: int | None
    seconds: float | None
    answer: str


@dataclass(frozen=True)
class Catalogue:
    """The samples of all runs, clip by clip in the order of the dataset.

    `keys` are task and sample of each entry, `clip_of` the place of its clip in `clips`. `rows`
    holds what each run has, by key; `parts` the named parts of each task in the order of tables.
    """

    tasks: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]]
    clips: tuple[str, ...]
    keys: tuple[Key, ...]
    clip_of: tuple[int, ...]
    rows: tuple[Mapping[Key, Row], ...]


def take_stock(runs: Sequence[RunFiles], tasks: Collection[str] = ()) -> Catalogue:
    """Read the records of all runs, or of some `tasks` only, once.

    Raises `UnknownNameError` for a task that no run has, `RunCorruptError` for a broken line.
    """
    known = tuple(dict.fromkeys(name for run in runs for name in run.config.tasks))
    for name in tasks:
        if name not in known:
            hint = nearest(name, known)
            raise UnknownNameError(f"no run has the task {name!r}{hint}; known: {', '.join(known)}")
    shown = [name for name in known if not tasks or name in tasks]
    gathering = _Gathering(shown)
    rows = tuple(gathering.take(run) for run in runs)
    places = {name: place for place, name in enumerate(shown)}
    order = sorted(gathering.clip_of, key=lambda key: (gathering.clip_of[key], places[key[0]]))
    return Catalogue(
        tasks=tuple(shown),
        parts={task: tuple(parts) for task, parts in gathering.parts.items()},
        clips=tuple(gathering.clips),
        keys=tuple(order),
        clip_of=tuple(gathering.clip_of[key] for key in order),
        rows=rows,
    )


def list_entries(catalogue: Catalogue, questions: Sequence[Questions]) -> Entries:
    """The rows of all runs as columns."""
    places = {name: place for place, name in enumerate(catalogue.tasks)}
    clips = [catalogue.clips[clip] for clip in catalogue.clip_of]
    return Entries(
        task=[places[task] for task, _ in catalogue.keys],
        clip=list(catalogue.clip_of),
        sample=[
            None if sample == clip else sample
            for (_, sample), clip in zip(catalogue.keys, clips, strict=True)
        ],
        reference=[_reference(key, questions) for key in catalogue.keys],
        spread=[_spread(key, catalogue.rows) for key in catalogue.keys],
        runs=[_columns(rows, catalogue.keys) for rows in catalogue.rows],
    )


def outcome_of(score: Score) -> str:
    """One of `OUTCOMES`."""
    return score.status if score.source == "model" else f"judge_{score.status}"


class _Gathering:
    """What was found in the runs so far."""

    def __init__(self, tasks: Sequence[str]) -> None:
        self.clips: dict[str, int] = {}
        self.clip_of: dict[Key, int] = {}
        self.parts: dict[str, dict[str, None]] = {task: {} for task in tasks}

    def take(self, run: RunFiles) -> dict[Key, Row]:
        """The rows of a run."""
        for cell in run.summary.cells:
            task, _, part = cell.name.partition(":")
            if part and task in self.parts:
                self.parts[task][part] = None
        rows = {}
        for record in read_records(run.path):
            if record.task in self.parts:
                key = record.task, record.sample_id
                clip = self.clips.setdefault(record.clip, len(self.clips))
                self.clip_of.setdefault(key, clip)
                self.parts[record.task].update(dict.fromkeys(record.score.parts))
                rows[key] = _row(run, record)
        return rows


def _row(run: RunFiles, record: Record) -> Row:
    asked = run.prediction(record.task, record.sample_id)
    score = record.score
    return Row(
        outcome=OUTCOMES.index(outcome_of(score)),
        value=_rounded(score.value),
        disagreement=_rounded(score.disagreement),
        tokens_in=asked.usage.input_tokens if asked else None,
        tokens_out=asked.usage.output_tokens if asked else None,
        seconds=round(asked.seconds, 3) if asked and not run.recorded else None,
        answer=begin(record.prediction.text),
    )


def _columns(rows: Mapping[Key, Row], keys: Sequence[Key]) -> RunColumns:
    found = [rows.get(key) for key in keys]
    return RunColumns(
        outcome=[row.outcome if row else -1 for row in found],
        value=[row.value if row else None for row in found],
        disagreement=[row.disagreement if row else None for row in found],
        tokens_in=[row.tokens_in if row else None for row in found],
        tokens_out=[row.tokens_out if row else None for row in found],
        seconds=[row.seconds if row else None for row in found],
        answer=[row.answer if row else "" for row in found],
    )


def _spread(key: Key, rows: Sequence[Mapping[Key, Row]]) -> float | None:
    values = list(_values(key, rows))
    return round(max(values) - min(values), DECIMALS) if len(values) > 1 else None


def _values(key: Key, rows: Sequence[Mapping[Key, Row]]) -> Iterator[float]:
    for run in rows:
        row = run.get(key)
        if row is not None and row.value is not None:
            yield row.value


def _reference(key: Key, questions: Sequence[Questions]) -> str:
    for known in dict.fromkeys(questions):
        if (question := known.find(*key)) is not None:
            return begin_list(question.reference)
    return ""


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)
