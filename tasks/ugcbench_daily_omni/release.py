"""How do the public files of Daily-Omni become clips with gold?

    qa.json                                a list of questions, each an object with `video_id`,
                                           `Question`, `Choice` (["A. ...", "B. ...", ...]),
                                           `Answer` (a letter), `Type`, `video_duration` ("30s")
    Videos/<video_id>/<video_id>_video.mp4

These fields and paths are those that the official evaluation scripts read; further ones
(`video_category`, `content_parent_category`, `content_fine_category`, `Explaination`) are of no
concern here.
Source: https://github.com/Lliar-liar/Daily-Omni (README.md, test_model/Qwen2.5-Omni/testmodel.py).
"""

from __future__ import annotations

import hashlib
import re
import string
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import from_json

from ugcbench.complaints import describe
from ugcbench.errors import DatasetError
from ugcbench.paths import Enclosure, check_file_name
from ugcbench.types import Clip, Gold

QUESTIONS = "qa.json"
GOLD = "daily_omni"
LETTERS = string.ascii_uppercase


class Release:
    """The questions of `path`, a folder that holds `qa.json`, or such a file, in their order.

    Each question is a clip of its own, called `<video_id>-q<n>` for the n-th about a video; its
    `meta` holds `video`, `type` and `duration`. `videos` is the folder of the videos if it isn't
    `Videos` beside the questions. `revision` is the first 12 hex digits of the file's SHA-256.
    Raises `DatasetError` if there is no such file, and while iterating if it is wrong.
    """

    name = "daily-omni"

    def __init__(self, path: str | Path | None = None, *, videos: str | Path | None = None) -> None:
        if path is None:
            raise DatasetError(
                f"where are the files of Daily-Omni? add --dataset DIR, which holds {QUESTIONS} "
                "and Videos/"
            )
        source = Path(path)
        self._file = source / QUESTIONS if source.is_dir() else source
        if not self._file.is_file():
            raise DatasetError(f"{self._file}: no such file")
        self.videos = Path(videos) if videos is not None else self._file.parent / "Videos"

    def __iter__(self) -> Iterator[Clip]:
        enclosure = Enclosure(self.videos.resolve())
        asked: Counter[str] = Counter()
        for place, row in self._rows():
            asked[row.video_id] += 1
            yield _clip(place, row, asked[row.video_id], enclosure)

    @cached_property
    def revision(self) -> str:
        """The content hash of the questions."""
        return hashlib.sha256(self._raw).hexdigest()[:12]

    @cached_property
    def _raw(self) -> bytes:
        try:
            return self._file.read_bytes()
        except OSError as error:
            raise DatasetError(f"{self._file}: can't be read: {error.strerror}") from None

    def _rows(self) -> Iterator[tuple[str, _Row]]:
        for number, value in enumerate(self._list()):
            place = f"{self._file}: [{number}]"
            try:
                yield place, _Row.model_validate(value)
            except ValidationError as error:
                raise DatasetError(f"{place} {describe(error)}") from None

    def _list(self) -> Sequence[object]:
        try:
            found = from_json(self._raw.removeprefix(b"\xef\xbb\xbf"))
        except ValueError as error:
            raise DatasetError(f"{self._file}: Invalid JSON: {error}") from None
        if not isinstance(found, list) or not found:
            raise DatasetError(f"{self._file}: must be a list of questions that isn't empty")
        return found


def _clip(place: str, row: _Row, number: int, enclosure: Enclosure) -> Clip:
    relative = f"{row.video_id}/{row.video_id}_video.mp4"
    media = enclosure.find(relative)
    if media is None:
        raise DatasetError(
            f"{place}: {relative} leads out of the folder of the videos by a link; put the clips "
            "there, or name their own folder with the option videos=DIR"
        )
    choices = row.choices
    gold = Gold(answer=choices[LETTERS.index(row.Answer)], choices=choices, question=row.Question)
    about = {"video": row.video_id, "type": row.Type, "duration": row.video_duration}
    return Clip(id=f"{row.video_id}-q{number}", media=media, gold={GOLD: gold}, meta=about)


class _Row(BaseModel):
    """One question; the names of the fields are those of the file."""

    model_config = ConfigDict(frozen=True)

    video_id: Annotated[str, AfterValidator(check_file_name)]
    Question: str = Field(min_length=1)
    Choice: tuple[str, ...] = Field(min_length=2, max_length=len(LETTERS))
    Answer: Annotated[str, AfterValidator(lambda letter: letter.strip().upper())]
    Type: str
    video_duration: str

    @model_validator(mode="after")
    def _answer_is_a_choice(self) -> _Row:
        if self.Answer not in tuple(LETTERS[: len(self.Choice)]):
            raise ValueError(f"Answer {self.Answer!r} is no letter of the {len(self.Choice)}")
        return self

    @property
    def choices(self) -> tuple[str, ...]:
        """The choices, each under its letter, whether the file wrote that or not."""
        return tuple(
            f"{letter}. {re.sub(rf'^{letter}[.):] *', '', text.strip())}"
            for letter, text in zip(LETTERS, self.Choice, strict=False)
        )
