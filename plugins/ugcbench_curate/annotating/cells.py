"""How does what a person typed become the value of a field?

    number    2                          flag     yes / no / true / false
    choice    one label, in any case     text     as it stands
    list      one entry a line           texts    one text a line, its seconds before a bar if
    objects   one object a line, as                known: `0.5-4 | TOMATO SOUP`
              `pot (count: 1, color: red, position: on the left)`

`none` alone means that there are none. In place of entries a line, a list may be in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from ugcbench.complaints import describe
from ugcbench_curate.annotations import OnScreenText, Provenance, SeenObject
from ugcbench_curate.fields import AnnotationField, AnySaid, Kind
from ugcbench_curate.object_lists import read_objects, write_objects

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


def write_cell(field: AnnotationField, said: AnySaid) -> str:
    """The cell in which a person would write a value; a list that can't be written so, in JSON."""
    text = _write_plain(said.value) or "none"
    try:
        if read_cell(field, text, said.provenance) == said:
            return text
    except ValueError:
        pass
    value = said.model_dump(mode="json")["value"]
    return json.dumps(value, ensure_ascii=False) if field.kind in EMPTY else text


def _write_plain(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, tuple):
        return "\n".join(map(_write_entry, value))
    return str(value)


def _write_entry(entry: str | OnScreenText | SeenObject) -> str:
    if isinstance(entry, SeenObject):
        return write_objects([entry])
    if isinstance(entry, OnScreenText):
        timed = entry.start is not None and entry.end is not None
        return f"{entry.start:g}-{entry.end:g} | {entry.text}" if timed else entry.text
    return entry


def _read_text(field: AnnotationField, text: str) -> object:
    if not text:
        return None
    if field.kind in EMPTY and text[0] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            pass  # an entry may begin with a bracket
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
