"""On which event loop is awaited what engines ask for from loops of their own?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class OwnLoop:
    """An event loop in a thread of its own.

    Connections and rate limits belong to one loop, while an engine may have one for ever (TRL), a
    new one for each batch (ms-swift), or run rewards outside of any. Here they outlive all of them.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._running: set[asyncio.Task[Any] | None] = set()
        # A daemon: a training that fails must end, whatever a judge is doing.
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What the coroutine returns or raises; to cancel the waiting cancels it too."""
        running = asyncio.run_coroutine_threadsafe(self._keep(coroutine), self._loop)
        return await asyncio.wrap_future(running)

    async def _keep(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task = asyncio.current_task()
        self._running.add(task)
        try:
            return await coroutine
        finally:
            self._running.discard(task)

    async def cancel(self) -> None:
        """Cancel all that runs, and wait until it ended."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._cancel(), self._loop))

    async def _cancel(self) -> None:
        running = [task for task in self._running if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def stop(self) -> None:
        """End the loop and its thread; nothing may be running."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
