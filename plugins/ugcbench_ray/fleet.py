"""Which workers are there, and what happens when one dies?"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from ugcbench.errors import FatalModelError, ModelError
from ugcbench.placements import Placement
from ugcbench.types import Prediction, Prompt
from ugcbench_ray.connection import Connection
from ugcbench_ray.dispatch import Dispatch
from ugcbench_ray.instances import LOST, Instance, Resources
from ugcbench_ray.signals import heeding

log = logging.getLogger(__name__)

LOSSES = 3
"""Workers that may die over a prompt; the last one has no other prompt beside it."""


class WorkerLostError(ModelError):
    """Each worker that was given a request died; other requests may pass."""


class Fleet:
    """A model whose instances run on the workers of a Ray cluster.

    A worker that dies is replaced, and what it had open goes to others. There are `size` workers,
    or as many of them as the cluster has room for: further ones start when a node joins. `scale`
    asks for fewer, or for all again. To be used from one event loop.

    Raises a `FatalModelError` if an instance can't be made, if workers die again and again without
    an answer in between, or if there is none for `patience` seconds.
    """

    def __init__(
        self,
        placement: Placement,
        size: int,
        resources: Resources,
        connection: Connection,
        patience: float,
    ) -> None:
        self.size = size
        self._placement = placement
        self._resources = resources
        self._connection = connection
        self._patience = patience
        self._wanted = size
        self._dispatch = Dispatch(placement.concurrency)
        self._starting: dict[asyncio.Task[None], Instance] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._deaths = 0
        self._fatal: FatalModelError | None = None
        self._begun = False
        self._signals = contextlib.ExitStack()

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer on one of the workers, or on another if that one dies."""
        self._begin()
        for lost in range(LOSSES):
            async with self._dispatch.place(prompt.media, alone=lost == LOSSES - 1) as instance:
                try:
                    prediction = await instance.ask(prompt)
                except LOST as error:
                    self._bury(instance, error)
                    continue
                self._deaths = 0
                return prediction
        raise WorkerLostError(f"{LOSSES} workers died while they had this request, the last alone")

    def _begin(self) -> None:
        """Start the workers, where that was not done before."""
        if not self._begun:
            self._begun = True
            self._signals.enter_context(heeding(lambda more: self.scale(self._wanted + more)))
            self._fill()
            self._watch()

    def scale(self, workers: int) -> None:
        """Go on with so many workers, between 1 and `size`.

        Those that leave finish what is under way.
        """
        self._wanted = max(1, min(workers, self.size))
        while self._starting and self._count > self._wanted:
            task, instance = self._starting.popitem()
            task.cancel()
            instance.kill()
        surplus = self._count - self._wanted
        least = sorted(self._dispatch.instances, key=lambda one: one.open)
        for instance in least[: max(surplus, 0)]:
            self._dispatch.remove(instance)
            task = asyncio.create_task(instance.leave())
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
        self._fill()

    async def close(self) -> None:
        """Close every instance, end the workers, and disconnect from Ray."""
        if self._alarm is not None:
            self._alarm.cancel()
        try:
            for task, instance in self._starting.items():
                task.cancel()
                instance.kill()
            await asyncio.gather(*self._starting, return_exceptions=True)
            closing = [instance.close() for instance in self._dispatch.instances]
            await asyncio.gather(*closing, *self._leaving, return_exceptions=True)
        finally:
            self._signals.close()
            self._connection.close()

    @property
    def _count(self) -> int:
        return len(self._dispatch.instances) + len(self._starting)

    def _fill(self) -> None:
        """Start the workers that are wanted and not there."""
        while self._fatal is None and self._count < self._wanted:
            instance = Instance(self._placement, self._resources)
            task = asyncio.create_task(self._start(instance))
            self._starting[task] = instance
            task.add_done_callback(lambda done: self._starting.pop(done, None))

    async def _start(self, instance: Instance) -> None:
        try:
            await instance.start()
        except LOST as error:
            self._starting.pop(asyncio.current_task(), None)  # type: ignore[arg-type]
            self._bury(instance, error)
        except FatalModelError as error:
            self._give_up(error)
        except Exception as error:  # noqa: BLE001 - where one instance can't be made, none can
            self._give_up(str(error))
        else:
            self._dispatch.add(instance)
            self._watch()

    def _bury(self, instance: Instance, error: Exception) -> None:
        """Replace a worker that died; each of its open prompts comes here with the news."""
        if not instance.alive:
            return
        self._deaths += 1
        log.warning("a worker died; what it had open goes to others")
        self._dispatch.remove(instance)
        instance.kill()
        if self._deaths >= LOSSES * (self.size + 1):
            self._give_up(f"{self._deaths} workers died without an answer: {_reason(error)}")
        self._fill()
        self._watch()

    def _watch(self) -> None:
        """While there is no worker, let the time run after which to give up."""
        if self._dispatch.instances and self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        elif not self._dispatch.instances and self._alarm is None:
            message = (
                f"no worker could start within {self._patience:g} s: each needs "
                f"{self._resources}; `ray status` shows what the cluster has"
            )
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_later(self._patience, self._give_up, message)

    def _give_up(self, reason: str | FatalModelError) -> None:
        """Whoever waits, or asks from now on, gets the reason."""
        if isinstance(reason, str):
            reason = FatalModelError(f"{self._placement.name} on Ray: {reason}")
        self._fatal = self._fatal or reason
        self._dispatch.refuse(self._fatal)


def _reason(error: Exception) -> str:
    """The sentences of Ray's report that say why a process died."""
    detail = str(error).rpartition("Worker exit detail:")[2].partition("Some common causes")[0]
    return " ".join(detail.split())
