"""Who stands in a table with which numbers?

A system's row is gathered from its entry and from finished runs. A run under a `paper` protocol
regenerates a published row: its figures take the place of the published ones and stand beside them.
Any other run is a row of its own. What was bridged from another judge stands in only where the
column's judge has given no figure itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

from ugcbench.plans import RunConfig, read_config
from ugcbench.scored import Counted, read_scored
from ugcbench.store import read_summary
from ugcbench.types import Bridging, Cell
from ugcbench_leaderboard.bridged import read_bridged
from ugcbench_leaderboard.columns import ALL, CAPTION_AVERAGE, COLUMNS, MAIN, Column, Table
from ugcbench_leaderboard.entries import ALL_CLIPS, Directory, Entry, KnownDifference, Measured

GOLD = "ugc-videocap@v1"
PUBLISHED_GOLD = frozenset({GOLD, "ugc-videocap", "ugc-videocap-release"})
"""Names of datasets with the gold as it was published: registered, a directory, recorded answers.

Their content hashes differ, since a run of recorded answers carries only the gold of its own."""
Kind = Literal["dataset", "clips", "judge", "protocol", "bridged"]

Native = Collection[tuple[str, str | None]]
"""Cells by name and judge."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run's numbers, read from its directory or its card at `path`, or from an entry (`path` is
    None). `counted` is what a card's records count in each cell.
    """

    measured: Measured
    path: Path | None = None
    counted: Mapping[str, Counted] | None = field(default=None, compare=False, repr=False)

    @property
    def regenerates(self) -> bool:
        """Whether it is meant to give published figures again."""
        return self.under_paper and self.gold == GOLD and self.measured.clips == ALL_CLIPS

    @property
    def under_paper(self) -> bool:
        """Whether it was asked and scored under a `paper` protocol."""
        return self.measured.protocol.name.partition("-")[0] == "paper"

    def read_counted(self) -> Mapping[str, Counted]:
        """What was counted in each cell, nothing if that is not known; raises `RunError`."""
        if self.counted is not None or self.path is None:
            return self.counted or {}
        return read_scored(self.path).counted

    @property
    def gold(self) -> str:
        """By which gold it was scored: `GOLD`, or the dataset's name with its revision."""
        dataset = self.measured.summary.dataset
        return GOLD if dataset.rpartition("@")[0] in PUBLISHED_GOLD else dataset


@dataclass(frozen=True, slots=True)
class Published:
    """A published figure on the scale of 0 to 100, with its printed digits, and its citation."""

    figure: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Difference:
    """In what the rules behind a figure differ from those of its column, and that in words.

    `offline` says that an offline judge is the reason, which never can be compared.
    """

    kind: Kind
    text: str
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a row: measured, published, or both."""

    column: Column
    cell: Cell | None = None
    run: Run | None = None
    published: Published | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def value(self) -> float | None:
        """The measured value if there is one, else the published; 0 to 100."""
        if self.cell is None or self.run is None:
            return float(self.published.figure) if self.published else None
        if self.cell.value is None:
            return None
        return self.column.percentage(self.cell.value, self.run.measured.protocol)

    @property
    def bridged(self) -> Bridging | None:
        """How it came to the scale of its judge, if another one gave the verdicts."""
        return self.cell.bridged if self.cell else None

    @property
    def source(self) -> str:
        """`run`, `recorded` or `published`."""
        return self.run.measured.summary.source if self.run else "published"

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval, or the value twice if none is known; 0 to 100."""
        if self.value is None:
            return None
        if self.cell is None or self.cell.low is None or self.cell.high is None:
            return self.value, self.value
        return 100 * self.cell.low, 100 * self.cell.high

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The value if all samples that are missing were 0, and if they were 1; 0 to 100."""
        if self.cell is None or not self.cell.asked:
            return None
        total = (self.cell.value or 0.0) * self.cell.n
        missing = self.cell.asked - self.cell.n
        return 100 * total / self.cell.asked, 100 * (total + missing) / self.cell.asked


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `figures` are by the name of their cell; `average` is None unless every column has a value.
    `rank` is set by `ugcbench_leaderboard.ranking`.
    """

    model: str
    figures: Mapping[str, Figure]
    average: float | None
    published_average: Published | None = None
    known: tuple[KnownDifference, ...] = ()
    rank: str | None = None

    @property
    def runs(self) -> list[Run]:
        """The runs that its figures come from, each once."""
        runs: list[Run] = []
        for figure in self.figures.values():
            if figure.run is not None and figure.run not in runs:
                runs.append(figure.run)
        return runs


def read_run(path: Path) -> Run:
    """The numbers of a finished run directory, its bridged ones too; raises `RunError`."""
    summary, config = read_summary(path), read_config(path)
    bridged = read_bridged(path, summary)
    measured = Measured(
        protocol=config.protocol,
        limit=config.limit,
        subset=config.subset,
        checkpoint=_checkpoint(config),
        summary=summary,
        bridged=bridged,
    )
    return Run(measured, path)


def _checkpoint(config: RunConfig) -> str | None:
    """The folder of weights that was given as option, by its last two names."""
    path = config.options.get("path")
    return "/".join(Path(path).parts[-2:]) if isinstance(path, str) else None


def find_runs(folder: Path) -> list[Path]:
    """All finished run directories below a folder, sorted."""
    return sorted(file.parent for file in folder.rglob("summary.json"))


