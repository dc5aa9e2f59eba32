"""What does one gold file of the official layout hold, and what in it is wrong?

A QA file is one JSON object, the file of on-screen text has one JSON object a line; see
`ugcbench_tasks.layout`. Whatever is whole is read, however broken the rest is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import from_json

from ugcbench.complaints import describe
from ugcbench.errors import DatasetError
from ugcbench.gold.choices import find_choice
from ugcbench.paths import check_file_name
from ugcbench.types import Gold


class Entry(NamedTuple):
    """The gold of one video, and where the file says that the video lies."""

    video_id: str
    path: str | None
    gold: Gold


@dataclass(frozen=True)
class GoldFile:
    """What was read of a gold file.

    `promised` is the number of samples that the file itself claims to hold, if it does.
    """

    key: str
    path: Path
    entries: tuple[Entry, ...]
    errors: tuple[DatasetError, ...]
    promised: int | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over ids, answers and options, whatever their order and how they are written."""
        rows = sorted(
            json.dumps([entry.video_id, entry.gold.answer, entry.gold.choices])
            for entry in self.entries
        )
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def read_gold_file(key: str, path: Path) -> GoldFile:
    """Read the gold file of `key` as far as it can be read."""
    try:
        raw = read_bytes(path)
    except DatasetError as error:
        return GoldFile(key, path, (), (error,))
    if key == "ocr":
        return _collect(key, path, (_read_line(path, n, t) for n, t in _lines(raw)))
    return _read_questions(key, path, raw)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file less a byte-order mark; raises `DatasetError`."""
    try:
        return path.read_bytes().removeprefix(b"\xef\xbb\xbf")  # some editors write one
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror}") from None


def _read_questions(key: str, path: Path, raw: bytes) -> GoldFile:
    broken: list[DatasetError] = []
    try:
        document = from_json(raw)
    except ValueError as error:
        document, rest = _read_partial(raw)
        broken.append(DatasetError(f"{path}: Invalid JSON: {error}{rest}"))
    try:
        if not isinstance(document, dict):
            raise DatasetError(f"{path}: Input should be an object with the key 'samples'")
        questions = _Questions.model_validate(document)
    except ValidationError as error:
        return GoldFile(key, path, (), (*broken, DatasetError(f"{path}: {describe(error)}")))
    except DatasetError as error:
        return GoldFile(key, path, (), (*broken, error))
    read = _collect(
        key,
        path,
        (_read_sample(path, n, s, questions.question) for n, s in enumerate(questions.samples)),
    )
    errors = (*broken, *read.errors)
    return GoldFile(key, path, read.entries, errors, questions.valid_count)


def _read_partial(raw: bytes) -> tuple[object, str]:
    """What stands before the place where JSON breaks off, and that in words."""
    try:
        document = from_json(raw, allow_partial=True)
    except ValueError:
        return {"samples": []}, ""
    if not isinstance(document, dict) or not isinstance(document.get("samples"), list):
        return {"samples": []}, ""
    whole = [sample for sample in document["samples"] if _is_whole(sample)]
    return {**document, "samples": whole}, f"; {len(whole)} samples before that place are whole"


def _is_whole(sample: object) -> bool:
    try:
        _Sample.model_validate(sample)
    except ValidationError:
        return False
    return True


def _collect(key: str, path: Path, parts: Iterable[Entry | DatasetError]) -> GoldFile:
    """The entries by video, each video once."""
    entries: dict[str, Entry] = {}
    errors: list[DatasetError] = []
    for part in parts:
        if isinstance(part, DatasetError):
            errors.append(part)
        elif part.video_id in entries:
            errors.append(DatasetError(f"{path}: video_id {part.video_id!r} stands there twice"))
        else:
            entries[part.video_id] = part
    return GoldFile(key, path, tuple(entries.values()), tuple(errors))


def _read_sample(
    path: Path, index: int, value: object, question: str | None
) -> Entry | DatasetError:
    try:
        sample = _Sample.model_validate(value)
    except ValidationError as error:
        return DatasetError(f"{path}: {describe(error, place=f'samples[{index}]')}")
    gold = Gold(answer=sample.answer, choices=sample.options, question=question or None)
    return Entry(sample.video_id, sample.path, gold)


def _lines(raw: bytes) -> Iterable[tuple[int, bytes]]:
    return ((n, text) for n, text in enumerate(raw.splitlines(), start=1) if text.strip())


def _read_line(path: Path, number: int, text: bytes) -> Entry | DatasetError:
    try:
        line = _Line.model_validate_json(text)
    except ValidationError as error:
        return DatasetError(f"{path}:{number}: {describe(error)}")
    return Entry(line.video_id, None, Gold(answer=line.ocr))


class _Sample(BaseModel):
    """One entry of a QA file; what else it holds is of no concern."""

    model_config = ConfigDict(frozen=True)

    video_id: Annotated[str, AfterValidator(check_file_name)]
    path: str | None = None
    answer: str = Field(min_length=1)
    options: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _answer_is_an_option(self) -> _Sample:
        if self.options and find_choice(self.answer, self.options) is None:
            raise ValueError(f"answer {self.answer!r} is none of {', '.join(self.options)}")
        return self


class _Questions(BaseModel):
    """One QA file, its samples not yet looked at."""

    model_config = ConfigDict(frozen=True)

    question: str | None = None
    valid_count: int | None = None
    samples: tuple[object, ...]


class _Line(BaseModel):
    """One line of the file of on-screen text."""

    model_config = ConfigDict(frozen=True)

    video_id: Annotated[str, AfterValidator(check_file_name)]
    ocr: tuple[str, ...]
