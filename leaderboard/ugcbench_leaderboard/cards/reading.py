"""How is a card read that a stranger made?

Whatever stands in the file, there is a card, or one clear error: sizes and depths are bounded, a
key stands once, and a number is a number.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ugcbench.complaints import describe
from ugcbench.errors import UsageError
from ugcbench.plaintext import join_lines
from ugcbench_leaderboard.cards.card import SCHEMA, Card

LARGEST = 128 << 20
"""Bytes of a card that is read; see leaderboard/README.md for how large one is."""

LARGEST_NUMBER = 1e15
"""The largest number of anything in a card: beyond it, counts and times are no longer exact."""

MOST_KEYS = 10_000
KEYS = frozenset(Card.model_fields)
MOST_VALUES = 100_000
"""Values of the head of a card."""

LONGEST_COMPLAINT = 300


class CardError(UsageError):
    """A file is no card that can be read; the message names file and reason."""


def read_card(file: Path) -> Card:
    """The card in a file; raises `CardError`."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except OSError as error:
        raise CardError(f"{file}: {error.strerror}") from None
    return parse_card(raw, str(file))


def parse_card(raw: bytes, name: str) -> Card:
    """The card in the bytes of a file called `name`; raises `CardError`."""
    try:
        _check(raw)
        return Card.model_validate_json(raw, strict=True)
    except ValidationError as error:
        reason = describe(error)
    except RecursionError:
        reason = "nested too deeply"
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: byte {error.start} can't be read"
    except json.JSONDecodeError as error:
        reason = f"not JSON: {error}"
    except ValueError as error:
        reason = str(error)
    raise CardError(f"{name}: {shorten(reason)}")


def shorten(text: str) -> str:
    """A text on one line, and not longer than a reader bears."""
    line = join_lines(text)
    return line if len(line) <= LONGEST_COMPLAINT else f"{line[:LONGEST_COMPLAINT]} ..."


def _check(raw: bytes) -> None:
    """Raise `ValueError` for what is no JSON object of ours, before it is looked at closely."""
    if len(raw) > LARGEST:
        raise ValueError(
            f"larger than {LARGEST >> 20} MiB, which no card may be; make it anew by "
            "`ugcbench card RUN --no-answers`"
        )
    found = json.loads(
        raw.decode("utf-8"),
        object_pairs_hook=_once,
        parse_constant=_refuse_constant,
        parse_float=_finite,
    )
    if not isinstance(found, dict) or "schema_version" not in found:
        raise ValueError("no result card; make one by `ugcbench card RUN`")
    version = found["schema_version"]
    if version != SCHEMA:
        raise ValueError(
            f"a card of schema version {version}, and this ugcbench reads {SCHEMA}; "
            "validate it with the ugcbench that made it, or a newer one"
        )
    if odd := sorted(found.keys() ^ KEYS):
        what = "missing" if odd[0] in KEYS else "unknown"
        raise ValueError(f"{what} key {odd[0]!r}")
    if not isinstance(found["records"], list):
        raise ValueError("records: must be a list")
    head = {name: value for name, value in found.items() if name != "records"}
    for place, value in enumerate(_values(head)):
        if place > MOST_VALUES:
            raise ValueError(f"holds more than {MOST_VALUES} values beside its records")
        if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
            raise ValueError("holds a number that is too large")


def _values(value: object) -> Iterator[object]:
    """Every value in parsed JSON."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _values(each)
    else:
        yield value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_KEYS:
        raise ValueError(f"an object of {len(pairs)} keys, which no card has")
    fields = dict(pairs)
    if len(fields) < len(pairs):
        name = next(name for name, count in Counter(n for n, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {shorten(name)!r} stands twice in one object")
    return fields


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number that a card may hold")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or abs(number) > LARGEST_NUMBER:
        raise ValueError(f"the number {shorten(text)} is too large")
    return number
