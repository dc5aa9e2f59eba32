"""Which on-screen text does an answer report?

One reader for each variant of the scorer: `read_lines` is total and takes any form; the other two
treat an answer as the released figures of UGC-VideoCap did.
"""

from __future__ import annotations

import json
import re

from ugcbench.scorers.replies import STRUCTURE, find_json, find_strings, without_thought

_FENCE_LINE = re.compile(r"^[ \t]*```[\w-]*[ \t]*$", re.MULTILINE)
_MARKER = re.compile(r"\s*(?:[-*\N{BULLET}]|(\d{1,3})[.)])\s+")
_NESTED = re.compile(rf"\s*(?:json\b\s*)?{STRUCTURE.pattern}")
_KEY = re.compile(r"""["'][\w ]{1,40}["']\s*:""")
_BETWEEN = re.compile(r"""["']\s*,\s*["']""")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)

_KEPT = re.compile(r"[^\w\s']")
_KEPT_WITH_QUOTES = re.compile(r"""[^\w\s'"]""")
_LINE_BREAK = re.compile(r"\\n|\n")
_QUOTED = re.compile(r'"([^"]*)"')
_FENCE = re.compile(r"```(?:json)?")
_OCR_KEY = re.compile(r'"ocr"\s*:?')


def text_of_recorded(value: object) -> str:
    """The text of an answer that a file records as a JSON value: a string is the text itself, any
    other value is written as JSON.
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_lines(text: str) -> tuple[str, ...]:
    """The lines of on-screen text that an answer reports, read in any form (variant `v1`).

    In this order: without thoughts; JSON anywhere in it (object, list, string, fenced or amid
    prose), of which the strings count, and JSON within those strings too, three levels deep; an
    object or list that is no valid JSON (cut off, single quotes), without its keys and punctuation;
    otherwise each line, without code fences, bullets and consecutive numbers.
    """
    return tuple(_read(without_thought(text), depth=3))


def keep_empty(text: str) -> str:
    """The predicted text as variant `ocr-keep-empty` counts it.

    The strings of an answer that is JSON as a whole are joined; then, in lower case, fences, the
    key `ocr` and all but word characters, white space and apostrophes are dropped.
    """
    values = _whole_json(text)
    joined = text if values is None else " ".join(values)
    return _KEPT.sub("", _OCR_KEY.sub("", _FENCE.sub("", joined.lower())))


def skip_empty(text: str) -> tuple[str, ...]:
    """The predicted segments as variant `ocr-skip-empty` counts them.

    Of an answer that is JSON as a whole its strings, of any other what stands between double
    quotes; each as `normalise_segment` gives it.
    """
    values = _whole_json(text)
    segments = _QUOTED.findall(text) if values is None else values
    return tuple(normalise_segment(segment) for segment in segments)


def normalise_segment(segment: str) -> str:
    """A segment in lower case on one line, with only word characters, white space, apostrophes and
    double quotes; a backslash followed by n is a line break too.
    """
    return _KEPT_WITH_QUOTES.sub("", _LINE_BREAK.sub(" ", segment.lower())).strip()


def _whole_json(text: str) -> list[str] | None:
    try:
        return find_strings(json.loads(text, parse_int=str, parse_float=str))
    except (ValueError, RecursionError):
        return None


def _read(answer: str, depth: int) -> list[str]:
    values = find_json(answer)
    if values is None:
        start = STRUCTURE.search(answer)
        return _read_broken(answer[start.start() :]) if start else _read_prose(answer)
    lines: list[str] = []
    for string in find_strings(values):
        nested = depth and _NESTED.match(string)
        lines += _read(string, depth - 1) if nested else string.splitlines()
    return lines


def _read_broken(structure: str) -> list[str]:
    pieces = _BETWEEN.split(_KEY.sub(" ", _FENCE_LINE.sub("", structure)))
    stripped = (_ESCAPE.sub(_unescape, piece).strip(" \t\r\n,[]{}\"'`") for piece in pieces)
    return [piece for piece in stripped if piece]


def _unescape(match: re.Match[str]) -> str:
    code, char = match.groups()
    if code:
        return chr(int(code, 16))
    return " " if char in "nrt" else str(char)


def _read_prose(text: str) -> list[str]:
    lines: list[str] = []
    number = 0
    for line in _FENCE_LINE.sub("", text).splitlines():
        marker = _MARKER.match(line)
        # A number is a marker only if it goes on counting: `24. December` may be on the screen.
        if marker and marker[1] and int(marker[1]) != number + 1:
            marker = None
        number += bool(marker and marker[1])
        lines.append(line[marker.end() :] if marker else line)
    return [line.strip() for line in lines if line.strip()]
