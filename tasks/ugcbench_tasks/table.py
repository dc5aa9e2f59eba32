"""How does a user's own table of clips become a dataset?

One JSON object per clip: `id`, `media` (the path of the clip, relative to the table's folder) and
the gold of any of the tasks, as a text, or with options and a question of its own. Three lines of a
JSON Lines file (`.jsonl`):

    {"id": "a", "media": "clips/a.mp4", "tone": "Positive", "ocr": ["DAY ONE", "New city"]}
    {"id": "b", "media": "clips/b.mp4", "final_caption": "A cat sleeps on a red sofa while ..."}
    {"id": "c", "media": "c.mp4", "bgm": {"answer": "Yes", "question": "Does music play?"}}

A `.json` file holds the same objects as one list, a `.parquet` file as rows, in which a null is a
key that isn't there. The gold keys are those of `ugcbench_tasks.gold.KEYS`; each may be absent from
any row. JSON Lines and parquet are read as they are needed, so a table may be of any length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from ugcbench.complaints import describe
from ugcbench.errors import DatasetError
from ugcbench.gold.choices import find_choice
from ugcbench.offsets import OffsetIndex
from ugcbench.paths import Enclosure, check_file_name
from ugcbench.types import Clip, Gold
from ugcbench_tasks.gold import CHOICES, KEYS
from ugcbench_tasks.rows import read_rows
from ugcbench_tasks.salvage import Salvage, sort_out


class Table:
    """The clips of the `.jsonl`, `.json` or `.parquet` file `path`, in its order.

    Media paths are relative to `videos` if given, else to the folder of `path`, and must not leave
    it. `revision` is the first 12 hex digits of the file's SHA-256. Raises `DatasetError` if the
    file is missing, and while iterating, with the line, if a row is wrong, repeated, or there is
    none.
    """

    def __init__(
        self, path: str | Path, *, videos: str | Path | None = None, name: str | None = None
    ) -> None:
        self._path = Path(path)
        if not self._path.is_file():
            raise DatasetError(f"{self._path}: no such file")
        self.videos = (self._path.parent if videos is None else Path(videos)).resolve()
        self.name = name or self._path.stem

    def __iter__(self) -> Iterator[Clip]:
        for part in self._read():
            if isinstance(part, DatasetError):
                raise part
            yield part

    def salvage(self) -> Salvage:
        """Every clip whose row can be read, and an error for every other row."""
        return sort_out(self._read())

    @property
    def _unit(self) -> str:
        return "line" if self._path.suffix.lower() == ".jsonl" else "row"

    def _read(self) -> Iterator[Clip | DatasetError]:
        seen = OffsetIndex()  # 16 bytes an id, however long the table
        enclosure = Enclosure(self.videos)
        place = None
        for number, place, value in read_rows(self._path):
            clip = self._build_clip(place, value, enclosure)
            earlier = None if isinstance(clip, DatasetError) else seen.find(clip.id)
            if isinstance(clip, DatasetError):
                yield clip
            elif earlier is not None:
                yield DatasetError(
                    f"{place}: id {clip.id!r} stands in {self._unit} {earlier} already"
                )
            else:
                seen.add(clip.id, number)
                yield clip
        if place is None:
            yield DatasetError(f"{self._path}: holds no rows")

    @cached_property
    def revision(self) -> str:
        """The content hash of the table."""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:12]

    def _build_clip(self, place: str, value: object, enclosure: Enclosure) -> Clip | DatasetError:
        if isinstance(value, DatasetError):
            return value
        try:
            row = _Row.model_validate(value)
        except ValidationError as error:
            return DatasetError(f"{place}: {describe(error, _Row.model_fields)}")
        media = None if row.media is None else enclosure.find(row.media)
        if row.media is not None and media is None:
            return DatasetError(
                f"{place}: media {row.media!r} is no path inside {self.videos}; write it relative "
                "to that folder, or name the clips' own folder with the option videos=DIR"
            )
        entries = vars(row)
        gold = {key: entry for key in KEYS if (entry := entries[key]) is not None}
        return Clip(id=row.id, media=media, gold=gold, meta={})


def _read_entry(value: object) -> object:
    """Let a gold be written as its bare answer."""
    if isinstance(value, str | list | tuple):
        return {"answer": value}
    if isinstance(value, dict | None):
        return value
    raise ValueError('must be a text, a list of texts, or {"answer", "choices", "question"}')


_Entry = Annotated[Gold | None, BeforeValidator(_read_entry)]


class _Row(BaseModel):
    """One row; its fields are all the keys that a row may have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, AfterValidator(check_file_name)]
    media: str | None = None
    final_caption: _Entry = None
    audio_caption: _Entry = None
    visual_caption: _Entry = None
    voice_source: _Entry = None
    tone: _Entry = None
    bgm: _Entry = None
    objects: _Entry = None
    background: _Entry = None
    ocr: _Entry = None

    @field_validator("ocr")
    @classmethod
    def _hold_lines(cls, entry: Gold | None) -> Gold | None:
        if entry is None or isinstance(entry.answer, tuple):
            return entry
        return entry.model_copy(update={"answer": (entry.answer,)})

    @field_validator(*(key for key in KEYS if key != "ocr"))
    @classmethod
    def _hold_one_text(cls, entry: Gold | None) -> Gold | None:
        if entry is not None and not (isinstance(entry.answer, str) and entry.answer.strip()):
            raise ValueError("the answer must be one text that isn't blank")
        return entry

    @field_validator(*CHOICES)
    @classmethod
    def _hold_an_option(cls, entry: Gold | None, info: ValidationInfo) -> Gold | None:
        if entry is None:
            return None
        choices = entry.choices or CHOICES[str(info.field_name)]
        if find_choice(str(entry.answer), choices) is None:
            raise ValueError(f"answer {entry.answer!r} is none of {', '.join(choices)}")
        return entry.model_copy(update={"choices": choices})
