"""How does a clip become the units of one second that MiniCPM-o 2.6 takes?

A unit is the marker `<unit>`, a frame and a second of sound. Here a unit stands for each second of
the clip: it holds the frames taken within that second and all of its sound. Clips with fewer frames
than seconds have units with sound alone, and silent ones units with a frame alone; no frame is
shown twice, and no sound is left out or stretched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ugcbench.errors import FatalModelError
from ugcbench.media import Media
from ugcbench.types import MediaProfile

UNIT = "<unit>"
SAMPLE_RATE = 16_000
SAMPLES_PER_TOKEN = 640
"""A spectrum every 160 samples, halved by a convolution and again by pooling. Source: the
processor that comes with the checkpoint."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitClip:
    """A clip as content items, and how many units, pictures and tokens of sound they must become.

    `seconds` is the sound's length.
    """

    items: tuple[Any, ...]
    units: int
    pictures: int
    sound_tokens: int
    seconds: float


def make_units(media: Media, profile: MediaProfile) -> UnitClip:
    """The units of a clip; raises `FatalModelError` for sound that isn't at 16 kHz.

    The end of the sound is filled up with silence to a whole token, at most 40 ms, because the
    model's processor would cut it off to the last whole one.
    """
    if profile.sample_rate != SAMPLE_RATE:
        raise FatalModelError(
            f"MiniCPM-o hears sound at {SAMPLE_RATE} Hz, but the profile {profile.name} has "
            f"{profile.sample_rate}; take another profile"
        )
    sound = np.empty(0, np.float32) if media.audio is None else media.audio
    whole = np.pad(sound, (0, -len(sound) % SAMPLES_PER_TOKEN))
    units = []
    for second in range(max(int(media.times[-1]) + 1, math.ceil(len(whole) / SAMPLE_RATE))):
        frames = [f for f, t in zip(media.frames, media.times, strict=True) if int(t) == second]
        heard = whole[second * SAMPLE_RATE : (second + 1) * SAMPLE_RATE]
        held = [*map(Image.fromarray, frames), *([heard] if len(heard) else [])]
        if held:
            units.append([UNIT, *held])
    return UnitClip(
        items=tuple(item for unit in units for item in unit),
        units=len(units),
        pictures=len(media.frames),
        sound_tokens=len(whole) // SAMPLES_PER_TOKEN,
        seconds=len(sound) / SAMPLE_RATE,
    )
