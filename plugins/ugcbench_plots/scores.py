"""How are the scores of each column spread, run by run?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ugcbench.errors import UsageError
from ugcbench.rendering import OFFLINE_JUDGE, points, scaled
from ugcbench.results import Result
from ugcbench.scored import ScoredRun, name_runs, read_scored
from ugcbench.types import Cell
from ugcbench_plots.picture import Picture, Row, need_matplotlib
from ugcbench_plots.sheet import HEAD, LOWER, MARGIN, SMALL, Sheet, fit, fit_names
from ugcbench_plots.themes import THEMES, Theme, ThemeName, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELS, PANEL, GAP = 1.45, 1.75, 0.16
HEIGHT, BETWEEN = 0.52, 0.13
BINS = 11
"""Bars, around 0, 10, ... and 100: where the levels of judges lie, and right and wrong."""

MOST = 6
"""Runs beside each other on one picture."""

NARROW = 6.4
"""Inches that title and remarks need."""


def plot_scores(
    *runs: str | Path | Result, cells: Sequence[str] = (), theme: ThemeName = "light"
) -> Picture:
    """Draw the distribution of scores: a row for each column, a panel for each run.

    The height of a bar is the share of the answers that count whose score is nearest. A tick marks
    the mean, a line below the bars its interval. A column in which no run has a number is left out
    unless it is named. Raises `UsageError` for more than six runs and for cells that no run has,
    `RunError` for a run that isn't finished.
    """
    need_matplotlib()
    if not 1 <= len(runs) <= MOST:
        raise UsageError(f"give one to {MOST} runs; their distributions stand beside each other")
    scored = [read_scored(run.path if isinstance(run, Result) else Path(run)) for run in runs]
    columns = _columns(scored, cells)
    names = name_runs(scored)
    rows = [
        _row(name, run, cell)
        for cell in columns
        for name, run in zip(names, scored, strict=True)
        if cell in run.cells
    ]
    colours = THEMES[theme]
    with styled(colours):
        sheet = _draw(columns, names, rows, colours)
    return Picture(_title(names), tuple(rows), sheet.figure, colours)


def _columns(runs: Sequence[ScoredRun], wanted: Sequence[str]) -> dict[str, Cell]:
    """The cells to draw, by name, in the order of the tables."""
    found = {name: cell for run in reversed(runs) for name, cell in run.cells.items()}
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise UsageError(f"no run has {', '.join(unknown)}; there are: {', '.join(found)}")
    order = dict.fromkeys(
        name for run in runs for name, cell in run.cells.items() if cell.value is not None
    )
    if not order:
        raise UsageError("no column of these runs has a number")
    return {name: found[name] for name in (wanted or order)}


def _row(name: str, run: ScoredRun, column: str) -> Row:
    """A panel's numbers: `shares` are those of the values nearest to 0, 10, ... and 100.

    Rates of error may be larger; then they are in the last share.
    """
    cell, values = run.cells[column], run.counted[column].values
    # What lies between two bars goes up, as it would on paper: 0.15 is a little less as a float.
    nearest = np.floor(np.minimum(values, 1) * (BINS - 1) + 0.5 + 1e-9).astype(np.int64)
    counts = np.bincount(nearest, minlength=BINS)
    return {
        "cell": column,
        "label": cell.label,
        "run": name,
        "n": cell.n,
        "asked": cell.asked,
        "mean": scaled(cell.value),
        "low": scaled(cell.low),
        "high": scaled(cell.high),
        "shares": [float(count) / len(values) for count in counts] if len(values) else [],
        "offline_judge": run.offline(column),
    }


def _draw(
    columns: Mapping[str, Cell], names: Sequence[str], rows: Sequence[Row], theme: Theme
) -> Sheet:
    top, step = HEAD + 0.3, HEIGHT + BETWEEN
    width = max(NARROW, 2 * MARGIN + LABELS + len(names) * (PANEL + GAP))
    offline = any(row["offline_judge"] for row in rows)
    height = top + step * len(columns) + 0.4 + 0.25 * offline
    remark = "Share of the answers by their score, 0 to 100; tick: the mean, line: 95 % interval"
    if any(cell.lower_is_better for cell in columns.values()):
        remark = f"Share of the answers by their score; tick: the mean; {LOWER} lower is better"
    sheet = Sheet(theme, width, height, _title(names), remark)
    found = {(row["cell"], row["run"]): row for row in rows}
    for place, name in enumerate(fit_names(names, PANEL)):
        x = _left(place) + PANEL / 2
        sheet.text(x, top - 0.2, name, size=SMALL, colour=theme.quiet, ha="center")
    for line, (column, cell) in enumerate(columns.items()):
        y = top + step * line
        mark = " *" if any(row["offline_judge"] for row in rows if row["cell"] == column) else ""
        label = cell.label if cell.table else f"({cell.label})"
        label += f" {LOWER}" if cell.lower_is_better else ""
        sheet.text(MARGIN, y + HEIGHT / 2, fit(label + mark, LABELS))
        shown = [found.get((column, name)) for name in names]
        most = max((max(row["shares"], default=0.0) for row in shown if row), default=1.0)
        for place, row in enumerate(shown):
            panel = sheet.axes(_left(place), y, PANEL, HEIGHT)
            _fill(panel, row, theme, most or 1.0, last=line == len(columns) - 1)
    if offline:
        sheet.text(MARGIN, height - 0.2, OFFLINE_JUDGE, size=SMALL, colour=theme.quiet)
    return sheet


def _left(place: int) -> float:
    return MARGIN + LABELS + GAP + place * (PANEL + GAP)


def _fill(panel: Axes, row: Row | None, theme: Theme, most: float, *, last: bool) -> None:
    """Draw one distribution; `most` is the highest bar of its line."""
    panel.set(xlim=(-0.09, 1.09), ylim=(-0.2 * most, 1.8 * most), yticks=[])
    panel.set_xticks([0, 0.5, 1], ["0", "50", "100"] if last else [""] * 3)
    panel.spines["bottom"].set_color(theme.line)
    if row is None or row["mean"] is None:
        told = "not measured" if row is None else "no answer counts"
        panel.text(0.5, 0.5, told, transform=panel.transAxes, ha="center", **_small(theme.quiet))
        return
    shares = row["shares"]
    centres = np.linspace(0, 1, BINS)
    panel.bar(centres, shares, 0.078, color=theme.accent, zorder=1)
    _mark_mean(panel, row, theme, most)
    counted = f"n {row['n']:,}" if row["n"] == row["asked"] else f"n {row['n']:,}/{row['asked']:,}"
    _write(panel, 0.0, points(row["mean"]), theme.ink, ha="left", fontweight="bold")
    _write(panel, 1.0, counted, theme.quiet, ha="right")


def _write(panel: Axes, x: float, text: str, colour: str, **placed: Any) -> None:  # noqa: ANN401
    at = panel.get_xaxis_transform()
    panel.text(x, 0.98, text, transform=at, va="top", **_small(colour), **placed)


def _small(colour: str) -> dict[str, Any]:
    return {"color": colour, "fontsize": SMALL}


def _mark_mean(panel: Axes, row: Row, theme: Theme, most: float) -> None:
    mean, low, high = row["mean"], row["low"], row["high"]
    if low is not None and high is not None:
        ends = [min(low, 108) / 100, min(high, 108) / 100]
        panel.plot(ends, [-0.12 * most] * 2, color=theme.ink, lw=1.6, solid_capstyle="butt")
    if mean <= 108:
        panel.plot([mean / 100] * 2, [-0.2 * most, -0.02 * most], color=theme.ink, lw=1.6)


def _title(names: Sequence[str]) -> str:
    return f"Scores of {names[0]}" if len(names) == 1 else f"Scores of {len(names)} runs"
