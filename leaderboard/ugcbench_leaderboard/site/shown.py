"""What does the site show? Tables, rows and cells, ready to be written down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ugcbench_leaderboard.cards.card import About
from ugcbench_leaderboard.columns import Table
from ugcbench_leaderboard.entries import Measured
from ugcbench_leaderboard.site.drawing import Scale, Strip
from ugcbench_leaderboard.site.evidence import Facts

Kind = Literal["published", "again", "own", "bridged", "mixed", "none"]
"""Of a figure: as published; published and made again; of a run; carried over from another judge;
a mean of figures of two kinds; not there."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's: `key` in links, its `label`, full `title`, task and the scale of its drawings."""

    key: str
    label: str
    title: str
    task: str | None
    scale: Scale


@dataclass(frozen=True, slots=True)
class ShownCell:
    """One figure: its text, marks and drawing, and the `facts` behind it.

    `key` is its column's, `beside` the published figure where it was made again. `value`, `low` and
    `high` are on the scale of 0 to 100.
    """

    key: str
    title: str
    kind: Kind
    text: str
    marks: str = ""
    beside: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    strip: Strip | None = None
    facts: Facts = ()

    @property
    def anchor(self) -> str:
        """Its place in the page of its system, such as `ugc-caption-audio`."""
        return re.sub(r"[^a-z0-9]+", "-", self.key)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A line of a table.

    `slug` names it in links, `page` is the file of its system. `band` counts the groups of rows
    that share their places, `tied` says whether there are others in it. `protocols` and `judges`
    are what the filters look at, `coverage` is that of its worst column, None if nothing was
    measured. `size` is in billions of parameters.
    """

    slug: str
    model: str
    page: str
    about: About
    size: float | None
    rank: str | None
    band: int
    tied: bool
    cells: tuple[ShownCell, ...]
    protocols: tuple[str, ...]
    judges: tuple[str, ...]
    offline: bool
    coverage: float | None


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table, and its downloads: texts by the end of the file's name."""

    name: Table
    title: str
    about: str
    headings: tuple[Heading, ...]
    rows: tuple[ShownRow, ...]
    downloads: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """A run, a card, or what an entry holds as measured, with the command for it."""

    measured: Measured
    command: str


@dataclass(frozen=True, slots=True)
class System:
    """A system's page: its rows by the table's title, and where its figures come from."""

    model: str
    slug: str
    about: About
    aliases: tuple[str, ...]
    rows: tuple[tuple[ShownTable, ShownRow], ...]
    sources: tuple[Source, ...]
