"""What is known about a clip once it has been measured?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Sampling rate in Hz at which sound is measured."""

Frames = NDArray[np.uint8]
"""Pictures [T, H, W, 3] in RGB."""

Picture = NDArray[np.uint8]
"""One picture [H, W, 3] in RGB."""

Samples = NDArray[np.float32]
"""Mono sound at `RATE`, full scale 1."""

Span = tuple[float, float]
"""Start and end in seconds."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of on-screen text: when it was seen first, its place and the colour of its letters.

    `x` and `y` are the centre as fractions of width and height.
    """

    text: str
    start: float
    x: float
    y: float
    colour: str


@dataclass(frozen=True, slots=True)
class Region:
    """A compact patch of one colour that stands out: `shape` is a noun, `area` a fraction."""

    shape: str
    colour: str
    position: str
    area: float


@dataclass(frozen=True, slots=True)
class Scene:
    """The time between two cuts: colours by falling area, mean brightness 0 to 1, patches."""

    span: Span
    colours: tuple[str, ...]
    brightness: float
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces over the clip: the share of pictures with one, the usual number, where they are.

    `colour` is that of what is below the faces (clothes). `lips` is the change of the mouth over
    time as a multiple of that of the eyes, None if too few pictures show a face.
    """

    share: float = 0.0
    count: int = 0
    position: str = "center"
    colour: str = ""
    lips: float | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """When somebody speaks, and the median pitch in Hz (None if no pitch was found)."""

    spans: tuple[Span, ...] = ()
    pitch: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds of speech."""
        return sum(end - start for start, end in self.spans)


@dataclass(frozen=True, slots=True)
class Music:
    """Whether music plays, its tempo in beats a minute (None without a clear beat) and mode."""

    heard: bool = False
    tempo: float | None = None
    major: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """What is on the audio track; `level` is its RMS in decibels below full scale."""

    level: float
    voice: Voice = Voice()
    music: Music = Music()
    words: str = ""

    @property
    def silent(self) -> bool:
        """Whether nothing can be heard."""
        return self.level < -60


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything measured in one clip; `motion` is the typical change between pictures, 0 to 1.

    `sound` is None for a clip without an audio track.
    """

    seconds: float
    scenes: tuple[Scene, ...]
    motion: float
    lines: tuple[TextLine, ...]
    faces: Faces
    sound: Sound | None

    @property
    def speaks(self) -> bool:
        """Whether a voice is heard for a noticeable part of the clip."""
        return self.sound is not None and self.sound.voice.seconds > 0.08 * self.seconds

    @property
    def shows_face(self) -> bool:
        """Whether a face is in the picture for a noticeable part of the clip."""
        return self.faces.share > 0.3
