"""Are a card's samples those of the dataset, and its answers worth what it says?

What a rule scores is scored again. What a judge scored can't be without asking it, but a verdict
is filed under what it was asked about: answer, reference, rubric and judge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from ugcbench.models import address
from ugcbench.scorers.judge import JudgedScorer
from ugcbench.scoring import score_one
from ugcbench.specs import Task
from ugcbench.types import Prediction, Sample, Score
from ugcbench_leaderboard.cards.card import Card, CardRecord
from ugcbench_leaderboard.cards.findings import Finding, Samples, error, warning
from ugcbench_leaderboard.cards.recomputing import TOLERANCE
from ugcbench_leaderboard.cards.rules import Samples as Gold
from ugcbench_leaderboard.cards.rules import digest_gold

ABSENT = "the text is left out, and the score can't be computed again"


SHORTENED = "holds a path that is left out, and its verdicts can't be told to be of these answers"


def check_against_gold(card: Card, tasks: Mapping[str, Task], gold: Gold) -> Iterator[Finding]:
    """What of a card's records is not so, seen from the samples that were to be asked."""
    digest = digest_gold(gold)
    if card.hashes.gold is None:
        yield warning("gold", "the card has no digest of it")
    elif set(tasks) == set(card.tasks) and card.hashes.gold != digest:
        text = f"has the digest {digest}, in the card {card.hashes.gold}: other answers or clips"
        yield error("gold", text)
    yield from _check_ids(card, tasks, gold)
    known = [record for record in card.records if (record.task, record.sample) in gold]
    if shortened := card.judge is not None and card.judge.shortened:
        yield warning("judge", SHORTENED)
    found = Samples()
    asyncio.run(_check_scores(known, tasks, gold, found, addresses=not shortened))
    yield from found.findings()


def _check_ids(card: Card, tasks: Mapping[str, Task], gold: Gold) -> Iterator[Finding]:
    there = {(record.task, record.sample): record for record in card.records}
    found = Samples()
    for task, sample in gold.keys() - there.keys():
        found.add(task, sample, "is missing: the dataset has it")
    for key, record in there.items():
        if key in gold and gold[key].clip != record.of_clip:
            found.add(*key, "is of another clip")
        elif key in gold and dict(gold[key].weights) != dict(record.weights):
            found.add(*key, "has other weights")
        elif key not in gold and record.task in tasks:
            found.add(*key, "is no sample of the dataset, or of its chosen clips")
    yield from found.findings()


async def _check_scores(
    records: list[CardRecord],
    tasks: Mapping[str, Task],
    gold: Gold,
    found: Samples,
    *,
    addresses: bool,
) -> None:
    for record in records:
        task, sample = tasks[record.task], gold[record.task, record.sample]
        if record.failure is not None:
            continue
        if record.answer is None:
            found.add(record.task, record.sample, ABSENT, "warning")
        elif task.scorer.judge is None:
            await _check_rule(task, sample, record, found)
        elif addresses:
            _check_address(task, sample, record, found)


async def _check_rule(task: Task, sample: Sample, record: CardRecord, found: Samples) -> None:
    again = await score_one(task, sample, _prediction(record))
    if not _equal(record.score, again):
        says = record.score.status if record.score.value is None else f"{record.score.value:.4f}"
        gives = again.status if again.value is None else f"{again.value:.4f}"
        text = "the score is not that of the answer"
        if says != gives:
            found.add(record.task, f"{record.sample}: {says} instead of {gives}", text)
        else:
            found.add(record.task, record.sample, f"{text}: its parts differ")


def _check_address(task: Task, sample: Sample, record: CardRecord, found: Samples) -> None:
    """Whether the first verdict that each judge gave is filed under this answer."""
    scorer = task.scorer
    if not isinstance(scorer, JudgedScorer) or not record.score.verdicts:
        return
    prompt = scorer.prompt(sample, _prediction(record))
    expected = {address(judge.name, prompt) for judge in scorer.asked.asked}
    if not expected <= set(record.score.verdicts):
        text = "the verdict is filed under another answer, reference, rubric or judge"
        found.add(record.task, record.sample, text)


def _prediction(record: CardRecord) -> Prediction:
    return Prediction(task=record.task, sample_id=record.sample, text=record.answer)


def _equal(says: Score, gives: Score) -> bool:
    if (says.status, says.source) != (gives.status, gives.source):
        return False
    if says.parts.keys() != gives.parts.keys():
        return False
    pairs = [(says.value or 0.0, gives.value or 0.0)]
    pairs += [(says.parts[name], gives.parts[name]) for name in says.parts]
    return all(abs(left - right) <= TOLERANCE for left, right in pairs)
