"""How do single requests become batches for an engine that answers one batch at a time?

Requests wait while the engine is busy. When it is free, the oldest one goes, and with it those of
its kind that are nearest in length, as many as the limits allow. A batch that is too large for the
memory goes back to the queue and the limit is halved; a batch that fails is asked again one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from ugcbench.errors import ModelError, RequestRejectedError

Q = TypeVar("Q")
A = TypeVar("A")

Abandoned = Callable[[], bool]
"""Whether nobody waits for a batch any more; an engine asks it between steps and may stop."""

Run = Callable[[Sequence[Q], Abandoned], Sequence[A]]
"""An engine: a batch of requests to as many answers in their order."""


class OutOfMemoryError(Exception):
    """Raised by an engine when a batch doesn't fit into its memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a batch may be.

    `tokens` counts the padding: the longest length times the number of requests. `size` is the
    number of requests. `window` is in seconds: so long a free engine waits for company.
    """

    tokens: int = 32_768
    size: int = 16
    window: float = 0.003


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Q, A]):
    """A request in the queue; one that failed among others goes `alone`."""

    request: Q
    length: int
    kind: Hashable
    reply: asyncio.Future[A]
    alone: bool = False


class MicroBatcher(Generic[Q, A]):
    """Takes single requests and runs them in batches on one thread.

    Args:
        run: the engine, called from that thread only; raises `OutOfMemoryError` for a batch that is
            too large.
        length: the tokens of a request, with those of the reply if they take memory too.
        kind: only requests of equal kind share a batch.
        limits: what a batch may be.

    """

    def __init__(
        self,
        run: Run[Q, A],
        length: Callable[[Q], int],
        *,
        kind: Callable[[Q], Hashable] = lambda request: None,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.tokens = self.limits.tokens
        """The limit in force: less than `limits.tokens` once the memory did not suffice."""
        self._run = run
        self._length = length
        self._kind = kind
        self._waiting: list[_Waiting[Q, A]] = []
        self._driver: asyncio.Task[None] | None = None
        self._worker = ThreadPoolExecutor(1, "ugcbench-engine")
        self._closed = False

    async def submit(self, request: Q) -> A:
        """The answer to `request`; cancelling takes it out of the queue and harms no other.

        Raises what the engine raises for this request alone, `RequestRejectedError` if it is over
        the limit or doesn't fit into the memory even alone, `ModelError` after `close`.
        """
        if self._closed:
            raise ModelError("the model is closed")
        length = self._length(request)
        if length > self.limits.tokens:
            raise RequestRejectedError(
                f"the request may take {length} tokens, more than a batch may hold "
                f"({self.limits.tokens}); give the option batch_tokens={length}"
            )
        loop = asyncio.get_running_loop()
        waiting = _Waiting[Q, A](request, length, self._kind(request), loop.create_future())
        self._waiting.append(waiting)
        if self._driver is None or self._driver.done():
            self._driver = loop.create_task(self._drive())
        try:
            return await waiting.reply
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)

    async def close(self) -> None:
        """Fail what waits, finish the batch that runs, and end the thread."""
        self._closed = True
        while self._waiting:
            _fail(self._waiting.pop(), ModelError("the model was closed before it could answer"))
        if self._driver is not None and not self._driver.done():
            await asyncio.wait([self._driver])
        await asyncio.to_thread(self._worker.shutdown)

    async def _drive(self) -> None:
        while self._waiting:
            if len(self._waiting) < self.limits.size:
                await asyncio.sleep(self.limits.window)
            if self._waiting:
                await self._answer(self._choose())

    def _choose(self) -> list[_Waiting[Q, A]]:
        """Take a batch out of the queue: the oldest request and those nearest to it in length."""
        first = self._waiting[0]
        batch, longest = [first], first.length
        company = [w for w in self._waiting[1:] if not w.alone and w.kind == first.kind]
        for other in sorted(company, key=lambda w: abs(w.length - first.length)):
            padded = max(longest, other.length) * (len(batch) + 1)
            if first.alone or len(batch) == self.limits.size:
                break
            if padded <= self.tokens:
                batch.append(other)
                longest = max(longest, other.length)
        self._waiting = [waiting for waiting in self._waiting if waiting not in batch]
        return batch

    async def _answer(self, batch: list[_Waiting[Q, A]]) -> None:
        try:
            replies = await asyncio.get_running_loop().run_in_executor(
                self._worker, self._run_checked, batch
            )
        except OutOfMemoryError as error:
            self._shrink(batch, error)
        except Exception as error:  # noqa: BLE001 - handed on to who asked
            self._separate(batch, error)
        else:
            for waiting, reply in zip(batch, replies, strict=True):
                if not waiting.reply.done():
                    waiting.reply.set_result(reply)

    def _run_checked(self, batch: Sequence[_Waiting[Q, A]]) -> Sequence[A]:
        requests = [waiting.request for waiting in batch]
        replies = self._run(requests, lambda: all(waiting.reply.done() for waiting in batch))
        if len(replies) != len(requests):
            raise ModelError(f"the engine gave {len(replies)} replies to {len(requests)} requests")
        return replies

    def _shrink(self, batch: list[_Waiting[Q, A]], error: OutOfMemoryError) -> None:
        longest = max(waiting.length for waiting in batch)
        if len(batch) > 1:
            self.tokens = min(self.tokens, longest * len(batch) // 2)
            self._return(batch)
            return
        rejected = RequestRejectedError(
            f"a request of {longest} tokens does not fit into the memory even alone ({error}); "
            "free some, or take a smaller checkpoint or a smaller `dtype`"
        )
        _fail(batch[0], rejected)

    def _separate(self, batch: list[_Waiting[Q, A]], error: Exception) -> None:
        if len(batch) == 1:
            _fail(batch[0], error)
            return
        for waiting in batch:
            waiting.alone = True
        self._return(batch)

    def _return(self, batch: list[_Waiting[Q, A]]) -> None:
        """Put what is still waited for back to the front of the queue."""
        self._waiting[:0] = [waiting for waiting in batch if not waiting.reply.done()]


def _fail(waiting: _Waiting[Q, A], error: Exception) -> None:
    if not waiting.reply.done():
        waiting.reply.set_exception(error)
