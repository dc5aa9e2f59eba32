"""How many verdicts will rewards and evaluations need, and what will they cost?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from ugcbench.estimates import CHARACTERS_PER_TOKEN, VERDICT_TOKENS
from ugcbench.models import Price
from ugcbench.scorers.judge import JudgedScorer
from ugcbench.specs import Task
from ugcbench.types import Frozen, Prediction, Sample, Usage
from ugcbench_train.rows import Row

MEASURED = 200
"""Rows whose prompts to the judge are made to know how long they are."""


class Verdicts(Frozen):
    """Requests to the judge of the rewards, their tokens, and US dollars (None without a price)."""

    judge: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


def estimate_verdicts(
    judge: str,
    tasks: Sequence[Task],
    rows: Sequence[Row],
    completions: int,
    votes: int,
    prices: Mapping[str, Price],
) -> Verdicts | None:
    """What the judged ones of `tasks` will ask; None if none of them does.

    Completions are taken to be as long as the rows' captions.
    """
    scorers = [task.scorer for task in tasks if isinstance(task.scorer, JudgedScorer)]
    if not scorers or not rows:
        return None
    each = sum(fmean(_tokens(scorer, row) for row in rows[:MEASURED]) for scorer in scorers)
    requests = completions * len(scorers) * votes
    asked, said = round(completions * votes * each), requests * VERDICT_TOKENS
    price = prices.get(judge)
    return Verdicts(
        judge=judge,
        requests=requests,
        input_tokens=asked,
        output_tokens=said,
        cost_usd=price.cost(Usage(input_tokens=asked, output_tokens=said)) if price else None,
    )


def _tokens(scorer: JudgedScorer[Any], row: Row) -> float:
    """Tokens of the question about a row's own caption."""
    text = row.caption or ""
    sample = Sample(id=row.id, clip=row.id, media=None, answer=text)
    prompt = scorer.prompt(sample, Prediction(task="", sample_id=row.id, text=text))
    return len(prompt.text) / CHARACTERS_PER_TOKEN
