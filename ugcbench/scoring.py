"""How does a prediction become a score?

`score_one` is the only road, for an evaluation and for a reward alike.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from functools import partial

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
    """Score lazily and in order.

    Up to `LOOKAHEAD` times `concurrency` answers are before a judge at once, so that one verdict
    that is long in coming doesn't hold up the others. How many requests are under way is the
    judge's own matter: in a run it takes `concurrency` at a time.
    """
    waiting: deque[tuple[Work, asyncio.Task[Score]]] = deque()
    broken: asyncio.Future[Score] = asyncio.get_running_loop().create_future()
    try:
        for item in work:
            scoring = asyncio.create_task(score_one(*item))
            scoring.add_done_callback(partial(_pass_on, broken))
            waiting.append((item, scoring))
            # What needs no judge is only held up by what stands before it.
            oldest = waiting[0][0][0]
            if len(waiting) >= (LOOKAHEAD * concurrency if oldest.scorer.judge else 1):
                yield await _next_of(waiting, broken)
        while waiting:
            yield await _next_of(waiting, broken)
    finally:
        if not broken.cancel():
            broken.exception()  # Whoever stopped the iteration has a reason to tell already.
        for _, open_task in waiting:
            open_task.cancel()
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)


async def _next_of(
    waiting: deque[tuple[Work, asyncio.Task[Score]]], broken: asyncio.Future[Score]
) -> tuple[Work, Score]:
    """The oldest score; raises as soon as any scoring fails, whichever turn it has."""
    item, scoring = waiting[0]
    await asyncio.wait((scoring, broken), return_when=asyncio.FIRST_COMPLETED)
    score = await (broken if broken.done() else scoring)
    waiting.popleft()
    return item, score


def _pass_on(broken: asyncio.Future[Score], scoring: asyncio.Task[Score]) -> None:
    if scoring.cancelled() or broken.done():
        return
    if (error := scoring.exception()) is not None:
        broken.set_exception(error)
