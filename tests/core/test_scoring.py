"""Scores come in order, and a judge is kept busy whatever stands between its verdicts."""

from __future__ import annotations

import asyncio
import contextlib
import gc

import toy

from ugcbench import Judge, Prediction, Setting
from ugcbench.errors import RunError
from ugcbench.models import Fake
from ugcbench.protocol import get_protocol
from ugcbench.scoring import score_all


class Crowded(Fake):
    """Answers nobody before `size` are waiting."""

    def __init__(self, size):
        super().__init__(reply='{"same": true}')
        self.waiting, self.size = 0, size
        self.full = asyncio.Event()

    async def generate(self, prompt):
        self.waiting += 1
        if self.waiting == self.size:
            self.full.set()
        await asyncio.wait_for(self.full.wait(), 20)
        return await super().generate(prompt)


def work(judge, clips):
    setting = Setting(get_protocol("v1"), Judge("crowded", judge))
    for clip in toy.Numbers(clips):
        for task in (toy.naming(setting), toy.naming(setting, "toy/judged")):
            said = Prediction(task=task.name, sample_id=clip.id, text="number 1")
            yield task, task.sample(clip), said


async def test_answers_without_judge_do_not_keep_it_waiting():
    judge = Crowded(size=30)
    found = [(item, score) async for item, score in score_all(work(judge, 30), concurrency=30)]
    assert [sample.id for (_, sample, _), _ in found] == [f"n{n // 2}" for n in range(60)]
    assert [score.value for _, score in found[:4]] == [0.0, 1.0, 1.0, 1.0]


class Failing(Fake):
    """Replies once, then finds that nothing can be stored any more."""

    async def generate(self, prompt):
        if self.prompts:
            await asyncio.sleep(0.01)
            raise RunError("the disk is full")
        return await super().generate(prompt)


async def test_a_second_failure_beside_the_one_that_stops_the_run_is_no_traceback():
    loud = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: loud.append(context))
    scores = score_all(work(Failing(reply='{"same": true}'), 30), concurrency=1)
    with contextlib.suppress(RunError):
        async with contextlib.aclosing(scores):
            async for (task, _, _), _ in scores:
                if task.scorer.judge is None:
                    continue
                await asyncio.sleep(0.05)
                raise RunError("there is no room for a record either")
    del scores
    gc.collect()
    await asyncio.sleep(0)
    assert loud == []
