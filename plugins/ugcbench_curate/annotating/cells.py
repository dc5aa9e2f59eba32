"""How does what a person typed become the value of a field?

    number    2                          flag     yes / no / true / false
    choice    one label, in any case     text     as it stands
    list      one entry a line           texts    one text a line, its seconds before a bar if
    objects   one object a line, as                known: `0.5-4 | TOMATO SOUP`
              `pot (count: 1, color: red, position: on the left)`

`none` alone means that there are none. A cell in JSON is taken as the value itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from ugcbench.complaints import describe
from ugcbench_curate.annotations import Provenance
from ugcbench_curate.fields import AnnotationField, AnySaid, Kind
from ugcbench_curate.object_lists import read_objects

NONE = frozenset({"none", "no objects", "no text"})
FLAGS: Mapping[str, bool] = {
    "yes": True,
    "true": True,
    "1": True,
    "present": True,
    "no": False,
    "false": False,
    "0": False,
    "absent": False,
}
_TIMED = re.compile(r"^\s*(?P<start>\d+(?:\.\d+)?)\s*-\s*(?P<end>\d+(?:\.\d+)?)\s*\|(?P<text>.*)")


def read_cell(field: AnnotationField, cell: object, provenance: Provenance) -> AnySaid | None:
    """What a cell says about a field, or None if it is blank; raises `ValueError` in one line."""
    value = _read_text(field, cell.strip()) if isinstance(cell, str) else cell
    if value is None:
        return None
    try:
        return field.say(value, provenance)
    except ValidationError as error:
        raise ValueError(describe(error, place=field.path).replace(".value", "", 1)) from None


def _read_text(field: AnnotationField, text: str) -> object:
    if not text:
        return None
    if text[0] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            pass  # a text may begin with a bracket
    if text.casefold() in NONE:
        return EMPTY.get(field.kind, "" if field.path == "visual.background_changes" else text)
    try:
        return READERS[field.kind](text)
    except ValueError as error:
        raise ValueError(f"{field.path}: {error}") from None


def _read_number(text: str) -> object:
    return int(float(text)) if re.fullmatch(r"\d+\.0*", text) else text


def _read_flag(text: str) -> object:
    return FLAGS.get(text.casefold(), text)


def _read_lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _read_texts(text: str) -> tuple[Mapping[str, Any], ...]:
    matches = ((line, _TIMED.match(line)) for line in _read_lines(text))
    return tuple(m.groupdict() if m else {"text": line} for line, m in matches)


READERS: Mapping[Kind, Callable[[str], object]] = {
    "number": _read_number,
    "flag": _read_flag,
    "choice": str,
    "text": str,
    "list": _read_lines,
    "texts": _read_texts,
    "objects": read_objects,
}
EMPTY: Mapping[Kind, object] = {"list": (), "texts": (), "objects": ()}
