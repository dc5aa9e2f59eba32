"""Which worker gets a prompt, and when?"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from ugcbench_ray.instances import Instance

HOMES = 4096
"""Clips of which it is remembered which worker has them."""


@dataclass(eq=False, slots=True)
class _Waiter:
    clip: str | None
    places: int
    granted: asyncio.Future[Instance] = field(default_factory=asyncio.Future)
    instance: Instance | None = None


class Dispatch:
    """Hands out the places at the workers, `each` of them taking so many prompts at once.

    A worker with a free place gets the next prompt about a clip that it has, or else about one
    that nobody has yet: so a clip is decoded once, and no worker is idle while others have more
    clips waiting than they can begin. A prompt that is to be alone gets all places of a worker.
    """

    def __init__(self, each: int) -> None:
        self.each = each
        self.instances: list[Instance] = []
        self._waiting: list[_Waiter] = []
        self._homes: OrderedDict[str, Instance] = OrderedDict()
        self._closed: Exception | None = None

    @contextlib.asynccontextmanager
    async def place(self, clip: str | None, *, alone: bool) -> AsyncIterator[Instance]:
        """Wait for a place for a prompt about `clip` and hold it; raises what `refuse` says."""
        if self._closed is not None:
            raise self._closed
        waiter = _Waiter(clip, self.each if alone else 1)
        self._waiting.append(waiter)
        self._grant()
        try:
            yield await waiter.granted
        finally:
            if waiter.instance is None:
                self._waiting.remove(waiter)
            else:
                waiter.instance.give_back(waiter.places)
                self._grant()

    def add(self, instance: Instance) -> None:
        """From here on the worker gets prompts."""
        self.instances.append(instance)
        self._grant()

    def remove(self, instance: Instance) -> None:
        """From here on the worker gets none; the clips that it has are anybody's."""
        instance.alive = False
        if instance in self.instances:
            self.instances.remove(instance)
        self._grant()

    def refuse(self, error: Exception) -> None:
        """Whoever waits for a place, or will, gets `error`."""
        self._closed = error
        for waiter in self._waiting:
            if not waiter.granted.done():
                waiter.granted.set_exception(error)

    def _grant(self) -> None:
        """Give every free place to who waits for it longest."""
        kept = self._kept()
        for instance in sorted(self.instances, key=lambda one: one.open):
            while waiter := self._next(instance, kept):
                self._waiting.remove(waiter)
                waiter.instance = instance
                instance.open += waiter.places
                self._remember(waiter.clip, instance)
                waiter.granted.set_result(instance)

    def _kept(self) -> Instance | None:
        """The worker that is left to run empty for a prompt that is to be alone."""
        if self.each == 1 or all(waiter.places == 1 for waiter in self._waiting):
            return None
        return min(self.instances, key=lambda one: one.open, default=None)

    def _next(self, instance: Instance, kept: Instance | None) -> _Waiter | None:
        free = self.each - instance.open
        if free <= 0:
            return None
        fit = [w for w in self._waiting if w.places <= free and not w.granted.done()]
        if instance is kept:
            return next((w for w in fit if w.places == self.each), None)
        for wanted in (instance, None):
            found = next((w for w in fit if self._home(w.clip) is wanted), None)
            if found is not None:
                return found
        return None

    def _home(self, clip: str | None) -> Instance | None:
        home = self._homes.get(clip) if clip is not None else None
        return home if home is not None and home.alive else None

    def _remember(self, clip: str | None, instance: Instance) -> None:
        if clip is not None:
            self._homes[clip] = instance
            self._homes.move_to_end(clip)
            if len(self._homes) > HOMES:
                self._homes.popitem(last=False)
