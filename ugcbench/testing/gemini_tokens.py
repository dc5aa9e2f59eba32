"""How many tokens does Gemini count for what it is shown?"""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import av

FRAME_TOKENS = 258
"""For a picture, and for each sampled frame of a video."""

SECOND_TOKENS = 32
"""For each second of sound, also that of a video. Source: the API's guide to tokens."""


@dataclass(frozen=True, slots=True)
class ReceivedPart:
    """One part of a request as the server understood it.

    `kind` is text, inline or file; media have a `mime_type` and their bytes in `data`; `fps` is
    what the client asked for.
    """

    kind: str
    text: str = ""
    mime_type: str = ""
    data: bytes = b""
    fps: float | None = None

    def count_tokens(self) -> Mapping[str, int]:
        """Tokens by modality; sound is counted only where there really is a sound track.

        Raises `ValueError` for media that can't be opened.
        """
        family = self.mime_type.partition("/")[0]
        if self.kind == "text":
            return {"TEXT": len(self.text.split())}
        if family == "image":
            return {"IMAGE": FRAME_TOKENS}
        picture, sound = measure_tracks(self.data)
        counted = {"AUDIO": math.ceil(sound) * SECOND_TOKENS} if sound else {}
        if family == "video":
            frames = max(1, math.ceil(picture * (self.fps or 1.0)))
            counted["VIDEO"] = frames * FRAME_TOKENS
        return counted


def count_tokens(parts: Iterable[ReceivedPart]) -> Counter[str]:
    """Tokens by modality of a whole prompt."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.count_tokens())
    return total


def measure_tracks(data: bytes) -> tuple[float, float]:
    """Seconds of picture and of sound in a media file; raises `ValueError` if it is none."""
    try:
        with av.open(io.BytesIO(data), "r") as file:
            video = next(iter(file.streams.video), None)
            audio = next(iter(file.streams.audio), None)
            return _seconds(video, file.duration), _seconds(audio, file.duration)
    except (av.FFmpegError, OSError) as error:
        raise ValueError(f"no media: {error}") from None


def _seconds(
    track: av.VideoStream | av.AudioStream | None, container_duration: int | None
) -> float:
    if track is None:
        return 0.0
    if track.duration and track.time_base:
        return float(track.duration * track.time_base)
    return (container_duration or 0) / av.time_base
