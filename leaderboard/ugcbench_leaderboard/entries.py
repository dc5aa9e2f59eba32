"""What do the files hold from which the table is made?

One JSON file a system: the names under which it is known, the figures that were published for it,
and numbers measured by ugcbench. Published figures are strings, exactly as they are printed, since
a figure's last digit says how far it can be trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from ugcbench.errors import UsageError
from ugcbench.protocol import Protocol
from ugcbench.subsets import Subset
from ugcbench.types import Cell, Frozen, Summary
from ugcbench_leaderboard.cards.card import About
from ugcbench_leaderboard.columns import ALL, Table


def _as_printed(value: object) -> object:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,3}(\.\d{1,4})?", value):
        raise ValueError('write the figure as it is printed, in quotes, such as "60.50"')
    return Decimal(value)


def _known_cell(name: str) -> str:
    if name not in ALL:
        raise ValueError(f"{name!r} is no cell; the cells are: {', '.join(ALL)}")
    return name


def _in_range(figures: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    for name, figure in figures.items():
        top = Decimal(100).scaleb(-ALL[name].power)
        if figure > top:
            raise ValueError(f"{name} is {figure}, but is printed on a scale of 0 to {top:g}")
    return figures


CellName = Annotated[str, AfterValidator(_known_cell)]
Printed = Annotated[Decimal, BeforeValidator(_as_printed), PlainSerializer(str, when_used="json")]
"""A figure as it is printed, with its trailing zeros."""

Figures = Annotated[Mapping[CellName, Printed], AfterValidator(_in_range)]
"""Printed figures by the name of their cell."""

Name = Annotated[str, Field(min_length=1, max_length=200)]


class PublishedRow(Frozen):
    """A system's row in a published table.

    `source` is the citation. `average` is the mean of the eight columns, given in the main table.
    """

    table: Table
    source: Annotated[str, Field(min_length=1)]
    rank: int | None = None
    average: Printed | None = None
    cells: Figures


class KnownDifference(Frozen):
    """A figure whose published value is not what its own data give, and why.

    `cell` may also be `average`. `regenerated` is what the data do give, to the printed digit.
    """

    table: Table
    cell: Literal["average"] | CellName
    regenerated: Printed
    reason: Annotated[str, Field(min_length=1)]


ALL_CLIPS = "all clips"


class Measured(Frozen):
    """What a run of ugcbench gave: its summary with the protocol that its cells were made under,
    the `limit` on the number of clips or the drawn `subset` of them, if there was one, and the
    cells that were `bridged` from the run's judge to the scale of another. `checkpoint` names the
    folder of weights that the run was given in place of the model's published ones. `about` is what
    the submitter of a result card says of the system.
    """

    protocol: Protocol
    limit: int | None = None
    subset: Subset | None = None
    checkpoint: str | None = None
    about: About = About()
    summary: Summary
    bridged: tuple[Cell, ...] = ()

    @property
    def system(self) -> str:
        """What was measured: the model, or a checkpoint of one's own in its place."""
        model = self.summary.model
        return model if self.checkpoint is None else f"{model} ({self.checkpoint})"

    @property
    def clips(self) -> str:
        """Which clips of the dataset were asked about, in words."""
        if self.subset is not None:
            return str(self.subset)
        return ALL_CLIPS if self.limit is None else f"the first {self.limit} clips"


class Entry(Frozen):
    """One system.

    `aliases` are other names for it, such as those that runs use; `printed` is its name in the
    published table; `about` says what is known of its weights, size, licence and home.
    """

    model: Name
    printed: str | None = None
    aliases: tuple[Name, ...] = ()
    about: About = About()
    published: tuple[PublishedRow, ...] = ()
    known_differences: tuple[KnownDifference, ...] = ()
    measured: tuple[Measured, ...] = ()

    @model_validator(mode="after")
    def _has_one_row_a_table(self) -> Self:
        tables = [row.table for row in self.published]
        if len(set(tables)) < len(tables):
            raise ValueError("two published rows for one table")
        if not self.published and not self.measured:
            raise ValueError("neither published nor measured figures")
        return self

    def row(self, table: Table) -> PublishedRow | None:
        """The published row of a table, or None."""
        return next((row for row in self.published if row.table == table), None)


class Directory:
    """The entries, found by any of a system's names, in any case.

    Raises `UsageError` if two entries claim one name.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._by_name: dict[str, Entry] = {}
        for entry in self.entries:
            for name in {name.casefold() for name in (entry.model, *entry.aliases)}:
                other = self._by_name.setdefault(name, entry)
                if other is not entry:
                    raise UsageError(f"the entries {other.model} and {entry.model} claim {name!r}")

    def find(self, model: str, prefixes: Sequence[str] = ()) -> Entry | None:
        """The entry of a run's model, or None.

        `prefixes` are names of adapters, which are no part of a system's name: with `openai` among
        them, `openai/gemini-2.5-flash` is gemini-2.5-flash.
        """
        head, _, rest = model.partition("/")
        names = (model, rest) if head in prefixes else (model,)
        found = (self._by_name.get(name.casefold()) for name in names)
        return next((entry for entry in found if entry), None)


def read_entries(folder: Path | None = None) -> Directory:
    """The entries in a folder's `.json` files, by default those that come with ugcbench.

    The result cards in its subfolder `cards` give entries of their own, or more numbers to those
    of their systems. Raises `UsageError` naming the file that is missing or wrong.
    """
    source: Traversable = folder or resources.files("ugcbench_leaderboard") / "entries"
    if not source.is_dir():
        raise UsageError(f"{source}: no such folder of entries")
    directory = Directory(_read(source))
    cards = source / "cards"
    return _with_cards(directory, cards) if cards.is_dir() else directory


def _read(folder: Traversable) -> Iterator[Entry]:
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            yield read_entry(file)


def _with_cards(directory: Directory, folder: Traversable) -> Directory:
    from ugcbench_leaderboard.cards.rows import measured_by

    entries = {entry.model: entry for entry in directory.entries}
    for measured in measured_by(folder):
        own = directory.find(measured.system)
        model = own.model if own else measured.system
        entry = entries.get(model) or Entry(model=model, measured=(measured,))
        kept = tuple(one for one in entry.measured if one is not measured)
        entries[model] = entry.model_copy(update={"measured": (*kept, measured)})
    return Directory(entries.values())


def read_entry(file: Traversable) -> Entry:
    """One entry; raises `UsageError` naming the file."""
    try:
        return Entry.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise UsageError(f"{file}: {_describe(error)}") from None


def _describe(error: ValidationError) -> str:
    """Every problem in one line: where it is and what is wrong."""
    problems = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(map(str, problem["loc"]))
        message = problem["msg"].removeprefix("Value error, ")
        problems.append(f"{place}: {message}" if place else message)
    return "; ".join(problems)
