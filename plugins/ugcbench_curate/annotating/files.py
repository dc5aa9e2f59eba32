"""How do annotations lie on the disk?

One annotation a line, in JSON; what nobody has said anything about is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from ugcbench.complaints import describe
from ugcbench.errors import DatasetError
from ugcbench.store import replace_text
from ugcbench_curate.annotations import VERSION, Annotation
from ugcbench_curate.fields import FIELDS

SCHEMA_ID = f"urn:ugcbench:annotation:{VERSION}"


def read_annotations(path: Path) -> tuple[Annotation, ...]:
    """The annotations of a file, in its order.

    Raises `DatasetError` that names file and line of what is wrong first, and how much more is.
    """
    found: dict[str, Annotation] = {}
    lines: dict[str, int] = {}
    problems: list[str] = []
    for number, raw in _read_lines(path):
        try:
            annotation = parse_annotation(raw)
            if annotation.id in lines:
                raise ValueError(f"id {annotation.id!r} stands in line {lines[annotation.id]} too")
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
            continue
        found[annotation.id], lines[annotation.id] = annotation, number
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise DatasetError(f"{problems[0]}{more}")
    if not found:
        raise DatasetError(f"{path}: holds no annotations")
    return tuple(found.values())


def parse_annotation(raw: str | bytes) -> Annotation:
    """One line of a file; raises `ValueError` in one line."""
    try:
        value = from_json(raw)
    except ValueError as error:
        reason = str(error).replace("at line 1 column", "at column")
        raise ValueError(f"not JSON: {reason}") from None
    _check_version(value)
    try:
        return Annotation.model_validate(value)
    except ValidationError as error:
        raise ValueError(describe(error, (*Annotation.model_fields, *FIELDS))) from None


def write_annotations(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write a file anew; a reader sees the old one or the new one and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, "".join(dump_annotation(annotation) + "\n" for annotation in annotations))


def dump_annotation(annotation: Annotation) -> str:
    """The one line that stands for an annotation in a file."""
    said = annotation.model_dump(mode="json", exclude_none=True)
    known = {key: value for key, value in said.items() if value != {}}
    return json.dumps(known, ensure_ascii=False)


def find_media(annotation: Annotation, folder: Path) -> Path:
    """Where the clip of an annotation lies, whose file is in `folder`."""
    return folder / annotation.media


def relocate(annotation: Annotation, folder: Path, to: Path) -> Annotation:
    """An annotation of a file in `folder` as it stands in one in `to`, with its clip's path from
    there; an absolute path stays.
    """
    if Path(annotation.media).is_absolute():
        return annotation
    media = os.path.relpath(find_media(annotation, folder.resolve()), to.resolve())
    return annotation.model_copy(update={"media": media})


def export_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one annotation."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID}
    return head | Annotation.model_json_schema()


def _read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that aren't blank, with their numbers."""
    try:
        raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")  # some editors write one
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror}") from None
    yield from ((n, line) for n, line in enumerate(raw.split(b"\n"), start=1) if line.strip())


def _check_version(value: object) -> None:
    """Refuse what another version of the schema wrote, instead of misunderstanding it."""
    version = value.get("version", VERSION) if isinstance(value, dict) else VERSION
    if version != VERSION:
        raise ValueError(
            f"written by version {version} of the schema, and this is version {VERSION}; "
            "use the version of ugcbench that wrote it, or a newer one"
        )
