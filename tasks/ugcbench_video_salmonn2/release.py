"""How does the public file of the event test set become clips with gold?

    video_salmonn2_test.json   a list of videos, each an object with `video` (a path such as
                               "0.mp4"), `events` (a list of sentences) and `conversations`, whose
                               first `value` is the prompt for the caption, with a line "<image>"

These fields are those that the official eval.py and public scripts for inference read.
Source: the data set's card and eval.py, https://github.com/bytedance/video-SALMONN-2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from ugcbench.complaints import describe
from ugcbench.errors import DatasetError
from ugcbench.paths import Enclosure, check_file_name
from ugcbench.types import Clip, Gold

EVENTS = "video_salmonn2_test.json"
GOLD = "events"
PLACEHOLDER = "<image>"


class Release:
    """The videos of `path`, a folder that holds `video_salmonn2_test.json`, or such a file.

    A clip is called as its file, less the ending; its gold is the list of events, and the file's
    own prompt the gold's question. `videos` is the folder to which the paths in the file are
    relative, if it isn't the file's own. `revision` is the first 12 hex digits of the file's
    SHA-256. Raises `DatasetError` if there is no such file, and while iterating if it is wrong.
    """

    name = "video-salmonn2"

    def __init__(self, path: str | Path | None = None, *, videos: str | Path | None = None) -> None:
        if path is None:
            raise DatasetError(
                "where are the files of the event test set? add --dataset DIR, which holds "
                f"{EVENTS} and the videos"
            )
        source = Path(path)
        self._file = source / EVENTS if source.is_dir() else source
        if not self._file.is_file():
            raise DatasetError(f"{self._file}: no such file")
        self.videos = Path(videos) if videos is not None else self._file.parent

    def __iter__(self) -> Iterator[Clip]:
        enclosure = Enclosure(self.videos.resolve())
        seen: set[str] = set()
        for number, value in enumerate(self._list()):
            place = f"{self._file}: [{number}]"
            try:
                row = _Row.model_validate(value)
            except ValidationError as error:
                raise DatasetError(f"{place} {describe(error)}") from None
            clip = _clip(place, row, enclosure)
            if clip.id in seen:
                raise DatasetError(f"{place}: the video {clip.id!r} stands there twice")
            seen.add(clip.id)
            yield clip

    @cached_property
    def revision(self) -> str:
        """The content hash of the file."""
        return hashlib.sha256(self._raw).hexdigest()[:12]

    @cached_property
    def _raw(self) -> bytes:
        try:
            return self._file.read_bytes()
        except OSError as error:
            raise DatasetError(f"{self._file}: can't be read: {error.strerror}") from None

    def _list(self) -> Sequence[object]:
        try:
            found = from_json(self._raw.removeprefix(b"\xef\xbb\xbf"))
        except ValueError as error:
            raise DatasetError(f"{self._file}: Invalid JSON: {error}") from None
        if not isinstance(found, list) or not found:
            raise DatasetError(f"{self._file}: must be a list of videos that isn't empty")
        return found


def _clip(place: str, row: _Row, enclosure: Enclosure) -> Clip:
    media = enclosure.find(row.video)
    if media is None:
        raise DatasetError(
            f"{place}: video {row.video!r} leads out of the folder of the videos; name the folder "
            "that it is relative to with the option videos=DIR"
        )
    gold = Gold(answer=row.events, question=row.question)
    return Clip(id=PurePosixPath(row.video).stem, media=media, gold={GOLD: gold})


class _Turn(BaseModel):
    model_config = ConfigDict(frozen=True)

    value: str = ""


class _Row(BaseModel):
    """One video; what else an object holds is of no concern."""

    model_config = ConfigDict(frozen=True)

    video: Annotated[str, AfterValidator(lambda path: _check_path(path))]
    events: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)
    conversations: tuple[_Turn, ...] = ()

    @property
    def question(self) -> str | None:
        """The prompt for the caption, without the place of the clip."""
        first = self.conversations[0].value if self.conversations else ""
        return first.replace(PLACEHOLDER, "").strip() or None


def _check_path(path: str) -> str:
    check_file_name(PurePosixPath(path).stem)
    return path
