"""How do the standings become the tables that the site shows?"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from ugcbench.rendering import Format
from ugcbench_leaderboard.cards.card import About
from ugcbench_leaderboard.columns import COLUMNS, MAIN, Column, Table
from ugcbench_leaderboard.entries import Directory, Entry
from ugcbench_leaderboard.ranking import BRIDGED
from ugcbench_leaderboard.rendering import (
    INCOMPLETE,
    MIXED,
    OFFLINE,
    PUBLISHED,
    render_table,
)
from ugcbench_leaderboard.site.drawing import draw, fit
from ugcbench_leaderboard.site.evidence import list_judges, tell_average, tell_figure
from ugcbench_leaderboard.site.naming import slug
from ugcbench_leaderboard.site.readings import task_of, title_of
from ugcbench_leaderboard.site.shown import Heading, Kind, ShownCell, ShownRow, ShownTable
from ugcbench_leaderboard.standings import Figure, Row

OTHER_RULES = "≠"
"""The sign of a figure that was made by other rules than its column."""

TITLES: dict[Table, tuple[str, str]] = {
    "main": (
        "All eight columns",
        "Questions about sound and picture, and the caption. The average is the mean of the eight.",
    ),
    "caption": (
        "Captions alone",
        "One caption for what is seen and heard, judged on sound, picture and details.",
    ),
}
WIDTHS: dict[Table, int] = {"main": 84, "caption": 150}
"""Of the drawings, in pixels: the table of few columns has more room."""

AVERAGE = "average"
"""The key of the main table's last column, which is no cell of its own."""

DOWNLOADS: dict[str, Format] = {"csv": "csv", "json": "json", "tex": "latex"}


def show_table(table: Table, rows: Sequence[Row], directory: Directory) -> ShownTable:
    """The table as it is shown; `rows` are ranked."""
    headings = tuple(_headings(table, rows))
    bands = _bands(rows)
    title, about = TITLES[table]
    return ShownTable(
        name=table,
        title=title,
        about=about,
        headings=headings,
        rows=tuple(
            _show(row, headings, band, bands.count(band) > 1, directory)
            for row, band in zip(rows, bands, strict=True)
        ),
        downloads={
            ending: render_table(table, rows, style) + "\n" for ending, style in DOWNLOADS.items()
        },
    )


def find_entry(row: Row, directory: Directory) -> Entry | None:
    """The entry of a row's system, if it has one."""
    names = [row.model, *(run.measured.system for run in row.runs)]
    return next((entry for name in names if (entry := directory.find(name))), None)


def find_about(row: Row, directory: Directory) -> About:
    """What is known of a row's system: from its entry, else from its card."""
    entry = find_entry(row, directory)
    if entry is not None and entry.about != About():
        return entry.about
    told = (run.measured.about for run in row.runs)
    return next((about for about in told if about != About()), About())


def read_size(about: About) -> float | None:
    """Billions of parameters, from a text such as `3B` or `7.6 billion`; None if it says none."""
    found = re.search(r"(\d+(?:\.\d+)?)\s*(B|M|T)?", about.parameters or "", re.IGNORECASE)
    if found is None:
        return None
    factor = {"M": 1e-3, "T": 1e3}.get((found[2] or "B").upper(), 1.0)
    return float(found[1]) * factor


def _headings(table: Table, rows: Sequence[Row]) -> Iterator[Heading]:
    for column in COLUMNS[table]:
        figures = [row.figures[column.name] for row in rows if column.name in row.figures]
        ends = [end for figure in figures for end in figure.interval or ()]
        title = title_of(column.name)
        yield Heading(
            column.name, column.label, title, task_of(column.name), fit(ends, WIDTHS[table])
        )
    if table == "main":
        averages = [row.average for row in rows if row.average is not None]
        yield Heading(
            AVERAGE, "Average", "Average of the eight columns", None, fit(averages, WIDTHS[table])
        )


def _bands(rows: Sequence[Row]) -> list[int]:
    """For each row the number of its group: neighbours with the same places share one."""
    places = [row.rank or f"without {number}" for number, row in enumerate(rows)]
    return [n for n, (_, group) in enumerate(itertools.groupby(places)) for _ in group]


