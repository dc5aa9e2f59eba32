"""How loud is what in a clip's sound?

The voice is set to -20 dB (RMS while it speaks). Music plays at -22 dB alone and steps back to
-38 dB under the voice, as in a well-mixed video, so that speech recognition can be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.make_mini.music import RATE, Sound, play
from tools.make_mini.noises import make_noise
from tools.make_mini.script import Script
from tools.make_mini.speech import speak

VOICE, MUSIC_ALONE, MUSIC_UNDER_VOICE = -20.0, -22.0, -38.0


@dataclass(frozen=True)
class Mix:
    """The sound of a clip, mono at `RATE`, and the voice in it alone."""

    sound: Sound
    voice: Sound


def mix(script: Script) -> Mix:
    """Record all that is heard in `script`."""
    samples = round(script.seconds * RATE)
    voice = _record_voice(script, samples)
    sound = voice.copy()
    if script.music is not None:
        sound += _level(play(script.music, samples), 0.0) * _duck(voice)
    for noise in script.noises:
        first = round(noise.at * RATE)
        heard = _level(make_noise(noise.kind, noise.seconds), noise.level)[: samples - first]
        sound[first : first + len(heard)] += heard
    peak = float(np.abs(sound).max(initial=0.0))
    return Mix(sound=sound * min(1.0, 0.9 / max(peak, 1e-9)), voice=voice)


def open_mouth(voice: Sound, frames: int, fps: int) -> list[float]:
    """Return for every frame how far a mouth that speaks `voice` is open, from 0 to 1."""
    step = RATE / fps
    loudness = np.array(
        [
            np.sqrt(np.mean(voice[round(k * step) : round((k + 1) * step)] ** 2))
            for k in range(frames)
        ]
    )
    opening = np.sqrt(np.clip(loudness / max(float(loudness.max()), 1e-6), 0, 1))
    return [float(value) if value > 0.15 else 0.0 for value in opening]


def _record_voice(script: Script, samples: int) -> Sound:
    voice = np.zeros(samples)
    for line in script.speech:
        spoken, first = _level(speak(line), VOICE), round(line.at * RATE)
        if first + len(spoken) > samples:
            end = first / RATE + len(spoken) / RATE
            raise ValueError(f"{script.id}: the speech ends at {end:.1f} s, after the clip")
        voice[first : first + len(spoken)] += spoken
    return voice


def _level(sound: Sound, decibels: float) -> Sound:
    """Scale `sound` so that its RMS, silences left out, is `decibels` below full scale."""
    heard = sound[np.abs(sound) > 0.02 * np.abs(sound).max()]
    scaled: Sound = sound * (10 ** (decibels / 20) / np.sqrt(np.mean(heard**2)))
    return scaled


def _duck(voice: Sound) -> Sound:
    """Return the gain of music beside `voice`: low from shortly before it until shortly after."""
    block = RATE // 100
    blocks = np.abs(voice[: len(voice) // block * block]).reshape(-1, block)
    near = np.convolve(blocks.max(axis=1) > 0.01, np.ones(50), "same") > 0
    ramp = np.convolve(near, np.ones(20) / 20, "same")
    decibels = MUSIC_ALONE + (MUSIC_UNDER_VOICE - MUSIC_ALONE) * ramp
    times = (np.arange(len(ramp)) + 0.5) * block
    gain: Sound = 10 ** (np.interp(np.arange(len(voice)), times, decibels) / 20)
    return gain
