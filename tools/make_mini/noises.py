"""What do the sounds that are no music sound like?"""

from __future__ import annotations

import numpy as np

from tools.make_mini.music import RATE, Sound


def make_noise(kind: str, seconds: float) -> Sound:
    """Return `seconds` of a siren, of birds or of a drill, mono at `RATE`."""
    t = np.arange(int(seconds * RATE)) / RATE
    sound = {"siren": _make_siren, "birds": _make_birds, "drill": _make_drill}[kind](t)
    fade = np.minimum(1, np.minimum(t, t[-1] - t) / 0.08)
    faded: Sound = sound * fade
    return faded


def _make_siren(t: Sound) -> Sound:
    """A wail that rises and falls once every two seconds."""
    phase = 2 * np.pi * np.cumsum(800 + 320 * np.sin(2 * np.pi * 0.5 * t)) / RATE
    return np.sin(phase) + 0.35 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase)


def _make_birds(t: Sound) -> Sound:
    """Short falling chirps at uneven times."""
    sound, random = np.zeros_like(t), np.random.default_rng(11)
    start = 0.3
    while start < t[-1] - 0.2:
        chirp = np.arange(int(0.09 * RATE)) / RATE
        top = random.uniform(3400, 4600)
        tone = np.sin(2 * np.pi * (top * chirp - 7000 * chirp**2)) * np.sin(np.pi * chirp / 0.09)
        first = int(start * RATE)
        sound[first : first + len(chirp)] += tone * random.uniform(0.4, 1)
        start += random.choice((0.13, 0.16, 0.7, 1.1))
    return sound


def _make_drill(t: Sound) -> Sound:
    """A rattling hum of a power drill."""
    hiss = np.random.default_rng(7).normal(0, 1, len(t))
    smooth = np.convolve(hiss, np.ones(12) / 12, "same")
    saw = 2 * ((110 * t) % 1) - 1
    rattle = 0.6 + 0.4 * np.sign(np.sin(2 * np.pi * 27 * t))
    return (0.7 * smooth + 0.5 * saw) * rattle
