"""How is it said to a user which value of a file is wrong?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import ValidationError


def describe(error: ValidationError, known: Iterable[str] = (), place: str = "") -> str:
    """Return the first problem of `error` in one line: where below `place` it is and what is wrong.

    A field outside `known` gets the nearest known name beside it, of those as deep as itself
    (`audio.tone` is one below `audio`); a missing field the nearest of the names that stand there.
    """
    first = error.errors(include_url=False, include_context=False)[0]
    steps = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first["loc"])
    where = f"{place}{steps}" if place else steps.lstrip(".")
    if first["type"] == "extra_forbidden":
        alike = [name for name in known if name.count(".") == where.count(".")]
        return f"unknown key {where!r}{suggest(where, alike) if alike else ''}"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing" and isinstance(first["input"], dict):
        near = difflib.get_close_matches(str(first["loc"][-1]), list(first["input"]), n=1)
        message += f"; {near[0]!r} stands there" if near else ""
    return f"{where}: {message}" if where else message


def suggest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest of `known`, else the list of them."""
    names = tuple(known)
    near = difflib.get_close_matches(name.lower(), names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known keys: {', '.join(names)}"
