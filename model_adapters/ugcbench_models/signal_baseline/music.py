"""Does music play, how fast and in which mode?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ugcbench_models.signal_baseline.facts import RATE, Music, Samples, Span

WINDOW, HOP = 2048, 512
STEP = HOP / RATE
"""Seconds from one spectrum to the next."""

BAND = slice(6, 520)
"""Bins from about 50 Hz to 4 kHz."""

HELD = 6
"""Spectra (0.19 s) for which a partial must keep its pitch: those of speech glide."""

AUDIBLE, CLEAR = 30, 10
"""Decibels below a spectrum's strongest partial down to which partials count, and by which they
must rise above the mean of their surroundings: peaks of noise hardly ever do.
"""

AROUND = 16
"""Bins (125 Hz) to each side that are a partial's surroundings."""

SLOWEST, FASTEST = 60, 200
"""Tempo in beats a minute."""

PITCHED = 130, 2000
"""Hz between which the key is heard: below, a bin is wider than a semitone."""

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
"""How well each pitch class fits a key, from the tonic up (Krumhansl and Kessler, 1982)."""

Spectra = NDArray[np.float64]
"""Magnitudes [time, frequency]."""


def hear_music(sound: Samples, speech: Sequence[Span]) -> Music:
    """Whether tones or a beat go on where nobody speaks, and what they are like.

    Tones are partials that stand still; one alone (a siren, a hum) is no music. Few tones do where
    the beat is regular and not faint.
    """
    spectra = _spectra(sound)
    held = _find_held(spectra)
    gaps = _outside(len(spectra), speech)
    tonal = float((held[gaps].sum(1) >= 2).mean())
    level = np.sqrt((spectra**2).mean(1)) + 1e-9
    strength = float(np.median(level[gaps]) / np.percentile(level, 95))
    tempo, regular = _find_beat(spectra)
    by_tones = strength > 0.04 and tonal > 0.2
    by_beat = strength > 0.15 and tonal > 0.08 and regular > 0.35
    if not (by_tones or by_beat):
        return Music()
    return Music(True, tempo if regular > 0.2 else None, _is_major(held))


def _spectra(sound: Samples) -> Spectra:
    padded = np.pad(sound, (0, max(0, WINDOW - len(sound))))
    windows = sliding_window_view(padded, WINDOW)[::HOP] * np.hanning(WINDOW).astype(np.float32)
    return np.abs(np.fft.rfft(windows, axis=1)).astype(np.float64)


def _find_held(spectra: Spectra) -> NDArray[np.bool_]:
    """Which bins of `BAND` hold a partial that has been there for `HELD` spectra [time, bin]."""
    level = 20 * np.log10(spectra[:, BAND] + 1e-5)
    inner = level[:, 1:-1]
    peak = np.zeros(level.shape, np.bool_)
    peak[:, 1:-1] = (inner > level[:, :-2]) & (inner > level[:, 2:])
    peak &= level > level.max(1, keepdims=True) - AUDIBLE
    peak &= level > _surroundings(level) + CLEAR
    held = np.zeros(peak.shape, np.bool_)
    run = np.zeros(len(peak[0]), np.int64)
    for i, row in enumerate(peak):
        run = np.where(row, run + 1, 0)
        held[i] = run >= HELD
    return held


def _surroundings(level: Spectra) -> Spectra:
    """The mean over `AROUND` bins to both sides of each bin."""
    padded = np.pad(level, ((0, 0), (AROUND + 1, AROUND)), mode="reflect").cumsum(1)
    width = 2 * AROUND + 1
    return np.asarray((padded[:, width:] - padded[:, :-width]) / width)


def _outside(count: int, speech: Sequence[Span]) -> NDArray[np.bool_]:
    """The spectra where nobody speaks; all of them if speech leaves less than 0.2 seconds."""
    time = np.arange(count) * STEP + WINDOW / RATE / 2
    outside = np.ones(count, np.bool_)
    for start, end in speech:
        outside &= (time < start - 0.1) | (time > end + 0.1)
    return outside if outside.sum() > HELD else np.ones(count, np.bool_)


def _find_beat(spectra: Spectra) -> tuple[float, float]:
    """Tempo and regularity (0 to 1) of the onsets, by their autocorrelation."""
    rise = np.maximum(0, np.diff(np.log(spectra[:, BAND] + 1e-4), axis=0)).mean(1)
    shortest, longest = round(60 / FASTEST / STEP), round(60 / SLOWEST / STEP)
    if len(rise) <= longest:
        return 0.0, 0.0
    rise -= rise.mean()
    likeness = np.correlate(rise, rise, "full")[len(rise) - 1 :]
    period = shortest + int(np.argmax(likeness[shortest:longest]))
    return 60 / STEP / period, float(likeness[period] / (likeness[0] + 1e-9))


def _is_major(held: NDArray[np.bool_]) -> bool:
    """Whether the key that fits the held partials best is a major one."""
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)[BAND]
    clear = (hertz > PITCHED[0]) & (hertz < PITCHED[1])
    classes = np.round(12 * np.log2(hertz[clear] / 440) + 9).astype(np.int64) % 12  # 0 is C
    weight = np.bincount(classes, held[:, clear].mean(0), minlength=12).astype(np.float64)
    return _best_fit(weight, MAJOR) > _best_fit(weight, MINOR)


def _best_fit(weight: NDArray[np.float64], profile: Sequence[float]) -> float:
    if np.ptp(weight) == 0:
        return 0.0
    return max(float(np.corrcoef(np.roll(profile, key), weight)[0, 1]) for key in range(12))
