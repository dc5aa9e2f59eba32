"""What is a finding about a dataset?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warning", "error"]
EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for in a dataset.

    `ok` is a check that passed. `note` is worth knowing, `warning` can change a number, `error`
    keeps the dataset from being used. `about` is a gold key or a file, `count` of `total` things
    are concerned, `examples` are the first few of them.
    """

    level: Level
    check: str
    about: str
    message: str
    count: int = 0
    total: int | None = None
    examples: tuple[str, ...] = ()


def first(things: Iterable[object]) -> tuple[str, ...]:
    """The first few things as texts, for a finding's examples."""
    return tuple(str(thing) for thing, _ in zip(things, range(EXAMPLES), strict=False))
