"""How do a clip's frames and sound become what a page can show?"""

from __future__ import annotations

import io
import math
import mimetypes
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ugcbench.errors import MediaError
from ugcbench.media import Media, read
from ugcbench.types import MediaProfile
from ugcbench_view.clips import Showing, Taken
from ugcbench_view.pathless import strip_paths
from ugcbench_view.shapes import ClipMedia, FrameSet, Waveform

SPANS = 480
"""Into how many the sound is divided: a wide page shows as many bars."""

WIDEST = 16_383
"""Pixels to a side of a WebP image."""

QUALITY = 72
EFFORT = 2
"""Of Pillow's six: a third of the time for a tenth more bytes."""

SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True)
class Developed:
    """What a page loads about a clip, and its sheets of frames (WebP) by their file names."""

    media: ClipMedia
    sheets: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes of the sheets."""
        return sum(map(len, self.sheets.values()))


def develop(showing: Showing, *, playable: bool) -> Developed:
    """Read a clip as the models' rules say; `playable` says whether the page may play it.

    A clip that isn't there or can't be read is told, and is no error.
    """
    path, clip = showing.path, showing.clip
    if path is None:
        return Developed(ClipMedia(clip=clip, told=("No dataset of these runs has this clip.",)))
    try:
        read_as = {profile: read(path, profile) for profile in showing.profiles}
    except MediaError as error:
        return Developed(ClipMedia(clip=clip, told=(strip_paths(str(error)),)))
    media = next(iter(read_as.values()))
    receipt = media.receipt
    kind = _kind(path.name)
    sheets = {
        f"{showing.place}-{number}.webp": _sheet(media.frames)
        for number, media in enumerate(read_as.values())
    }
    shown = ClipMedia(
        clip=clip,
        source=f"media/{media_name(showing)}" if playable and kind else None,
        kind=kind if playable else None,
        duration=receipt.duration,
        size=receipt.source_size,
        frames=tuple(_frame_sets(showing, read_as)),
        waveform=_waveform(media),
        oddities=receipt.oddities,
        told=() if kind else ("By its name the clip is no video, and browsers won't play it.",),
    )
    return Developed(shown, sheets)


def media_name(showing: Showing) -> str:
    """The name of the clip's file below `media/`."""
    suffix = showing.path.suffix.lower() if showing.path else ""
    return f"{showing.place}{suffix if SUFFIX.fullmatch(suffix) else ''}"


def _kind(name: str) -> str | None:
    kind = mimetypes.guess_type(name)[0] or ""
    return kind if kind.startswith(("video/", "audio/")) else None


def _frame_sets(showing: Showing, read_as: Mapping[MediaProfile, Media]) -> Iterator[FrameSet]:
    """The runs grouped by what they have to say about the frames of their profile."""
    for number, (profile, media) in enumerate(read_as.items()):
        groups: dict[tuple[bool, str | None], list[Taken]] = {}
        for taken in showing.taken:
            if taken.profile == profile:
                groups.setdefault(taken.judge(media.receipt), []).append(taken)
        count, height, width, _ = media.frames.shape
        for (seen, told), group in groups.items():
            yield FrameSet(
                runs=tuple(taken.run for taken in group),
                profile=media.receipt.profile,
                seen=seen,
                times=media.times,
                sheet=f"frames/{showing.place}-{number}.webp",
                columns=_columns(count, height, width),
                width=width,
                height=height,
                told=told,
            )


def _sheet(frames: NDArray[np.uint8]) -> bytes:
    """All frames on one image, row by row."""
    count, height, width, _ = frames.shape
    columns = _columns(count, height, width)
    sheet = np.zeros((-(-count // columns) * height, columns * width, 3), np.uint8)
    for place, frame in enumerate(frames):
        top, left = place // columns * height, place % columns * width
        sheet[top : top + height, left : left + width] = frame
    written = io.BytesIO()
    Image.fromarray(sheet).save(written, "WEBP", quality=QUALITY, method=EFFORT)
    return written.getvalue()


def _columns(count: int, height: int, width: int) -> int:
    """How many frames stand in a row, so that the sheet is about as wide as high."""
    square = round(math.sqrt(count * height / width))
    return max(1, min(count, square, WIDEST // width))


def _waveform(media: Media) -> Waveform | None:
    if media.audio is None or not len(media.audio):
        return None
    loud = np.abs(media.audio)
    spans = min(SPANS, len(loud))
    begins = np.arange(spans) * len(loud) // spans
    peaks = np.minimum(np.rint(np.maximum.reduceat(loud, begins) * 100), 100).astype(int)
    return Waveform(seconds=media.receipt.audio_seconds, peaks=tuple(peaks.tolist()))
