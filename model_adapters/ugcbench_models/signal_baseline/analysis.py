"""What can be measured in the frames and the sound of a clip?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import cv2
import numpy as np

from ugcbench.media import Media
from ugcbench_models.signal_baseline.colours import find_palette, name_pixels
from ugcbench_models.signal_baseline.faces import FaceFinder, cover_person, summarise_faces
from ugcbench_models.signal_baseline.facts import (
    RATE,
    Facts,
    Picture,
    Samples,
    Scene,
    Sound,
    Span,
)
from ugcbench_models.signal_baseline.layout import Box
from ugcbench_models.signal_baseline.music import hear_music
from ugcbench_models.signal_baseline.regions import find_regions, smooth
from ugcbench_models.signal_baseline.scenes import find_cuts
from ugcbench_models.signal_baseline.speech import Transcriber
from ugcbench_models.signal_baseline.text import TextReader, merge_readings
from ugcbench_models.signal_baseline.voice import VoiceFinder


class Analyst:
    """Measures clips one at a time: each thread needs an own one (about 0.2 GB).

    Without `transcribe`, speech is found but not put into words.
    """

    def __init__(self, *, transcribe: bool = True) -> None:
        self._text = TextReader()
        self._faces = FaceFinder()
        self._voice = VoiceFinder()
        self._words = Transcriber() if transcribe else None

    def measure(self, media: Media, rate: int) -> Facts:
        """Everything measurable in `media`, whose sound is at `rate` Hz."""
        readings = self._text.read(media.frames, media.times)
        faces = [self._faces.find(frame) for frame in media.frames]
        cuts = find_cuts(media.frames)
        scenes = []
        for part, span in _split(cuts.starts, media.times, media.receipt.duration):
            middle = (part.start + part.stop) // 2
            hidden = [reading.box for reading in readings[middle]]
            hidden += [cover_person(box) for found in faces[part] for box in found.boxes]
            scenes.append(_describe_scene(media.frames[middle], span, hidden))
        return Facts(
            seconds=media.receipt.duration,
            scenes=tuple(scenes),
            motion=cuts.motion,
            lines=merge_readings(readings),
            faces=summarise_faces(media.frames, faces),
            sound=None if media.audio is None else self._listen(_prepare(media.audio, rate)),
        )

    def _listen(self, sound: Samples) -> Sound:
        level = 10 * math.log10(float(np.mean(sound**2)) + 1e-12) if sound.size else -120.0
        if Sound(level).silent:
            return Sound(level)
        voice = self._voice.find(sound)
        words = "" if self._words is None else self._words.transcribe(sound, voice.spans)
        return Sound(level, voice, hear_music(sound, voice.spans), words)


def _split(
    starts: Sequence[int], times: Sequence[float], end: float
) -> Iterator[tuple[slice, Span]]:
    """The frames and the time of each scene."""
    for start, stop in pairwise([*starts, len(times)]):
        yield slice(start, stop), (times[start], times[stop] if stop < len(times) else end)


def _describe_scene(picture: Picture, span: Span, hidden: Sequence[Box]) -> Scene:
    """A scene by the frame in its middle."""
    small = smooth(picture)
    names = name_pixels(small)
    return Scene(
        span=span,
        colours=find_palette(names),
        brightness=float(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).mean() / 255),
        regions=tuple(find_regions(small, names, hidden)),
    )


def _prepare(sound: Samples, rate: int) -> Samples:
    """`sound` at `RATE` and within full scale; a damaged track may hold anything."""
    sound = np.nan_to_num(sound).clip(-1, 1)
    count = round(len(sound) * RATE / rate)
    if rate == RATE or count == 0:
        return sound
    # Cutting the spectrum resamples without aliasing, and a clip is short enough to do it at once.
    spectrum = np.fft.rfft(sound)[: count // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, count) * (count / len(sound)), np.float32)
