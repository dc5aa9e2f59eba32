"""What does quality cost, and which runs give most for it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ugcbench.comparison import compare
from ugcbench.errors import UsageError
from ugcbench.matching import AVERAGE
from ugcbench.models import Price
from ugcbench.rendering import OFFLINE_JUDGE, scaled
from ugcbench.results import Result
from ugcbench.scored import ScoredRun, name_runs, read_scored
from ugcbench.store import read_typed
from ugcbench.types import Prediction, Usage
from ugcbench_plots.picture import Picture, Row, need_matplotlib
from ugcbench_plots.sheet import HEAD, MARGIN, SMALL, Sheet, fit
from ugcbench_plots.themes import MARKS, THEMES, Theme, ThemeName, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Against = Literal["cost", "tokens", "seconds"]
AXES: Mapping[Against, str] = {
    "cost": "US dollars for 1,000 questions",
    "tokens": "tokens a question, in and out",
    "seconds": "seconds an answer",
}
WIDTH, PANEL, NAMES = 8.2, 3.6, 2.35
LINE = 0.27
MOST = 24


@dataclass(frozen=True, slots=True)
class Point:
    """A run: its score with interval, in points of 100, and what a question took."""

    name: str
    value: float
    low: float | None
    high: float | None
    price: float
    offline: bool


def plot_cost(
    *runs: str | Path | Result,
    against: Against | None = None,
    cell: str = AVERAGE,
    prices: Mapping[str, Price] | None = None,
    theme: ThemeName = "light",
) -> Picture:
    """Draw a cell of each run against what its model's answers cost.

    `against` is money, tokens or time; by default the first of them that every run tells. Money is
    what the runs noted, or comes from `prices` and the tokens. A line joins the runs that no other
    run beats in both. Raises `UsageError` where nothing can be drawn, naming the run that doesn't
    tell.
    """
    need_matplotlib()
    if not 1 <= len(runs) <= MOST:
        raise UsageError(f"give one to {MOST} runs")
    scored = [read_scored(run.path if isinstance(run, Result) else Path(run)) for run in runs]
    spent = [_expenses(run, prices or {}) for run in scored]
    against = against or _common(spent)
    points = _points(scored, [each.get(against) for each in spent], cell, against)
    best = find_front(points, lower=_lower(scored, cell))
    rows = tuple(_row(point, against, on_front=point in best) for point in points)
    colours, label = THEMES[theme], scored[0].label(cell)
    with styled(colours):
        sheet = _draw(points, best, label, against, colours)
    return Picture(f"{label} against {against}", rows, sheet.figure, colours)


def find_front(points: Sequence[Point], *, lower: bool = False) -> list[Point]:
    """The points that no other one beats in price without losing in score, the cheapest first."""
    best: list[Point] = []
    sign = -1 if lower else 1
    for point in sorted(points, key=lambda each: (each.price, -sign * each.value)):
        if not best or sign * point.value > sign * best[-1].value:
            best.append(point)
    return best


def _expenses(run: ScoredRun, prices: Mapping[str, Price]) -> dict[Against, float]:
    """What a question took on average, as far as the run tells."""
    usage, requests = run.summary.usage, run.summary.requests
    price = prices.get(run.summary.model)
    found: dict[Against, float] = {}
    if not requests:
        return found
    if usage.cost_usd:
        found["cost"] = 1000 * usage.cost_usd / requests
    elif price is not None and price.is_known(usage):
        found["cost"] = 1000 * price.cost(usage) / requests
    if tokens := _tokens(usage):
        found["tokens"] = tokens / requests
    answers = read_typed(run.path / "predictions.jsonl", Prediction)
    seconds = [each.seconds for each in answers if each.seconds]
    if seconds:
        found["seconds"] = sum(seconds) / len(seconds)
    return found


def _tokens(usage: Usage) -> int:
    return (usage.input_tokens or 0) + (usage.output_tokens or 0)


def _common(spent: Sequence[Mapping[Against, float]]) -> Against:
    for name in AXES:
        if all(name in each for each in spent):
            return name
    raise UsageError(
        "there is no measure of cost that all of these runs tell; imported answers tell none, and "
        "money needs prices: --prices FILE"
    )


def _points(
    runs: Sequence[ScoredRun], spent: Sequence[float | None], cell: str, against: Against
) -> list[Point]:
    names, intervals = name_runs(runs), _intervals(runs, cell)
    points = []
    for name, run, price in zip(names, runs, spent, strict=True):
        value = run.summary.average if cell == AVERAGE else None
        if cell in run.cells:
            value = run.cells[cell].value
        if value is None:
            there = ", ".join([AVERAGE, *run.cells])
            raise UsageError(f"{name} has no number for {cell!r}; the cells are: {there}")
        if price is None:
            raise UsageError(f"{name} doesn't tell its {against}; try another --against")
        low, high = intervals.get(name, (None, None))
        points.append(Point(name, 100 * value, low, high, price, run.offline(cell)))
    return points


def _intervals(
    runs: Sequence[ScoredRun], cell: str
) -> Mapping[str, tuple[float | None, float | None]]:
    """Intervals in points by the runs' names.

    An average of several columns has one only beside other runs that it can be compared with.
    """
    names = name_runs(runs)
    if cell != AVERAGE or all(len(run.columns) == 1 for run in runs):
        found = [run.cells.get(run.columns[0] if cell == AVERAGE else cell) for run in runs]
        pairs = [(scaled(one.low), scaled(one.high)) if one else (None, None) for one in found]
        return dict(zip(names, pairs, strict=True))
    if len(runs) < 2:
        return {}
    paths = [run.path for run in runs]
    try:
        compared = compare(*paths, cells=[cell], allow_different_protocols=True)
    except UsageError:
        return {}
    return {place.run: (place.low, place.high) for place in compared.standings}


def _lower(runs: Sequence[ScoredRun], cell: str) -> bool:
    return any(run.cells[cell].lower_is_better for run in runs if cell in run.cells)


def _row(point: Point, against: Against, *, on_front: bool) -> Row:
    return {
        "run": point.name,
        against: point.price,
        "value": point.value,
        "low": point.low,
        "high": point.high,
        "on_front": on_front,
        "offline_judge": point.offline,
    }


def _draw(
    points: Sequence[Point], best: Sequence[Point], label: str, against: Against, theme: Theme
) -> Sheet:
    top, panel_height = HEAD + 0.1, max(3.2, LINE * len(points) + 0.3)
    offline = any(point.offline for point in points)
    height = top + panel_height + 0.75 + 0.2 * offline
    remark = "Bars: 95 % intervals; the line joins the runs that no other run beats in both"
    sheet = Sheet(theme, WIDTH, height, f"{label} against {against}", remark)
    left = MARGIN + 0.42
    width = WIDTH - left - NAMES - MARGIN - 0.15
    panel = sheet.axes(left, top, width, panel_height)
    _prepare(panel, points, theme, against)
    if len(best) > 1:
        line: dict[str, Any] = {
            "color": theme.edge,
            "lw": 1.0,
            "ls": (0, (5, 3)),
            "drawstyle": "steps-post",
            "zorder": 2,
        }
        panel.plot([each.price for each in best], [each.value for each in best], **line)
    looks = [_look(place, theme) for place in range(len(points))]
    for point, look in zip(points, looks, strict=True):
        if point.low is not None and point.high is not None:
            ends = [point.low, point.high]
            panel.plot([point.price] * 2, ends, color=look["color"], lw=1.3, zorder=3)
        panel.plot([point.price], [point.value], zorder=4, **look)
    _list(sheet, points, looks, best, left + width + 0.3, top)
    if offline:
        sheet.text(MARGIN, height - 0.2, OFFLINE_JUDGE, size=SMALL, colour=theme.quiet)
    return sheet


def _prepare(panel: Axes, points: Sequence[Point], theme: Theme, against: Against) -> None:
    ends = [end for each in points for end in (each.value, each.low, each.high) if end is not None]
    room = max(3.0, 0.1 * (max(ends) - min(ends)))
    panel.set_ylim(max(0.0, min(ends) - room), max(ends) + room)
    prices = [each.price for each in points]
    if min(prices) > 0 and max(prices) > 20 * min(prices):
        panel.set_xscale("log")
        panel.set_xlim(min(prices) / 1.8, max(prices) * 1.8)
        panel.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    else:
        panel.set_xlim(0, 1.12 * max(prices) or 1)
        panel.locator_params(axis="x", nbins=6)
    panel.minorticks_off()
    panel.locator_params(axis="y", nbins=6)
    panel.grid(color=theme.line, lw=0.6)
    panel.set_xlabel(AXES[against], fontsize=SMALL + 0.5, labelpad=6)


def _look(place: int, theme: Theme) -> dict[str, Any]:
    series = theme.series
    return {
        "color": series[place % len(series)],
        "marker": MARKS[place % len(MARKS)],
        "ms": 6.5,
        "mec": theme.sheet,
        "mew": 0.8,
        "linestyle": "none",
    }


def _list(
    sheet: Sheet,
    points: Sequence[Point],
    looks: Sequence[dict[str, Any]],
    best: Sequence[Point],
    x: float,
    top: float,
) -> None:
    """The runs beside the drawing, the best above, with their scores."""
    order = sorted(range(len(points)), key=lambda at: -points[at].value)
    for line, place in enumerate(order):
        point, y = points[place], top + LINE * (line + 0.5)
        sheet.mark(x, y, looks[place])
        room = WIDTH - MARGIN - x - 0.14 - 0.5
        name = point.name + (" *" if point.offline else "")
        sheet.text(x + 0.14, y, fit(name, room, bold=point in best), bold=point in best)
        sheet.text(WIDTH - MARGIN, y, f"{point.value:.1f}", ha="right")
