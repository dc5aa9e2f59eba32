"""How do many tasks share the decoded clips of a run?"""

from __future__ import annotations

import os
from asyncio import wrap_future
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from ugcbench.media.clip import Media, no_audio_error, read
from ugcbench.media.headers import LIMITS, Limits
from ugcbench.sharing import join
from ugcbench.types import MediaProfile

_Key = tuple[str, MediaProfile]


class MediaReader:
    """Reads clips on its own threads and keeps the latest ones, so that each is decoded once.

    `threads` clips are decoded at a time (all cores this process may use, at most 8, by default);
    up to `cache_bytes` of finished frames and sound are kept, the least recently used dropped
    first. Reads of a clip that is just being decoded wait for that decode and share its result or
    error; an error is not kept beyond. A clip's file is taken not to change while the reader
    lives. May be used from several event loops. `decoded` counts the passes made over files,
    failed ones included.
    """

    def __init__(
        self,
        threads: int | None = None,
        cache_bytes: int = 256 << 20,
        *,
        limits: Limits = LIMITS,
    ) -> None:
        self.decoded = 0
        self._limits = limits
        self._cache_bytes = cache_bytes
        self._pool = ThreadPoolExecutor(threads or _cores(), thread_name_prefix="ugcbench-media")
        self._lock = Lock()  # for all that follows
        self._cache: OrderedDict[_Key, Media] = OrderedDict()
        self._held = 0
        self._running: dict[_Key, Future[Media]] = {}

    async def read(
        self,
        path: str | os.PathLike[str],
        profile: MediaProfile,
        *,
        require_audio: bool = False,
    ) -> Media:
        """The clip at `path` as `profile` says; raises as `ugcbench.media.read` does."""
        key = os.fspath(path), profile
        found = self._find(key)
        # A waiter that is cancelled must not take the decode from the others.
        media = found if isinstance(found, Media) else await join(wrap_future(found))
        if require_audio and media.audio is None:
            raise no_audio_error(Path(path))
        return media

    def close(self) -> None:
        """Drop what is kept and what is queued, and wait for the decodes under way."""
        self._pool.shutdown(cancel_futures=True)
        with self._lock:
            self._cache.clear()
            self._running.clear()
            self._held = 0

    def _find(self, key: _Key) -> Media | Future[Media]:
        """The clip if it is kept, else the decode under way, started if need be."""
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
            if key not in self._running:
                self._running[key] = self._pool.submit(self._decode, key)
            return self._running[key]

    def _decode(self, key: _Key) -> Media:
        path, profile = key
        media = None
        try:
            media = read(path, profile, limits=self._limits)
        finally:
            with self._lock:
                self.decoded += 1
                self._running.pop(key, None)
                if media is not None:
                    self._keep(key, media)
        return media

    def _keep(self, key: _Key, media: Media) -> None:
        if media.nbytes > self._cache_bytes:
            return
        self._cache[key] = media
        self._held += media.nbytes
        while self._held > self._cache_bytes:
            self._held -= self._cache.popitem(last=False)[1].nbytes


def _cores() -> int:
    known = hasattr(os, "sched_getaffinity")  # not on macOS
    return min(len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1, 8)
