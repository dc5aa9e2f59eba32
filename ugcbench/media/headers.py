"""What is this file, by its headers alone?"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from ugcbench.errors import (
    DamagedMediaError,
    EmptyMediaError,
    MissingMediaError,
    NotMediaError,
    NoVideoError,
    TooLargeMediaError,
)

FFMPEG_ERRORS = (av.FFmpegError, OSError, ValueError)
"""What PyAV raises on bad input; EOFError is among the first."""


@dataclass(frozen=True)
class Limits:
    """Beyond these a file is refused: it is no short clip, and reading it could exhaust memory.

    The packets of a clip are held while it is read, so a reader's peak memory is about the file's
    size for each of its threads.
    """

    file_bytes: int = 2 << 30
    seconds: float = 3600.0
    side: int = 8192


LIMITS = Limits()


@dataclass(frozen=True)
class Probe:
    """What a file's headers say.

    `duration` in seconds, 0.0 where no header says; `width` and `height` in pixels as stored,
    before any rotation.
    """

    duration: float
    has_audio: bool
    width: int
    height: int
    file_bytes: int


def probe(path: str | os.PathLike[str], *, limits: Limits = LIMITS) -> Probe:
    """Read the headers of the clip at `path`; nothing is decoded.

    Raises a `MediaError` as `read` does, as far as headers show what is wrong.
    """
    with opened(path, limits) as source:
        context = source.video.codec_context
        return Probe(
            duration=_declared_seconds(source.container),
            has_audio=source.audio is not None,
            width=context.width,
            height=context.height,
            file_bytes=source.file_bytes,
        )


@dataclass(frozen=True)
class Source:
    """An open clip: its container, the track to look at and, if any, the one to listen to."""

    path: Path
    file_bytes: int
    container: InputContainer
    video: VideoStream
    audio: AudioStream | None

    @property
    def declared_seconds(self) -> float:
        """The duration that the header promises, 0.0 if none."""
        return _declared_seconds(self.container)


@contextmanager
def opened(path: str | os.PathLike[str], limits: Limits) -> Iterator[Source]:
    """The clip at `path`, open and within `limits`; closed at the end of the block."""
    # An absolute path can't be taken for a protocol ("concat:a.mp4") by FFmpeg.
    file = Path(path).absolute()
    size = _measure(file, limits)
    with _open_container(file) as container:
        video = _choose_video(file, container)
        audio = _choose_audio(container)
        source = Source(file, size, container, video, audio)
        _check_extent(source, limits)
        yield source


def advice(path: Path) -> str:
    """The end of a message about a bad clip: what to type, what to do."""
    look = f"ffmpeg -v error -i {shlex.quote(str(path))} -f null -"
    return f"see what is wrong with `{look}`, then fetch it again or remove it from the dataset"


def _measure(path: Path, limits: Limits) -> int:
    try:
        is_file = path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise MissingMediaError(path, f"can't be looked at: {error.strerror}") from None
    if not is_file:
        what = "is not a regular file" if path.exists() else "no such file"
        raise MissingMediaError(
            path, f"{what}; check it with `ls -l {shlex.quote(str(path.parent))}`"
        )
    if not os.access(path, os.R_OK):
        raise MissingMediaError(
            path, f"no permission to read it; type `chmod u+r {shlex.quote(str(path))}`"
        )
    size = path.stat().st_size
    if size == 0:
        raise EmptyMediaError(
            path, "the file has no bytes; fetch it again or remove it from the dataset"
        )
    if size > limits.file_bytes:
        raise TooLargeMediaError(
            path,
            f"{size:,} bytes, more than the {limits.file_bytes:,} that a clip may have; "
            f"{_shrink(path, limits)}",
        )
    return size


_PLAYLISTS = frozenset({"concat", "dash", "hls", "imf", "sdp"})
"""Formats that only point to other files."""


def _open_container(path: Path) -> InputContainer:
    try:
        # Clips come from strangers: none may make FFmpeg open a network address.
        container = av.open(
            str(path), options={"protocol_whitelist": "file"}, metadata_errors="replace"
        )
    except FFMPEG_ERRORS as error:
        raise _unreadable(path) from error
    if container.format.name in _PLAYLISTS:
        container.close()
        raise NotMediaError(path, "a playlist that points to other files, not a clip")
    return container


_SIGNATURES = ((4, b"ftyp"), (0, b"\x1aE\xdf\xa3"), (0, b"RIFF"), (0, b"FLV"), (0, b"OggS"))
"""Offset and first bytes of MP4/MOV, Matroska/WebM, AVI/WAV, FLV and Ogg."""


def _unreadable(path: Path) -> NotMediaError | DamagedMediaError:
    with path.open("rb") as file:
        head = file.read(16)
    if any(head.startswith(mark, offset) for offset, mark in _SIGNATURES):
        return DamagedMediaError(
            path,
            "it starts like a clip, but its index is missing or broken, as after a download that "
            f"was cut off; {advice(path)}",
        )
    return NotMediaError(
        path,
        f"no audio or video that FFmpeg {av.ffmpeg_version_info} knows; see what it is with "
        f"`file {shlex.quote(str(path))}`, then fetch it again or remove it from the dataset",
    )


def _choose_video(path: Path, container: InputContainer) -> VideoStream:
    # Cover art is stored as a video track of one picture.
    moving = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    known = [s for s in moving if s.codec_context is not None]
    if known:
        return next((s for s in known if s.disposition & Disposition.default), known[0])
    if moving:
        raise DamagedMediaError(
            path,
            f"FFmpeg {av.ffmpeg_version_info} has no decoder for its picture; convert it to H.264 "
            "or remove it from the dataset",
        )
    if container.streams.audio:
        raise NoVideoError(
            path,
            "it holds sound, but no moving picture; see its tracks with "
            f"`ffprobe {shlex.quote(str(path))}`, then remove it from the dataset",
        )
    raise _unreadable(path)


def _choose_audio(container: InputContainer) -> AudioStream | None:
    known = [s for s in container.streams.audio if s.codec_context is not None]
    default = (s for s in known if s.disposition & Disposition.default)
    return next(default, known[0] if known else None)


def _check_extent(source: Source, limits: Limits) -> None:
    context = source.video.codec_context
    if max(context.width, context.height) > limits.side:
        raise TooLargeMediaError(
            source.path,
            f"its picture of {context.width}x{context.height} pixels is beyond the limit of "
            f"{limits.side} a side; {_shrink(source.path, limits)}",
        )
    check_seconds(source.path, source.declared_seconds, limits)


def check_seconds(path: Path, seconds: float, limits: Limits) -> None:
    """Raise `TooLargeMediaError` if `seconds` of picture or sound are too long for a clip."""
    if seconds > limits.seconds:
        raise TooLargeMediaError(
            path,
            f"it lasts {seconds:.0f} s, longer than the {limits.seconds:.0f} s that a clip may; "
            f"{_shrink(path, limits)}",
        )


def _shrink(path: Path, limits: Limits) -> str:
    name = shlex.quote(str(path))
    return (
        f"remove it from the dataset, or cut and shrink it: `ffmpeg -i {name} -t "
        f"{limits.seconds:.0f} -vf scale=-2:720 smaller.mp4`"
    )


def _declared_seconds(container: InputContainer) -> float:
    return max((container.duration or 0) / av.time_base, 0.0)
