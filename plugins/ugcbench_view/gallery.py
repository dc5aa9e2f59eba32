"""How does a server read clips when somebody looks at them, and forget them in time?"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from ugcbench_view.clips import find_showing
from ugcbench_view.compiling import View
from ugcbench_view.developing import Developed, develop

AT_ONCE = 2
"""Clips that are read at a time."""


class Gallery:
    """The clips of a view, each read when it is first asked for.

    Up to `cache_bytes` of sheets are kept, those longest not looked at dropped first. Lives on one
    event loop.
    """

    def __init__(self, view: View, cache_bytes: int = 64 << 20) -> None:
        self._view = view
        self._cache_bytes = cache_bytes
        self._places = asyncio.Semaphore(AT_ONCE)
        self._kept: OrderedDict[int, asyncio.Task[Developed]] = OrderedDict()

    async def find(self, place: int) -> Developed:
        """The clip at a place of the catalogue; what is wrong with it is told in the result."""
        if place not in self._kept:
            self._kept[place] = asyncio.create_task(self._develop(place))
        self._kept.move_to_end(place)
        # Who looks elsewhere meanwhile must not take the clip from others who wait for it.
        try:
            developed = await asyncio.shield(self._kept[place])
        except Exception:
            self._kept.pop(place, None)  # worth another try
            raise
        self._forget()
        return developed

    async def _develop(self, place: int) -> Developed:
        async with self._places:
            showing = find_showing(self._view, place)
            return await asyncio.to_thread(develop, showing, playable=True)

    def _forget(self) -> None:
        """Drop what was longest not looked at while too much is kept."""
        sizes = {
            place: task.result().nbytes
            for place, task in self._kept.items()
            if task.done() and not task.cancelled() and task.exception() is None
        }
        held = sum(sizes.values())
        for place, size in list(sizes.items())[:-1]:
            if held <= self._cache_bytes:
                return
            del self._kept[place]
            held -= size
