"""Which model answers about a clip from signals alone, on the CPU and offline?"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

from ugcbench.media import Media, MediaReader
from ugcbench.sharing import join
from ugcbench.types import Failure, MediaProfile, Prediction, Prompt
from ugcbench_models.signal_baseline.analysis import Analyst
from ugcbench_models.signal_baseline.answers import answer
from ugcbench_models.signal_baseline.facts import Facts

NAME = "signal-baseline"

KEPT = 1024
"""Clips whose facts are kept, a few kilobytes each."""


class SignalBaseline:
    """Answers each task from measurements: text, voice, music, faces, colours and cuts.

    All prompts about a clip share one analysis, which runs on one of `workers` threads (as many as
    cores, at most 4; each holds about 0.2 GB). The same clip gives the same answer in any order.
    With `speech` off, words are not recognised: about half the time, a poorer `tone`. A prompt
    without a clip is refused. Raises a `MediaError` if the clip can't be read.
    """

    def __init__(
        self,
        *,
        speech: bool = True,
        workers: int | None = None,
        reader: MediaReader | None = None,
    ) -> None:
        self._speech = speech
        self._pool = ThreadPoolExecutor(workers or min(4, os.cpu_count() or 1), NAME)
        self._own = threading.local()  # the Analyst of each thread
        self._owns_reader = reader is None
        self._reader = reader or MediaReader()
        self._facts: OrderedDict[tuple[str, MediaProfile], Future[Facts]] = OrderedDict()

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer `prompt` from the facts of its clip."""
        started = time.monotonic()
        if prompt.media is None:
            return _refuse(prompt)
        profile = prompt.profile or MediaProfile()
        media = await self._reader.read(prompt.media, profile)
        # A request that is cancelled must not take the analysis from the others.
        facts = await join(asyncio.wrap_future(self._start(media, profile)))
        sent = "frames" if media.audio is None else "frames+audio"
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=answer(facts, prompt),
            model=NAME,
            receipt=media.receipt.model_copy(update={"sent": sent}),
            seconds=time.monotonic() - started,
        )

    async def close(self) -> None:
        """Drop what is queued, wait for what is being measured, and free the threads."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        if self._owns_reader:
            await asyncio.to_thread(self._reader.close)

    def _start(self, media: Media, profile: MediaProfile) -> Future[Facts]:
        """The analysis of the clip, begun unless it was before; one that failed is repeated."""
        key = media.receipt.sha256, profile
        known = self._facts.get(key)
        if known is None or (known.done() and known.exception() is not None):
            self._facts[key] = self._pool.submit(self._measure, media, profile)
        self._facts.move_to_end(key)
        if len(self._facts) > KEPT:
            self._facts.popitem(last=False)
        return self._facts[key]

    def _measure(self, media: Media, profile: MediaProfile) -> Facts:
        if not hasattr(self._own, "analyst"):
            self._own.analyst = Analyst(transcribe=self._speech)
        analyst: Analyst = self._own.analyst
        return analyst.measure(media, profile.sample_rate)


def _refuse(prompt: Prompt) -> Prediction:
    message = "signal-baseline measures clips, but this request has none; give it a video"
    failure = Failure(status="refused", kind="no_media", message=message)
    return Prediction(task=prompt.task, sample_id=prompt.sample_id, failure=failure, model=NAME)
