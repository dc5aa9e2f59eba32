"""How does a user's own table of clips become a dataset?

One JSON object per clip: `id`, `media` (the path of the clip, relative to the table's folder) and
the gold of any of the tasks, as a text, or with options and a question of its own. Three lines of a
JSON Lines file (`.jsonl`):

    {"id": "a", "media": "clips/a.mp4", "tone": "Positive", "ocr": ["DAY ONE", "New city"]}
    {"id": "b", "media": "clips/b.mp4", "final_caption": "A cat sleeps on a red sofa while ..."}
    {"id": "c", "media": "c.mp4", "bgm": {"answer": "Yes", "question": "Does music play?"}}

A `.json` file holds the same objects as one list. The gold keys are those of
`ugcbench_tasks.gold.KEYS`; each may be absent from any row. JSON Lines are read as they are needed,
so a table may be of any length.
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
from pydantic_core import from_json

from ugcbench.errors import DatasetError
from ugcbench.store import OffsetIndex
from ugcbench.types import Clip, Gold
from ugcbench_tasks.complaints import describe
from ugcbench_tasks.gold import CHOICES, KEYS, find_choice
from ugcbench_tasks.paths import check_file_name, find_below


class Table:
    """The clips of the `.jsonl` or `.json` file `path`, in its order.

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
        self._folder = (self._path.parent if videos is None else Path(videos)).resolve()
        self.name = name or self._path.stem

    def __iter__(self) -> Iterator[Clip]:
        rows = _read_list if self._path.suffix.lower() == ".json" else _read_lines
        seen = OffsetIndex()  # 16 bytes an id, however long the table
        count = 0
        for count, (place, value) in enumerate(rows(self._path), start=1):
            clip = self._build_clip(place, value)
            earlier = seen.find(clip.id)
            if earlier is not None:
                raise DatasetError(f"{place}: id {clip.id!r} stands in row {earlier} already")
            seen.add(clip.id, count)
            yield clip
        if not count:
            raise DatasetError(f"{self._path}: holds no rows")

    @cached_property
    def revision(self) -> str:
        """The content hash of the table."""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:12]

    def _build_clip(self, place: str, value: object) -> Clip:
        try:
            row = _Row.model_validate(value)
        except ValidationError as error:
            raise DatasetError(f"{place}: {describe(error, _Row.model_fields)}") from None
        gold = {key: entry for key in KEYS if (entry := getattr(row, key)) is not None}
        return Clip(id=row.id, media=self._find_media(place, row.media), gold=gold)

    def _find_media(self, place: str, media: str | None) -> str | None:
        if media is None:
            return None
        found = find_below(self._folder, media)
        if found is None:
            raise DatasetError(
                f"{place}: media {media!r} is no path inside {self._folder}; write it relative to "
                f"that folder, or name the clips' own folder with the option videos=DIR"
            )
        return str(found)


def _read_lines(path: Path) -> Iterator[tuple[str, object]]:
    """Yield place and value of every line of a JSON Lines file that isn't blank."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield f"{path}:{number}", _parse(line, f"{path}:{number}")


def _read_list(path: Path) -> Iterator[tuple[str, object]]:
    """Yield place and value of every row of a JSON file that is one list."""
    rows = _parse(path.read_bytes(), str(path))
    if not isinstance(rows, list):
        raise DatasetError(
            f"{path}: must be a list of rows; one row per line goes into a .jsonl file"
        )
    for number, row in enumerate(rows, start=1):
        yield f"{path}: row {number}", row


def _parse(text: bytes, place: str) -> object:
    try:
        value: object = from_json(text.removeprefix(b"\xef\xbb\xbf"))  # some editors write a BOM
        return value
    except ValueError as error:
        reason = str(error).replace("at line 1 column", "at column")
        raise DatasetError(f"{place}: not JSON: {reason}") from None


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
