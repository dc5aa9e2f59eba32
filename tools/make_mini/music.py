"""What does the music in the clips sound like?

Every track is made of notes (start in beats, length in beats, MIDI pitch) on small additive
instruments, repeated until the clip ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

RATE = 44_100

Sound = npt.NDArray[np.float64]
Note = tuple[float, float, int]
Instrument = Callable[[float, float], Sound]


def play(kind: str, samples: int) -> Sound:
    """Return `samples` of the music `kind`, mono at `RATE`, as loud as it happens to be."""
    return TRACKS[kind](samples)


def _play_happy(samples: int) -> Sound:
    chords = ((60, 64, 67), (67, 71, 74), (69, 72, 76), (65, 69, 72))
    arpeggio = [
        (4 * bar + step / 2, 0.5, chord[(0, 1, 2, 1)[step % 4]] + (12 if step % 4 == 2 else 0))
        for bar, chord in enumerate(chords)
        for step in range(8)
    ]
    bass = [
        (4 * bar + beat, 0.9, chord[0] - 24) for bar, chord in enumerate(chords) for beat in (0, 2)
    ]
    melody: list[Note] = [
        (0, 1, 76), (1, 1, 79), (2, 2, 84), (4, 1, 83), (5, 1, 79), (6, 2, 74),
        (8, 1, 76), (9, 1, 81), (10, 2, 84), (12, 1, 81), (13, 1, 77), (14, 2, 79),
    ]  # fmt: skip
    beat = 60 / 126
    return (
        0.5 * _loop(arpeggio, _pluck, beat, 16, samples)
        + 0.6 * _loop(bass, _pluck, beat, 16, samples)
        + 0.6 * _loop(melody, _bell, beat, 16, samples)
        + 0.3 * _loop([(b, 0.2, 0) for b in range(16)], _shaker, beat, 16, samples)
    )


def _play_sad(samples: int) -> Sound:
    chords = ((57, 60, 64), (53, 57, 60), (50, 53, 57), (52, 56, 59))
    pad = [(4 * bar, 4.2, pitch) for bar, chord in enumerate(chords) for pitch in chord]
    melody: list[Note] = [
        (0, 2, 76), (2, 1, 74), (3, 1, 72), (4, 3, 69), (7, 1, 71),
        (8, 2, 72), (10, 2, 69), (12, 4, 68),
    ]  # fmt: skip
    return 0.5 * _loop(pad, _pad, 0.8, 16, samples) + 0.8 * _loop(melody, _pluck, 0.8, 16, samples)


def _play_beat(samples: int) -> Sound:
    drums = [(float(b), 0.3, 0) for b in range(8)]
    hats = [(b + 0.5, 0.2, 0) for b in range(8)]
    bass: list[Note] = [
        (0, 0.4, 40), (0.75, 0.4, 40), (1.5, 0.4, 43), (2.5, 0.4, 45), (3.5, 0.4, 43),
        (4, 0.4, 36), (4.75, 0.4, 36), (5.5, 0.4, 40), (6.5, 0.4, 43), (7.5, 0.4, 45),
    ]  # fmt: skip
    stabs = [(start, 0.3, pitch) for start in (1, 3, 5, 7) for pitch in (64, 67, 71)]
    return (
        1.2 * _loop(drums, _kick, 0.5, 8, samples)
        + 0.5 * _loop(hats, _shaker, 0.5, 8, samples)
        + 0.9 * _loop(bass, _pluck, 0.5, 8, samples)
        + 0.35 * _loop(stabs, _reed, 0.5, 8, samples)
    )


def _play_waltz(samples: int) -> Sound:
    roots = ((45, (57, 60, 64)), (45, (57, 60, 64)), (50, (57, 62, 65)), (52, (56, 59, 64)))
    bass = [(3 * bar, 0.9, root) for bar, (root, _) in enumerate(roots)]
    chords = [
        (3 * bar + beat, 0.5, pitch)
        for bar, (_, chord) in enumerate(roots)
        for beat in (1, 2)
        for pitch in chord
    ]
    melody: list[Note] = [
        (0, 2, 72), (2, 1, 76), (3, 1, 74), (4, 1, 72), (5, 1, 71),
        (6, 2, 69), (8, 1, 74), (9, 2, 71), (11, 1, 68),
    ]  # fmt: skip
    return (
        0.7 * _loop(bass, _pluck, 0.4, 12, samples)
        + 0.3 * _loop(chords, _reed, 0.4, 12, samples)
        + 0.6 * _loop(melody, _reed, 0.4, 12, samples)
    )


def _play_music_box(samples: int) -> Sound:
    melody: list[Note] = [
        (0, 1, 84), (1, 1, 88), (2, 1, 91), (3, 2, 89), (5, 1, 88), (6, 1, 86), (7, 1, 89),
        (8, 1, 93), (9, 3, 91), (12, 1, 88), (13, 1, 86), (14, 1, 84), (15, 2, 86), (17, 1, 83),
        (18, 1, 84), (19, 1, 79), (20, 1, 76), (21, 3, 84),
    ]  # fmt: skip
    chords = ((72, 76), (72, 76), (74, 77), (72, 79), (72, 76), (71, 74), (72, 76), (72, 76))
    harmony = [
        (3 * bar + step, 1, pitch)
        for bar, chord in enumerate(chords)
        for step, pitch in enumerate((chord[0] - 12, *chord))
    ]
    return _loop(melody, _bell, 0.36, 24, samples) + 0.5 * _loop(harmony, _bell, 0.36, 24, samples)


TRACKS: dict[str, Callable[[int], Sound]] = {
    "happy": _play_happy,
    "sad": _play_sad,
    "beat": _play_beat,
    "waltz": _play_waltz,
    "music box": _play_music_box,
}


def _loop(
    notes: Iterable[Note], instrument: Instrument, beat: float, length: float, samples: int
) -> Sound:
    """Play `notes` at `beat` seconds a beat, again every `length` beats."""
    track, notes = np.zeros(samples), tuple(notes)
    for turn in range(int(samples / RATE / (beat * length)) + 1):
        for start, duration, pitch in notes:
            first = int((turn * length + start) * beat * RATE)
            tone = instrument(440 * 2 ** ((pitch - 69) / 12), duration * beat)
            tone = tone[: max(0, samples - first)]
            track[first : first + len(tone)] += tone
    return track


def _count(seconds: float) -> Sound:
    return np.arange(int(seconds * RATE)) / RATE


def _sum_partials(frequency: float, t: Sound, gains: tuple[float, ...]) -> Sound:
    wave = np.zeros_like(t)
    for number, gain in enumerate(gains, start=1):
        wave += gain * np.sin(2 * np.pi * number * frequency * t)
    return wave


def _shape(t: Sound, attack: float, release: float) -> Sound:
    """Return an envelope that rises in `attack` and falls in the last `release` seconds."""
    envelope: Sound = np.minimum(1, t / attack) * np.minimum(1, (t[-1] - t) / release)
    return envelope


def _pluck(frequency: float, seconds: float) -> Sound:
    t = _count(seconds + 0.25)
    decay = np.exp(-3.2 * t / (seconds + 0.1))
    return _sum_partials(frequency, t, (1, 0.5, 0.28, 0.14, 0.07)) * decay * _shape(t, 0.006, 0.06)


def _bell(frequency: float, seconds: float) -> Sound:
    t = _count(seconds + 0.6)
    ring = np.sin(2 * np.pi * frequency * t) * np.exp(-3.5 * t)
    strike = 0.45 * np.sin(2 * np.pi * 2.76 * frequency * t) * np.exp(-9 * t)
    return (ring + strike) * _shape(t, 0.003, 0.08)


def _pad(frequency: float, seconds: float) -> Sound:
    t = _count(seconds)
    above = _sum_partials(frequency * 1.003, t, (0.7, 0.25))
    below = _sum_partials(frequency * 0.997, t, (0.7, 0.3, 0.1))
    return (above + below) * _shape(t, 0.5, 0.6)


def _reed(frequency: float, seconds: float) -> Sound:
    t = _count(seconds)
    tremolo = 1 + 0.12 * np.sin(2 * np.pi * 6 * t)
    tone = _sum_partials(frequency, t, (0.6, 0.5, 0.45, 0.3, 0.25, 0.15, 0.1))
    return tone * tremolo * _shape(t, 0.03, 0.05)


def _kick(frequency: float, seconds: float) -> Sound:
    t = _count(seconds)
    falling: Sound = np.sin(2 * np.pi * (48 * t + 4 * (1 - np.exp(-30 * t))))
    return falling * np.exp(-14 * t)


def _shaker(frequency: float, seconds: float) -> Sound:
    t = _count(seconds)
    hiss: Sound = np.diff(np.random.default_rng(5).uniform(-1, 1, len(t) + 1))
    return hiss * np.exp(-40 * t)
