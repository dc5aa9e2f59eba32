"""How does a prediction become a score?

`score_one` is the only road, for an evaluation and for a reward alike.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable

from ugcbench.specs import Task
from ugcbench.types import Prediction, Sample, Score

LOOKAHEAD = 16
Work = tuple[Task, Sample, Prediction]


async def score_one(task: Task, sample: Sample, prediction: Prediction) -> Score:
    """Score one prediction.

    A failed prediction never reaches the scorer, and an empty text only if the task says so: their
    score says why there is no number.
    """
    failure = prediction.failure
    if failure is not None:
        return Score(status=failure.status, note=f"{failure.kind}: {failure.message}")
    if not task.scores_empty and not (prediction.text or "").strip():
        return Score(status="refused", note="the answer is empty")
    return await task.scorer.score(sample, prediction)


async def score_all(
    work: Iterable[Work], concurrency: int = 8
) -> AsyncGenerator[tuple[Work, Score], None]:
    """Score lazily and in order, with at most `concurrency` answers before a judge at once.

    Up to `LOOKAHEAD` times as many scores wait their turn, so that a judge that is slow to answer
    one doesn't hold up the others.
    """
    waiting: deque[tuple[Work, asyncio.Task[Score]]] = deque()
    places = asyncio.Semaphore(concurrency)
    try:
        for item in work:
            waiting.append((item, asyncio.create_task(_score_in_turn(item, places))))
            if len(waiting) >= (LOOKAHEAD * concurrency if item[0].scorer.judge else 1):
                yield await _next_of(waiting)
        while waiting:
            yield await _next_of(waiting)
    finally:
        for _, open_task in waiting:
            open_task.cancel()
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)


async def _score_in_turn(item: Work, places: asyncio.Semaphore) -> Score:
    async with places:
        return await score_one(*item)


async def _next_of(
    waiting: deque[tuple[Work, asyncio.Task[Score]]],
) -> tuple[Work, Score]:
    item, scoring = waiting.popleft()
    return item, await scoring
