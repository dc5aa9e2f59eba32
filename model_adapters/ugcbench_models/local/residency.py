"""How is an engine loaded once, without blocking the event loop, and freed again?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from ugcbench.errors import ModelError
from ugcbench.sharing import join


class Engine(Protocol):
    """What holds a model's weights."""

    def close(self) -> None:
        """Free them."""
        ...


E = TypeVar("E", bound=Engine)


class Resident(Generic[E]):
    """An engine that is loaded in a thread when it is first asked for, and shared from then on.

    `load` imports the framework too. What it raises is raised for everyone who asks.
    """

    def __init__(self, load: Callable[[], E]) -> None:
        self._load = load
        self._loading: asyncio.Task[E] | None = None
        self._engine: E | None = None
        self._closed = False

    async def get(self) -> E:
        """The engine; a caller that is cancelled doesn't stop the loading for the others."""
        if self._closed:
            raise ModelError("the model is closed")
        if self._engine is None:
            if self._loading is None:
                self._loading = asyncio.create_task(asyncio.to_thread(self._load))
            self._engine = await join(self._loading)
        return self._engine

    @property
    def loaded(self) -> E:
        """The engine, for those who have got it before; raises `ModelError` if it isn't there."""
        if self._engine is None:
            raise ModelError("the model is not loaded")
        return self._engine

    async def close(self) -> None:
        """Wait for a loading that is under way, and free the engine if there is one."""
        self._closed = True
        if self._loading is not None:
            await asyncio.wait([self._loading])
            with contextlib.suppress(Exception, asyncio.CancelledError):  # then nothing was loaded
                self._engine = self._loading.result()
        engine, self._engine, self._loading = self._engine, None, None
        if engine is not None:
            await asyncio.to_thread(engine.close)
