"""How are files of rows read and written?

Read are the package's own rows and the official `sft_1k.jsonl` and `grpo_1k.jsonl`; which of them a
line is, its keys tell.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pydantic import ValidationError
from pydantic_core import from_json

from ugcbench.complaints import describe
from ugcbench.errors import DatasetError, UsageError
from ugcbench.protocol import digest
from ugcbench.store import replace_text
from ugcbench_train.data.clip_paths import ClipPaths
from ugcbench_train.data.official import (
    OfficialRow,
    from_official,
    is_official,
    to_official,
)
from ugcbench_train.rows import NOT_BLANK, Row

Format = Literal["ugcbench", "official-sft", "official-grpo"]
FORMATS: tuple[Format, ...] = get_args(Format)
SHOWN = 5
"""How many complaints an error names."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a line of a file, the first being line 1."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a file holds.

    `rows` in the order of the file, `video` an absolute path. `complaints` are the lines that are
    no rows, `missing` those rows whose clip was not found; they are among `rows` nevertheless, with
    the path as it stands in the file.
    """

    path: Path
    rows: tuple[Row, ...]
    complaints: tuple[Complaint, ...] = ()
    missing: tuple[Complaint, ...] = ()


def read_rows(
    path: str | Path, media: str | Path | None = None, *, max_skipped: float = 0.0
) -> Rows:
    """Read a file of rows; clips are looked for beside it and in the folder `media`.

    Raises `DatasetError` that names the bad lines if they are more than the share `max_skipped` of
    all, and if the file can't be read, holds no row, or `media` is no folder.
    """
    file = Path(path)
    finder = ClipPaths(file.absolute().parent, _folder(media))
    rows: list[Row] = []
    complaints: list[Complaint] = []
    missing: list[Complaint] = []
    seen: dict[str, tuple[int, str]] = {}
    for number, line in _read_lines(file):
        try:
            row = _parse(line, number, seen)
        except ValueError as error:
            complaints.append(Complaint(file, number, _explain(error)))
            continue
        found = finder.find(row.video)
        if found is None:
            missing.append(Complaint(file, number, _explain_missing(row, finder)))
        rows.append(row if found is None else row.model_copy(update={"video": str(found)}))
    if len(complaints) > max_skipped * (len(rows) + len(complaints)):
        raise DatasetError(list_complaints(complaints))
    if not rows:
        raise DatasetError(f"{file}: holds no row; write one JSON object a line")
    return Rows(file, tuple(rows), tuple(complaints), tuple(missing))


def write_rows(rows: Iterable[Row], path: str | Path, format: Format = "ugcbench") -> None:  # noqa: A002
    """Write a file of rows, replacing it at once; clips below its folder get relative paths.

    Raises `UsageError` for an unknown format, and for a row without a caption if the format needs
    one.
    """
    if format not in FORMATS:
        raise UsageError(f"there is no format {format!r}; the formats are: {', '.join(FORMATS)}")
    file = Path(path)
    folder = file.absolute().parent
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(file, "".join(f"{_line(row, folder, format)}\n" for row in rows))


def list_complaints(complaints: Sequence[Complaint]) -> str:
    """The first complaints and how many more there are, as the text of an error."""
    more = len(complaints) - SHOWN
    tail = [f"... and {more} more"] if more > 0 else []
    return "\n  ".join([*map(str, complaints[:SHOWN]), *tail])


def _folder(media: str | Path | None) -> Path | None:
    if media is None:
        return None
    if not Path(media).is_dir():
        raise DatasetError(f"{media}: no such folder of clips")
    return Path(media).absolute()


def _read_lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Every line that isn't blank, with its number."""
    try:
        with file.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                text = line.removeprefix(b"\xef\xbb\xbf").strip()  # some editors write a BOM
                if text:
                    yield number, text
    except OSError as error:
        raise DatasetError(f"{file}: can't be read: {error.strerror}") from error


def _parse(line: bytes, number: int, seen: dict[str, tuple[int, str]]) -> Row:
    """The row of a line; raises `ValueError`, of which pydantic's errors are one kind.

    `seen` has the lines and clips of earlier rows by their ids. Official lines have no id of their
    own: where clips of different folders share a name, a part of the path's digest is added.
    """
    try:
        value = from_json(line)
    except ValueError as error:
        reason = str(error).replace("at line 1 column", "at column")
        raise ValueError(f"not JSON: {reason}") from None
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object: one row a line")
    official = is_official(value)
    row = from_official(value) if official else Row.model_validate(value)
    if official and row.id in seen and seen[row.id][1] != row.video:
        row = row.model_copy(update={"id": f"{row.id}-{digest(row.video, 8)}"})
    first, _ = seen.setdefault(row.id, (number, row.video))
    if first != number:
        raise ValueError(f"the id {row.id!r} stands in line {first} already")
    return row


def _explain(error: ValueError) -> str:
    """What is wrong, in one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    if first["type"] == "string_pattern_mismatch" and first["ctx"]["pattern"] == NOT_BLANK:
        return f"{'.'.join(map(str, first['loc']))}: is blank"
    official = error.title == OfficialRow.__name__
    return describe(error, OfficialRow.model_fields if official else Row.model_fields)


def _explain_missing(row: Row, finder: ClipPaths) -> str:
    places = ", ".join(map(str, finder.candidates(row.video)))
    return f"the clip of {row.id!r} was not found at {places}"


def _line(row: Row, folder: Path, style: Format) -> str:
    video = Path(row.video)
    if video.is_relative_to(folder):
        row = row.model_copy(update={"video": video.relative_to(folder).as_posix()})
    if style == "ugcbench":
        return row.model_dump_json(exclude_defaults=True)
    return json.dumps(to_official(row, style), ensure_ascii=False)
