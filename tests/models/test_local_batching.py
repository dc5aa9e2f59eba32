"""Does every request get its own answer, whatever batches it travels in?"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench.errors import ModelError, RequestRejectedError
from ugcbench_models.local.batching import Limits, MicroBatcher, OutOfMemoryError

QUICK = 0.0


@dataclass(frozen=True)
class Ask:
    number: int
    length: int = 1
    kind: str = ""
    bad: bool = False


@dataclass
class Engine:
    """Answers `number * 2`; full above `memory` tokens; a batch with a bad request fails."""

    memory: int = 10**9
    seconds: float = 0.0
    batches: list = field(default_factory=list)
    gate: threading.Event | None = None
    running: int = 0

    def __call__(self, asked, abandoned):
        self.running += 1
        assert self.running == 1, "the engine was entered twice"
        try:
            return self.answer(asked, abandoned)
        finally:
            self.running -= 1

    def answer(self, asked, abandoned):
        self.batches.append(tuple(asked))
        if self.gate is not None:
            while not (self.gate.wait(0.001) or abandoned()):
                pass
        time.sleep(self.seconds)
        if padded(asked) > self.memory:
            raise OutOfMemoryError(f"{self.memory} is all there is")
        if any(ask.bad for ask in asked):
            raise ValueError(f"bad: {[ask.number for ask in asked if ask.bad]}")
        return [ask.number * 2 for ask in asked]

    async def begun(self):
        """Until the first batch runs."""
        async with asyncio.timeout(10):
            while not self.batches:  # noqa: ASYNC110 - it is a thread that is waited for
                await asyncio.sleep(0.001)

    @property
    def answered(self):
        """The batches that got answers."""
        return [
            batch
            for batch in self.batches
            if padded(batch) <= self.memory and not any(ask.bad for ask in batch)
        ]


def padded(asked):
    return max(ask.length for ask in asked) * len(asked)


def make(engine, tokens=10**6, size=8, window=QUICK):
    limits = Limits(tokens, size, window)
    return MicroBatcher(engine, lambda ask: ask.length, kind=lambda ask: ask.kind, limits=limits)


async def submit_all(batcher, asked):
    try:
        return await asyncio.gather(*map(batcher.submit, asked), return_exceptions=True)
    finally:
        await batcher.close()


asks = st.lists(
    st.builds(
        Ask,
        number=st.integers(0, 10**6),
        length=st.integers(1, 60),
        kind=st.sampled_from(["", "muted"]),
        bad=st.sampled_from([False] * 9 + [True]),
    ),
    min_size=1,
    max_size=24,
    unique_by=lambda ask: ask.number,
)


@given(asks, st.integers(1, 120), st.integers(1, 200), st.integers(1, 6))
def test_every_request_gets_its_own_answer_or_its_own_error(asked, tokens, memory, size):
    engine = Engine(memory=memory)
    replies = asyncio.run(submit_all(make(engine, tokens, size), asked))
    for ask, reply in zip(asked, replies, strict=True):
        if ask.length > min(tokens, memory):
            assert isinstance(reply, RequestRejectedError)
        elif ask.bad:
            assert str(reply) == f"bad: [{ask.number}]"
        else:
            assert reply == ask.number * 2
    served = [ask for batch in engine.answered for ask in batch]
    assert len(served) == len(set(served)), "a request was answered twice"
    for batch in engine.batches:
        assert len(batch) <= size
        assert padded(batch) <= tokens
        assert len({ask.kind for ask in batch}) == 1
    for number, batch in enumerate(engine.batches):
        if len(batch) > 1 and padded(batch) > memory:
            later = [padded(after) for after in engine.batches[number + 1 :] if len(after) > 1]
            assert all(tokens <= padded(batch) // 2 for tokens in later)


@given(asks, st.integers(0, 10**6), st.integers(1, 200))
def test_cancelling_any_of_them_harms_no_other(asked, which, memory):
    engine = Engine(memory=memory, seconds=0.0005)

    async def go():
        batcher = make(engine, size=4)
        tasks = [asyncio.create_task(batcher.submit(ask)) for ask in asked]
        await asyncio.sleep(0.001)
        for number, task in enumerate(tasks):
            if which >> number & 1:
                task.cancel()
        replies = await asyncio.gather(*tasks, return_exceptions=True)
        await batcher.close()
        return replies

    for number, (ask, reply) in enumerate(zip(asked, asyncio.run(go()), strict=True)):
        cancelled = which >> number & 1 and isinstance(reply, asyncio.CancelledError)
        if not cancelled and not ask.bad and ask.length <= memory:
            assert reply == ask.number * 2


async def test_requests_that_wait_share_a_batch_with_those_of_like_length():
    engine = Engine(gate=threading.Event())
    batcher = make(engine, tokens=400, size=4)
    first = asyncio.create_task(batcher.submit(Ask(0)))
    await engine.begun()
    lengths = [100, 10, 90, 12, 11, 95, 9, 100]
    rest = [
        asyncio.create_task(batcher.submit(Ask(1 + number, length)))
        for number, length in enumerate(lengths)
    ]
    await asyncio.sleep(0.005)
    engine.gate.set()
    assert await asyncio.gather(first, *rest) == [number * 2 for number in range(9)]
    assert [sorted(ask.length for ask in batch) for batch in engine.batches] == [
        [1],
        [90, 95, 100, 100],
        [9, 10, 11, 12],
    ]
    await batcher.close()


async def test_the_oldest_goes_first_even_if_it_fits_with_nobody():
    engine = Engine(gate=threading.Event())
    batcher = make(engine, tokens=100)
    tasks = [asyncio.create_task(batcher.submit(Ask(0)))]
    await engine.begun()
    rest = [Ask(1, 100), *(Ask(number) for number in range(2, 20))]
    tasks += [asyncio.create_task(batcher.submit(ask)) for ask in rest]
    await asyncio.sleep(0.005)
    engine.gate.set()
    await asyncio.gather(*tasks)
    assert [ask.number for ask in engine.batches[1]] == [1]
    await batcher.close()


async def test_a_lone_request_waits_no_more_than_the_window():
    batcher = make(Engine(), window=0.003)
    await batcher.submit(Ask(1))
    started = time.monotonic()
    for number in range(20):
        await batcher.submit(Ask(number))
    assert (time.monotonic() - started) / 20 < 0.02
    await batcher.close()


async def test_the_smaller_limit_is_remembered_and_nothing_is_lost():
    engine = Engine(memory=40)
    batcher = make(engine, tokens=160, size=16, window=0.003)
    first = await asyncio.gather(*(batcher.submit(Ask(n, 10)) for n in range(16)))
    assert first == [2 * n for n in range(16)]
    assert batcher.tokens == 40
    assert [len(batch) for batch in engine.batches] == [16, 8, 4, 4, 4, 4]
    await asyncio.gather(*(batcher.submit(Ask(n, 10)) for n in range(16)))
    assert [len(batch) for batch in engine.batches[6:]] == [4, 4, 4, 4]
    await batcher.close()


async def test_what_does_not_fit_even_alone_says_so_and_the_next_is_answered():
    engine = Engine(memory=50)
    batcher = make(engine, tokens=200)
    with pytest.raises(RequestRejectedError, match=r"60 tokens .* \(50 is all there is\)"):
        await batcher.submit(Ask(1, 60))
    assert batcher.tokens == 200
    assert await batcher.submit(Ask(2, 50)) == 4
    with pytest.raises(RequestRejectedError, match="batch_tokens=201"):
        await batcher.submit(Ask(3, 201))
    assert len(engine.batches) == 2
    await batcher.close()


async def test_a_cancelled_request_leaves_the_queue():
    engine = Engine(gate=threading.Event())
    batcher = make(engine, size=1)
    tasks = [asyncio.create_task(batcher.submit(Ask(number))) for number in range(3)]
    await asyncio.sleep(0.01)
    tasks[1].cancel()
    await asyncio.sleep(0)
    engine.gate.set()
    assert await tasks[2] == 4
    assert [[ask.number for ask in batch] for batch in engine.batches] == [[0], [2]]
    await batcher.close()


async def test_a_batch_that_nobody_waits_for_is_told_so():
    engine = Engine(gate=threading.Event())  # only `abandoned` can end it
    batcher = make(engine)
    task = asyncio.create_task(batcher.submit(Ask(1)))
    await engine.begun()
    task.cancel()
    async with asyncio.timeout(5):
        await batcher.close()
    assert engine.running == 0


async def test_closing_finishes_what_runs_and_fails_what_waits():
    engine = Engine(gate=threading.Event())
    batcher = make(engine, size=1)
    running, waiting = (asyncio.create_task(batcher.submit(Ask(n))) for n in (1, 2))
    await engine.begun()
    closing = asyncio.create_task(batcher.close())
    with pytest.raises(ModelError, match="closed before"):
        await waiting
    engine.gate.set()
    assert await running == 2
    await closing
    with pytest.raises(ModelError, match="closed"):
        await batcher.submit(Ask(3))
    assert not [thread for thread in threading.enumerate() if "ugcbench-engine" in thread.name]


async def test_an_engine_that_miscounts_is_noticed():
    batcher = make(lambda asked, abandoned: [])
    with pytest.raises(ModelError, match="0 replies to 1 requests"):
        await batcher.submit(Ask(1))
    await batcher.close()


def test_it_serves_one_event_loop_after_the_other():
    batcher = make(Engine())
    assert [asyncio.run(batcher.submit(Ask(number))) for number in (1, 2)] == [2, 4]
    asyncio.run(batcher.close())


async def test_nothing_is_kept_of_what_was_answered():
    class Big:
        length = 1
        kind = ""

    batcher = make(lambda asked, abandoned: [None] * len(asked))
    big = Big()
    kept = weakref.ref(big)
    await batcher.submit(big)
    del big
    await batcher.close()
    gc.collect()
    assert kept() is None
