"""How does a plain table become annotations?

A CSV file, or a JSON Lines file of flat objects, with a row for each clip. Columns:

    id                    the clip's id (required)
    media                 its path in the folder of the clips; by default <id>.mp4
    sha256, url           of the clip
    annotator, model, at  who says it: a person; a model, whose values are drafts; or both, if the
                          person edited what the model drafted
    audio.tone, ...       any field, written as `cells` explains; blank where nothing is said
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ugcbench.complaints import describe, suggest
from ugcbench.errors import DatasetError
from ugcbench_curate.annotating.rows import Row
from ugcbench_curate.annotations import Provenance
from ugcbench_curate.fields import FIELDS, GROUPS

ABOUT = ("id", "media", "sha256", "url", "annotator", "model", "at")
COLUMNS = (*ABOUT, *FIELDS)


def read_table(path: Path, annotator: str | None) -> Iterator[Row | str]:
    """The rows of a table, and a text for each that can't be read.

    `annotator` is who says what stands in rows that name nobody. Raises `DatasetError` for a CSV
    file with a column that is none.
    """
    for place, values in _read_csv(path) if path.suffix == ".csv" else _read_lines(path):
        yield values if isinstance(values, str) else _read_row(place, values, annotator)


def _read_csv(path: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    # The module csv counts lines within cells as well, as an editor does.
    reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
    if unknown := _find_unknown(reader.fieldnames or ()):
        raise DatasetError(f"{path}: {unknown}")
    for values in reader:
        place = f"{path}:{reader.line_num}"
        if None in values:
            yield place, f"{place}: has more cells than the table has columns"
        else:
            yield place, {name: cell for name, cell in values.items() if cell and cell.strip()}


def _read_lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    lines = path.read_text("utf-8-sig").split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            values = json.loads(line)
        except ValueError as error:
            yield place, f"{place}: not JSON: {error}"
            continue
        if isinstance(values, dict):
            yield place, {name: value for name, value in values.items() if value is not None}
        else:
            yield place, f"{place}: must be an object with the columns of a table"


def _read_row(place: str, values: Mapping[str, Any], annotator: str | None) -> Row | str:
    if unknown := _find_unknown(values):
        return f"{place}: {unknown}"
    if not values.get("id"):
        return f"{place}: has no id"
    try:
        said_by = _find_provenance(values, annotator)
    except ValidationError as error:
        return f"{place}: {describe(error)}; fill in the column, or add --annotator ID"
    return Row(
        place,
        id=str(values["id"]),
        media=str(values.get("media") or f"{values['id']}.mp4"),
        sha256=values.get("sha256"),
        url=values.get("url"),
        cells={path: (values[path], said_by) for path in FIELDS if path in values},
    )


def _find_unknown(names: Iterable[str]) -> str | None:
    """What is wrong with the first column that is none, if any is."""
    unknown = next((name for name in names if name not in COLUMNS), None)
    return None if unknown is None else f"unknown column {unknown!r}{suggest(unknown, COLUMNS)}"


def _find_provenance(values: Mapping[str, Any], annotator: str | None) -> Provenance:
    person, model = values.get("annotator"), values.get("model")
    source = "edited" if person and model else "model" if model else "human"
    return Provenance.model_validate(
        {
            "source": source,
            "model": model,
            "annotator": person if person or model else annotator,
            "at": values.get("at"),
        }
    )


def has_columns(names: Iterable[str]) -> bool:
    """Whether these are columns of such a table, and not the keys of a dataset's gold."""
    return any(name.partition(".")[0] in GROUPS and "." in name for name in names)