def _show(
    row: Row, headings: Sequence[Heading], band: int, tied: bool, directory: Directory
) -> ShownRow:
    about = find_about(row, directory)
    measured = [f for f in row.figures.values() if f.cell and f.cell.asked]
    known = [f for f in measured if f.value is not None]
    shown = [row.figures.get(heading.key) for heading in headings]
    protocols = [
        f.run.measured.protocol.name if f.run else "as published" for f in shown if f is not None
    ]
    return ShownRow(
        slug=slug(row.model),
        model=row.model,
        page=f"models/{slug(row.model)}.html",
        about=about,
        size=read_size(about),
        rank=row.rank,
        band=band,
        tied=tied,
        cells=tuple(_cell(row, heading) for heading in headings),
        protocols=tuple(sorted(set(protocols))),
        judges=tuple(list_judges([f for f in shown if f is not None])),
        offline=any(f.cell and not f.cell.comparable for f in known),
        coverage=min((f.cell.coverage for f in known if f.cell), default=None),
    )


def _cell(row: Row, heading: Heading) -> ShownCell:
    if heading.key == AVERAGE:
        return _average(row, heading)
    figure = row.figures.get(heading.key)
    if figure is None:
        return ShownCell(heading.key, heading.title, "none", "-")
    facts = tell_figure(row, figure)
    if figure.value is None:
        return ShownCell(heading.key, heading.title, "none", "-", facts=facts)
    cell = figure.cell
    interval = figure.interval if cell and cell.low is not None else None
    printed = str(figure.published.figure) if figure.published else None
    return ShownCell(
        key=heading.key,
        title=heading.title,
        kind=_kind(figure),
        text=_text(figure, figure.column),
        marks=_marks(figure),
        beside=printed if cell else None,
        value=round(figure.value, 4),
        low=round(interval[0], 4) if interval else None,
        high=round(interval[1], 4) if interval else None,
        strip=draw(
            heading.scale,
            figure.value,
            interval,
            float(figure.published.figure) if figure.published and cell else None,
        ),
        facts=facts,
    )


def _kind(figure: Figure) -> Kind:
    if figure.cell is None:
        return "published"
    if figure.bridged:
        return "bridged"
    return "again" if figure.published else "own"


def _text(figure: Figure, column: Column) -> str:
    if figure.cell is None and figure.published:
        return str(figure.published.figure)
    return f"{figure.value:.{column.decimals}f}"


def _marks(figure: Figure) -> str:
    cell = figure.cell
    if cell is None:
        return PUBLISHED
    kinds = {difference.kind for difference in figure.differences if not difference.offline}
    marks = BRIDGED if figure.bridged else ""
    marks += OFFLINE if not cell.comparable else ""
    marks += INCOMPLETE if cell.coverage < 1 else ""
    return marks + (OTHER_RULES if kinds - {"bridged"} else "")


def _average(row: Row, heading: Heading) -> ShownCell:
    if row.average is None:
        return ShownCell(heading.key, heading.title, "none", "-")
    figures = [row.figures[column.name] for column in MAIN if column.name in row.figures]
    kinds = {_kind(figure) for figure in figures}
    kind: Kind = kinds.pop() if len(kinds) == 1 else "mixed"
    published = row.published_average
    return ShownCell(
        key=heading.key,
        title=heading.title,
        kind=kind,
        text=f"{row.average:.1f}",
        marks={"published": PUBLISHED, "mixed": MIXED, "bridged": BRIDGED}.get(kind, "")
        + "".join(sign for sign in (OFFLINE, OTHER_RULES) if _is_in_any(sign, figures)),
        beside=str(published.figure) if published and kind != "published" else None,
        value=round(row.average, 4),
        strip=draw(
            heading.scale,
            row.average,
            None,
            float(published.figure) if published and kind != "published" else None,
        ),
        facts=tell_average(row),
    )


def _is_in_any(sign: str, figures: Iterable[Figure]) -> bool:
    return any(sign in _marks(figure) for figure in figures)
