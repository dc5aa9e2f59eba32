"""Which part of a reply is the answer, and which JSON stands in it?"""

from __future__ import annotations

import json
import re

STRUCTURE = re.compile(r"""[\[{]\s*(?=["'\[{\]}])""")
"""Where an object or an array begins, as against brackets in prose such as `[music]`."""

_THOUGHT_TAG = re.compile(r"(</?think(?:ing)?>)", re.IGNORECASE)

# Numbers stay as they were written, since on-screen text such as 1.50 is no quantity.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False)


def without_thought(text: str) -> str:
    """The reply without its `<think>` blocks; nothing is left of a thought that never ends.

    A closing tag alone ends a thought too, since some chat templates open it within the prompt.
    """
    kept: list[str] = []
    thinking = False
    for piece in _THOUGHT_TAG.split(text):
        if not _THOUGHT_TAG.fullmatch(piece):
            kept += [] if thinking else [piece]
        elif piece.startswith("</"):
            kept = kept if thinking else []
            thinking = False
        else:
            thinking = True
    return "".join(kept)


def find_json(text: str) -> list[object] | None:
    """The JSON values of a reply, or None if there are none or one of them is broken.

    The whole text may be one value; otherwise every object and array in it is taken, whatever
    prose or code fence stands around. Numbers are returned as strings, as they were written.
    """
    try:
        return [_DECODER.decode(text)]
    except (ValueError, RecursionError):
        return _find_structures(text)


def find_strings(value: object) -> list[str]:
    """The strings within a JSON value in their order; of an object with the key `ocr` only that
    key's, of other objects those of every key.
    """
    found: list[str] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, list):
            waiting.extend(reversed(item))
        elif isinstance(item, dict):
            waiting.extend([item["ocr"]] if "ocr" in item else reversed(item.values()))
    return found


def _find_structures(text: str) -> list[object] | None:
    values: list[object] = []
    start = STRUCTURE.search(text)
    while start:
        try:
            value, end = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            return None
        values.append(value)
        start = STRUCTURE.search(text, end)
    return values or None