def gather(
    table: Table, directory: Directory, runs: Iterable[Run] = (), prefixes: Sequence[str] = ()
) -> list[Row]:
    """The rows of a table from entries and runs, unranked.

    Runs of a system replace what its entry holds as measured. `prefixes`: see `Directory.find`.
    """
    by_entry: dict[str, list[Run]] = {}
    others: list[Run] = []
    for run in runs:
        entry = directory.find(run.measured.system, prefixes)
        if entry is not None and run.regenerates:
            by_entry.setdefault(entry.model, []).append(run)
        else:
            others.append(run)
    rows: list[Row] = []
    for entry in directory.entries:
        stored = [Run(measured) for measured in entry.measured]
        others += [run for run in stored if not run.regenerates]
        again = by_entry.get(entry.model) or [run for run in stored if run.regenerates]
        rows += _rows_of_entry(table, entry, again)
    rows += _rows_of_runs(table, others)
    return _told_apart([row for row in rows if row.figures])


def _rows_of_entry(table: Table, entry: Entry, runs: Sequence[Run]) -> Iterator[Row]:
    published = _published(table, entry)
    native = _native(runs, published)
    for cells in _merged(table, runs, native) or [{}]:
        scored = {
            name: figure
            for name, figure in cells.items()
            if name not in published or figure.value is not None
        }
        figures = {
            name: replace(scored.get(name, Figure(column)), published=published.get(name))
            for name, column in ALL.items()
            if name in scored or name in published
        }
        row = _row(table, entry.model, figures)
        yield replace(
            _with_published_average(row, entry) if table == "main" else row,
            known=tuple(known for known in entry.known_differences if known.table == table),
        )


def _rows_of_runs(table: Table, runs: Iterable[Run]) -> Iterator[Row]:
    alike: dict[tuple[str, ...], list[Run]] = {}
    twins: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        summary = run.measured.summary
        key: tuple[str, ...] = (run.measured.system, summary.dataset, summary.protocol)
        twins.setdefault(key, []).append(run)
        alike.setdefault((*key, summary.source), []).append(run)
    for key, group in alike.items():
        for figures in _merged(table, group, _native(twins[key[:-1]])):
            yield _row(table, key[0], figures)


def _native(runs: Iterable[Run], published: Collection[str] = ()) -> Native:
    """What the runs' judges gave themselves; published figures count as any judge's own."""
    measured = [run.measured for run in runs]
    own = [c for one in measured for c in one.summary.cells if c.value is not None]
    own += [c for one in measured for c in one.bridged if c.name in published]
    return {(cell.name, judge) for cell in own for judge in (cell.judge, *cell.judge_answered)}


def _published(table: Table, entry: Entry) -> dict[str, Published]:
    """The published figures of a table; the main table also knows those of the captions."""
    figures: dict[str, Published] = {}
    wanted: tuple[Table, ...] = ("main", "caption") if table == "caption" else ("main",)
    for row in (entry.row(name) for name in wanted):
        for name, figure in row.cells.items() if row else ():
            if table == "main" or name.startswith("ugc/caption:"):
                source = row.source if row else ""
                figures[name] = Published(figure.scaleb(ALL[name].power), source)
    return figures


def _merged(table: Table, runs: Iterable[Run], native: Native) -> list[dict[str, Figure]]:
    """The figures of runs of one system: in one row, until a second value comes for a cell.

    A bridged cell takes the place of the one by the judge that it was bridged from, unless the
    anchor judge itself has given a figure for that column.
    """
    shown = {column.name for column in COLUMNS[table]}
    rows: list[dict[str, Figure]] = []
    for run in runs:
        cells = {cell.name: cell for cell in run.measured.summary.cells if cell.name in ALL}
        bridged = [cell for cell in run.measured.bridged if cell.name in cells]
        cells |= {cell.name: cell for cell in bridged if (cell.name, cell.judge) not in native}
        if not shown & cells.keys():
            continue
        figures = {name: Figure(ALL[name], cell, run) for name, cell in cells.items()}
        free = next((row for row in rows if not row.keys() & figures.keys()), None)
        if free is None:
            rows.append(figures)
        else:
            free.update(figures)
    return rows


def _row(table: Table, model: str, figures: Mapping[str, Figure]) -> Row:
    if table == "caption":
        figures = {name: f for name, f in figures.items() if name.startswith("ugc/caption:")}
        average = figures.get(CAPTION_AVERAGE)
        return Row(model, figures, average.value if average else None)
    values = [figures[c.name].value if c.name in figures else None for c in MAIN]
    known = [value for value in values if value is not None]
    return Row(model, figures, sum(known) / len(MAIN) if len(known) == len(MAIN) else None)


def _with_published_average(row: Row, entry: Entry) -> Row:
    """The row with its printed average, which also is its average if nothing was measured."""
    printed = entry.row("main")
    if printed is None or printed.average is None:
        return row
    average = Published(printed.average, printed.source)
    measured = row.average if row.runs else float(printed.average)
    return replace(row, average=measured, published_average=average)


def _told_apart(rows: Sequence[Row]) -> list[Row]:
    """Rows of one name get their runs' names behind it."""
    names = [row.model for row in rows]
    return [
        replace(row, model=f"{row.model} ({row.runs[0].measured.summary.run})")
        if names.count(row.model) > 1 and row.runs
        else row
        for row in rows
    ]
