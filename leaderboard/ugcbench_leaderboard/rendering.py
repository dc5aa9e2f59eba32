"""How is a table of standings written in each format?

For people a cell holds the value with marks, its interval and the published figure; for programs
every number stands alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ugcbench.plaintext import join_lines
from ugcbench.rendering import OFFLINE_JUDGE, Format, TextFormat, render
from ugcbench_leaderboard.checking import Comparison
from ugcbench_leaderboard.columns import COLUMNS, Column, Table
from ugcbench_leaderboard.ranking import BRIDGED
from ugcbench_leaderboard.standings import Figure, Row

PUBLISHED = "†"
MIXED = "‡"
INCOMPLETE = "°"
OFFLINE = "*"
CARRIED = (
    f"{BRIDGED} carried over from another judge, with an interval that holds the error of that; as "
    "a rank: the places that it leaves open among the others, whose ranks it doesn't move"
)
INTERVALS = "a-b: the 95 % interval; as a rank: the places that paired tests leave open"
UNTESTED = "rows with published figures are ranked by their averages alone"
CSV_HEADERS = (
    "model",
    "rank",
    "average",
    "cell",
    "value",
    "low",
    "high",
    "n",
    "asked",
    "coverage",
    "worst",
    "best",
    "protocol",
    "judge",
    "bridged",
    "source",
    "published",
    "differs",
)
NO_CELL: Mapping[str, Any] = dict.fromkeys(("low", "high", "n", "asked", "coverage"))


def render_table(table: Table, rows: Sequence[Row], style: Format) -> str:
    """The table in one of the formats; a closing newline is not included.

    JSON is a list of rows with every number and all that is needed to trust it, on the scale of 0
    to 100 (coverage: of 0 to 1); CSV is the same with one line a cell.
    """
    if style == "json":
        return json.dumps([_object(row) for row in rows], indent=2, ensure_ascii=False)
    if style == "csv":
        return render(CSV_HEADERS, [line for row in rows for line in _lines(row)], "csv")
    notes = Footnotes()
    headers = ["rank", "system", *(column.label for column in COLUMNS[table])]
    body = [_texts(table, row, notes, style) for row in rows]
    if table == "main":
        headers.append("Avg.")
    else:
        body = [line[:-1] for line in body]
    return render(headers, body, style, left=("system",), notes=notes.lines())


def render_comparisons(comparisons: Sequence[Comparison], style: Format) -> str:
    """The regenerated figures beside the published ones in one of the formats."""
    rows = [
        {
            "model": made.model,
            "cell": made.cell,
            "regenerated": round(made.regenerated, 4),
            "published": str(made.published.figure),
            "source": made.published.source,
            "verdict": made.verdict,
            "reason": made.reason,
        }
        for made in comparisons
    ]
    if style == "json":
        return json.dumps(rows, indent=2, ensure_ascii=False)
    headers = list(rows[0]) if rows else ["model"]
    texts = [[join_lines(str(value)) for value in row.values()] for row in rows]
    left = ("model", "cell", "source", "verdict", "reason")
    return render(headers, texts, style, left=left)


@dataclass
class Footnotes:
    """The notes below a table, collected while its cells are written."""

    sources: set[str] = field(default_factory=set)
    beside: set[str] = field(default_factory=set)
    letters: dict[str, str] = field(default_factory=dict)
    incomplete: dict[str, list[str]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def letter(self, text: str) -> str:
        """The letter of a note, a new one for a new text."""
        return self.letters.setdefault(text, _letters(len(self.letters)))

    def lines(self) -> list[str]:
        """The notes in the order of their marks."""
        lines = []
        if "interval" in self.seen:
            lines.append(INTERVALS)
            lines += [UNTESTED] if self.sources else []
        if self.beside:
            lines.append(f"[ ] the published figure: {'; '.join(sorted(self.beside))}")
        if self.sources:
            lines.append(
                f"{PUBLISHED} as published, not made again: {'; '.join(sorted(self.sources))}"
            )
        if MIXED in self.seen:
            lines.append(f"{MIXED} the mean of figures made again and published ones")
        lines += [CARRIED] if BRIDGED in self.seen else []
        lines += [f"{letter} {text}" for text, letter in self.letters.items()]
        lines += [OFFLINE_JUDGE] if OFFLINE in self.seen else []
        for text, bounds in self.incomplete.items():
            lines.append(f"{INCOMPLETE} {text}; whatever the others are: {', '.join(bounds)}")
        return lines


def _texts(table: Table, row: Row, notes: Footnotes, style: TextFormat) -> list[str]:
    cells = [
        _text(row, row.figures.get(column.name), column, notes, style) for column in COLUMNS[table]
    ]
    return [row.rank or "-", join_lines(row.model), *cells, _average(row, notes, style)]


def _text(
    row: Row, figure: Figure | None, column: Column, notes: Footnotes, style: TextFormat
) -> str:
    if figure is None or figure.value is None:
        return "-"
    if figure.cell is None and figure.published is not None:
        notes.sources.add(figure.published.source)
        return f"{figure.published.figure}{PUBLISHED}"
    sign = BRIDGED if figure.bridged else ""
    notes.seen.add(sign)
    parts = [f"{sign}{figure.value:.{column.decimals}f}{_marks(row, figure, notes)}"]
    if figure.cell and figure.cell.low is not None and figure.cell.high is not None:
        notes.seen.add("interval")
        parts.append(f"{100 * figure.cell.low:.1f}-{100 * figure.cell.high:.1f}")
    if figure.published is not None:
        notes.beside.add(figure.published.source)
        parts.append(f"[{figure.published.figure}]")
    return ("\n" if style == "table" else " ").join(parts)


def _marks(row: Row, figure: Figure, notes: Footnotes) -> str:
    marks = ""
    if figure.cell and not figure.cell.comparable:
        notes.seen.add(OFFLINE)
        marks += OFFLINE
    letters = [notes.letter(d.text) for d in figure.differences if not d.offline]
    marks += "".join(f" {letter}" for letter in letters)
    if figure.cell and figure.cell.coverage < 1 and figure.bounds:
        cell, (worst, best) = figure.cell, figure.bounds
        counts = f"{row.model}: {cell.n} of {cell.asked} count ({100 * cell.coverage:.1f} %)"
        bounds = f"{figure.column.label} {worst:.1f} to {best:.1f}"
        notes.incomplete.setdefault(counts, []).append(bounds)
        marks += INCOMPLETE
    return marks


def _average(row: Row, notes: Footnotes, style: TextFormat) -> str:
    if row.average is None:
        return "-"
    published = row.published_average
    sources = {figure.source == "published" for figure in row.figures.values()}
    if not row.runs and published is not None:
        notes.sources.add(published.source)
        return f"{published.figure}{PUBLISHED}"
    mark = MIXED if len(sources) > 1 else ""
    notes.seen.add(mark)
    sign = BRIDGED if any(figure.bridged for figure in row.figures.values()) else ""
    parts = [f"{sign}{row.average:.1f}{mark}"]
    if published is not None:
        notes.beside.add(published.source)
        parts.append(f"[{published.figure}]")
    return ("\n" if style == "table" else " ").join(parts)


def _object(row: Row) -> dict[str, Any]:
    return {
        "model": row.model,
        "rank": row.rank,
        "average": _rounded(row.average),
        "cells": {name: _cell(figure) for name, figure in row.figures.items()},
    }


def _cell(figure: Figure) -> dict[str, Any]:
    cell, published = figure.cell, figure.published
    measured = NO_CELL
    if cell is not None:
        measured = {
            "low": _rounded(None if cell.low is None else 100 * cell.low),
            "high": _rounded(None if cell.high is None else 100 * cell.high),
            "n": cell.n,
            "asked": cell.asked,
            "coverage": cell.coverage,
        }
    worst, best = figure.bounds or (None, None)
    return {
        "value": _rounded(figure.value),
        **measured,
        "worst": _rounded(worst),
        "best": _rounded(best),
        "protocol": f"{cell.protocol}@{cell.protocol_hash}" if cell else "as published",
        "judge": cell.judge if cell else None,
        "bridged": figure.bridged.model_dump() if figure.bridged else None,
        "source": figure.source,
        "run": figure.run.measured.summary.run if figure.run else None,
        "published": {"value": float(published.figure), "source": published.source}
        if published
        else None,
        "differs": [difference.text for difference in figure.differences],
    }


def _lines(row: Row) -> Iterable[list[str]]:
    for name, figure in row.figures.items():
        cell = _cell(figure)
        published = cell["published"]
        values = {
            **cell,
            "model": row.model,
            "rank": row.rank,
            "average": _rounded(row.average),
            "cell": name,
            "published": published and published["value"],
            "bridged": figure.bridged.judge if figure.bridged else None,
            "differs": "; ".join(cell["differs"]),
        }
        yield ["" if values[key] is None else str(values[key]) for key in CSV_HEADERS]


def _rounded(value: float | None) -> float | None:
    """Without the dust of binary fractions."""
    return None if value is None else round(value, 6)


def _letters(number: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    head, tail = divmod(number, 26)
    return (_letters(head - 1) if head else "") + chr(ord("a") + tail)
