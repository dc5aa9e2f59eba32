"""Do the numbers of a card follow from its records?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from ugcbench.specs import Judge, Task
from ugcbench.summaries import Tally, average, cell_hash
from ugcbench.types import Cell, Sample
from ugcbench_leaderboard.cards.card import Card, CardRecord, hash_answer
from ugcbench_leaderboard.cards.findings import Finding, Samples, error
from ugcbench_leaderboard.cards.rules import Samples as Gold

TOLERANCE = 1e-9
"""How far a number may lie from the same one, added up in another order."""


def check_records(card: Card) -> Iterator[Finding]:
    """What a record says that can't be true, whatever the gold."""
    found, seen = Samples(), set[tuple[str, str]]()
    judged = {cell.name.partition(":")[0]: cell.judge is not None for cell in card.summary.cells}
    for record in card.records:
        for problem in _problems(record, judged.get(record.task)):
            found.add(record.task, record.sample, problem)
        if (key := (record.task, record.sample)) in seen:
            found.add(record.task, record.sample, "stands twice")
        seen.add(key)
    yield from found.findings()
    if card.summary.requests != len(card.records):
        text = f"the summary counts {card.summary.requests} requests, there are {len(card.records)}"
        yield error("records", text)


def check_numbers(
    card: Card, tasks: Mapping[str, Task], judge: Judge | None, gold: Gold | None = None
) -> Iterator[Finding]:
    """What of the summary the core's own statistics don't give again from the records.

    `tasks` are those that can be made here. How often the most frequent answer is right is only
    checked with the `gold`.
    """
    by_task: dict[str, list[CardRecord]] = {name: [] for name in card.tasks}
    for record in card.records:
        by_task.setdefault(record.task, []).append(record)
    stated = {cell.name: cell for cell in card.summary.cells}
    if len(stated) < len(card.summary.cells):
        yield error("summary", "one column stands twice")
    for name, records in by_task.items():
        if name not in tasks:
            text = "can't be computed again: no plugin installed here brings it, or its judge"
            yield error(name, text)
            continue
        try:
            cells = _tally(tasks[name], card, judge, records, gold)
        except ValueError as problem:
            yield error(name, f"has no mean: {problem}")
            continue
        again = {cell.name: cell for cell in cells}
        yield from _check_cells(name, stated, again, baseline=gold is not None)
        yield from _check_rules(card, name, tasks[name], again)
    if not _agree(card.summary.average, mean := average(card.summary.cells)):
        yield error("average", f"the card says {card.summary.average}, its columns give {mean}")


def _problems(record: CardRecord, judged: bool | None) -> Iterator[str]:
    score = record.score
    if judged is None:
        yield "belongs to no column of the summary"
    if record.answer is not None and hash_answer(record.answer) != record.sha256:
        yield "the digest is not that of the answer"
    if (record.sha256 is None) == (record.failure is None):
        yield "must have either the digest of an answer or a failure"
    if record.failure is not None and (score.value is not None or score.source == "judge"):
        yield "has a verdict or a value, but no answer"
    if judged and score.value is not None and not score.verdicts:
        yield "has a value, but no verdict"
    if judged is False and (score.verdicts or score.judge_model or score.source == "judge"):
        yield "has a verdict, but its column has no judge"


def _tally(
    task: Task,
    card: Card,
    judge: Judge | None,
    records: Sequence[CardRecord],
    gold: Gold | None,
) -> list[Cell]:
    tally = Tally(task, card.protocol, judge)
    for record in records:
        known = (gold or {}).get((record.task, record.sample))
        sample = Sample(
            id=record.sample,
            clip=record.of_clip,
            media=None,
            answer=known.answer if known else "",
            choices=known.choices if known else (),
            weights=record.weights,
        )
        tally.add(sample, record.score)
    return tally.cells()


def _check_cells(
    task: str, stated: Mapping[str, Cell], again: Mapping[str, Cell], *, baseline: bool
) -> Iterator[Finding]:
    ours = {name for name in stated if name.partition(":")[0] == task}
    for name in sorted(ours ^ again.keys()):
        yield error(name, "is no column of the task" if name in ours else "is missing")
    left_out = {"protocol_hash", *(() if baseline else ("baseline",))}
    for name in sorted(ours & again.keys()):
        says, gives = stated[name].model_dump(), again[name].model_dump()
        for field in says.keys() - left_out:
            if not _agree(says[field], gives[field]):
                text = f"the card says {field} {says[field]}, its records give {gives[field]}"
                yield error(name, text)


def _check_rules(card: Card, name: str, task: Task, again: Mapping[str, Cell]) -> Iterator[Finding]:
    """Whether the hashes of a task's cells are those of the task that is installed here."""
    ours = cell_hash(task, card.protocol)
    for cell in card.summary.cells:
        if cell.name in again and cell.protocol_hash != ours:
            text = (
                f"made by other rules ({cell.protocol_hash}) than this ugcbench has under that "
                f"name ({ours}): another prompt, rubric, scorer or judge"
            )
            yield error(cell.name, text)
    rules = card.hashes.tasks.get(name)
    if rules is None:
        return
    if (rules.version, rules.prompt, rules.scorer) != (
        task.version,
        task.fingerprint,
        task.scorer.fingerprint,
    ):
        yield error(name, "the digests of prompt and scorer are not those of this ugcbench")


def _agree(says: object, gives: object) -> bool:
    if isinstance(says, float) and isinstance(gives, float):
        return math.isclose(says, gives, rel_tol=0, abs_tol=TOLERANCE)
    return says == gives
