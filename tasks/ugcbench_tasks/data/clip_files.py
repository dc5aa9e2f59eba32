"""Are the clips of a dataset there, do they open, do they have sound?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from ugcbench.errors import MediaError
from ugcbench.media import probe
from ugcbench.types import Clip


@dataclass(frozen=True)
class ClipFile:
    """What the headers of one clip's file say.

    `problem` is None if it opens; otherwise the `kind` of a `MediaError`, or `no_media` if the
    dataset names no file. `seconds` is 0.0 where no header says.
    """

    id: str
    path: str | None
    problem: str | None = None
    message: str | None = None
    seconds: float | None = None
    sound: bool | None = None
    width: int | None = None
    height: int | None = None
    bytes: int | None = None


def look_at(clips: Iterable[Clip]) -> Iterator[ClipFile]:
    """Open the file of each clip and read its headers; nothing is decoded."""
    for clip in clips:
        if clip.media is None:
            yield ClipFile(clip.id, None, "no_media", "the dataset names no file")
            continue
        try:
            found = probe(clip.media)
        except MediaError as error:
            yield ClipFile(clip.id, clip.media, error.kind, str(error))
            continue
        yield ClipFile(
            id=clip.id,
            path=clip.media,
            seconds=round(found.duration, 3),
            sound=found.has_audio,
            width=found.width,
            height=found.height,
            bytes=found.file_bytes,
        )


def summarize(files: Sequence[ClipFile]) -> Mapping[str, Any]:
    """Counts and durations over all clips, and every clip by itself; ready for JSON."""
    good = [file for file in files if file.problem is None]
    seconds = [file.seconds for file in good if file.seconds]
    problems = Counter(file.problem for file in files if file.problem)
    return {
        "clips": len(files),
        "present": sum(file.problem not in ("no_media", "media_missing") for file in files),
        "open": len(good),
        "with_sound": sum(bool(file.sound) for file in good),
        "seconds": {"least": min(seconds), "mean": round(fmean(seconds), 3), "most": max(seconds)}
        if seconds
        else None,
        "without_duration": sum(not file.seconds for file in good),
        "bytes": sum(file.bytes or 0 for file in good),
        "problems": dict(problems.most_common()),
        "files": [asdict(file) for file in files],
    }
