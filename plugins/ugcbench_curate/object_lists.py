"""How is a list of seen objects written as one text, as in the official release?

pot (count: 1, color: red, position: on the left); tomato (count: 3, color: red, position: ...)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ugcbench_curate.annotations import Count, SeenObject

UNCOUNTED = frozenset({"multiple", "multiples", "many", "several", "numerous", "various"})
"""Words that stand in place of a number and mean no particular one."""

_ATTRIBUTES = ("count", "color", "position")
_OPENING = re.compile(r"\(\s*(?=(?:count|colou?r|position)\s*:)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?:^|,)\s*(count|colou?r|position)\s*:", re.IGNORECASE)


def write_objects(objects: Iterable[SeenObject]) -> str:
    """The text of a list of objects; what isn't known of an object is left out."""
    return "; ".join(map(_write, objects))


def read_objects(text: str) -> tuple[SeenObject, ...]:
    """The objects of a text, one behind each semicolon or on each line that is outside of brackets.

    Raises `ValueError` that names the first that can't be read.
    """
    return tuple(map(_read, _split(text)))


def _write(seen: SeenObject) -> str:
    values = zip(_ATTRIBUTES, (seen.count, seen.colour, seen.position), strict=True)
    said = ", ".join(f"{name}: {value}" for name, value in values if value is not None)
    return f"{seen.name} ({said})" if said else seen.name


def _split(text: str) -> Iterator[str]:
    """The parts between semicolons and line ends, other than those within brackets."""
    depth = start = 0
    for at, sign in enumerate(f"{text};"):
        depth = max(0, depth + (sign == "(") - (sign == ")"))
        if (sign in ";\n" and depth == 0) or at == len(text):
            if part := text[start:at].strip():
                yield part
            start = at + 1


def _read(part: str) -> SeenObject:
    opening = _OPENING.search(part)
    if opening is None:
        return SeenObject(name=part)
    if not part.endswith(")"):
        raise ValueError(f"a closing bracket is missing in {part[:60]!r}")
    name, said = part[: opening.start()].strip(), part[opening.end() : -1]
    places = list(_ATTRIBUTE.finditer(said))
    ends = [place.start() for place in places[1:]] + [len(said)]
    values = {
        place[1].lower().replace("colour", "color"): said[place.end() : end].strip()
        for place, end in zip(places, ends, strict=True)
    }
    return SeenObject(
        name=name,
        count=_read_count(name, values.get("count", "")),
        colour=values.get("color") or None,
        position=values.get("position") or None,
    )


def _read_count(name: str, text: str) -> Count | None:
    if not text:
        return None
    if text.isdecimal() and int(text) > 0:
        return int(text)
    if text.casefold() in UNCOUNTED:
        return "multiple"
    raise ValueError(f"the count of {name!r} is {text!r}, neither a number nor `multiple`")
