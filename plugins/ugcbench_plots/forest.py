"""Which run is better, by how much, and is that more than chance? A forest plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ugcbench.comparison import Comparison, DifferenceRow, compare
from ugcbench.errors import UsageError
from ugcbench.rendering import OFFLINE_JUDGE, points
from ugcbench.results import Result
from ugcbench_plots.picture import Picture, need_matplotlib
from ugcbench_plots.sheet import HEAD, LOWER, MARGIN, SMALL, TITLE, Sheet, fit, width_of
from ugcbench_plots.themes import THEMES, Theme, ThemeName, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, ROW = 8.2, 0.255
LABELS, PLOT, GAP = 1.55, 2.75, 0.2
INTERVAL = "interval"
FROM_RIGHT = {"difference": 2.5, INTERVAL: 1.36, "p (Holm)": 0.72, "detectable": 0.0}
"""How far from the right margin each column of numbers ends, in inches."""

MOST = 120
"""More rows than these are no picture any more."""

MINUS = "\N{MINUS SIGN}"


def plot_forest(
    *runs: str | Path | Result | Comparison,
    cells: Sequence[str] = (),
    theme: ThemeName = "light",
    **compared: Any,  # noqa: ANN401 - those of `ugcbench.compare`
) -> Picture:
    """Draw the paired differences of two or more runs, or a `Comparison` that was made before.

    A row is a column of a pair of runs: the difference with its interval, p adjusted by Holm, and
    the true difference that such data would find four times in five, shaded around zero. A filled
    mark is a difference that the adjusted test tells from chance; an arrow down marks a rate of
    error, where a difference above 0 speaks for the second run. `compared` are the keywords of
    `ugcbench.compare`. Raises what `ugcbench.compare` does, and `UsageError` for too many rows.
    """
    need_matplotlib()
    found = _compare(runs, cells, compared)
    if len(found.rows) > MOST:
        raise UsageError(
            f"{len(found.rows)} differences are too many for a picture; give fewer runs, or name "
            "columns, such as --cells average"
        )
    colours = THEMES[theme]
    with styled(colours):
        sheet = _Forest(found, colours).draw()
    return Picture(
        title=_title(found),
        rows=tuple(row.model_dump(mode="json") for row in found.rows),
        figure=sheet.figure,
        theme=colours,
        notes=tuple(dict.fromkeys(note for row in found.rows for note in row.notes)),
    )


def _compare(
    runs: Sequence[str | Path | Result | Comparison], cells: Sequence[str], compared: dict[str, Any]
) -> Comparison:
    if len(runs) == 1 and isinstance(runs[0], Comparison):
        return runs[0]
    paths = [run for run in runs if not isinstance(run, Comparison)]
    if len(paths) < len(runs):
        raise UsageError("give either runs, or one comparison of them")
    return compare(*paths, cells=cells, **compared)


def _title(found: Comparison) -> str:
    pairs = {(row.first, row.second) for row in found.rows}
    if len(pairs) == 1:
        ((first, second),) = pairs
        return f"{first} {MINUS} {second}"
    return f"Paired differences of {len(found.runs)} runs"


class _Forest:
    """A comparison and the lines that it is drawn on: a heading for each pair, then its rows."""

    def __init__(self, found: Comparison, theme: Theme) -> None:
        self.found, self.theme = found, theme
        self.pairs = _by_pair(found.rows)
        self.lines = list(self._lines())
        self.top = HEAD + 0.26
        height = self.top + ROW * len(self.lines) + 0.8
        self.lower = [row.lower_is_better for row in found.rows]
        self.remarks = list(self._remarks())
        height += 0.2 * len(self.remarks)
        self.level = f"{100 * found.confidence:g} %"
        remark = (
            f"Points of 100, on the samples that count in both runs; bars: {self.level} intervals"
        )
        self.sheet = Sheet(theme, WIDTH, height, self._heading(), remark)

    def _heading(self) -> str:
        """The title; of two long names, something of both."""
        if len(self.pairs) > 1:
            return _title(self.found)
        room = (WIDTH - 2 * MARGIN - width_of(f" {MINUS} ", TITLE, bold=True)) / 2 - 0.05
        return f" {MINUS} ".join(fit(name, room, TITLE, bold=True) for name in self.pairs[0][0])

    def _remarks(self) -> Iterator[str]:
        """What is told below the marks."""
        if any(self.lower):
            one = self.pairs[0][0][1] if len(self.pairs) == 1 else "the second run"
            yield f"{LOWER} lower is better: a difference above 0 speaks for {one}"
        if any(row.offline_judge for row in self.found.rows):
            yield OFFLINE_JUDGE

    def _lines(self) -> Iterator[str | DifferenceRow | None]:
        for number, (pair, rows) in enumerate(self.pairs):
            if len(self.pairs) > 1:
                yield from [None] if number else []
                yield f"{pair[0]} {MINUS} {pair[1]}"
            yield from rows

    def draw(self) -> Sheet:
        left = MARGIN + LABELS + GAP
        panel = self.sheet.axes(left, self.top, PLOT, ROW * len(self.lines))
        _prepare(panel, self.found.rows, self.lines, self.theme)
        self._head(left)
        for place, line in enumerate(self.lines):
            y = self.top + ROW * (place + 0.5)
            if isinstance(line, str):
                text = fit(line, WIDTH - 2 * MARGIN, bold=True)
                self.sheet.text(MARGIN, y, text, bold=True)
            elif line is not None:
                self._tell(line, y)
                if line.difference is not None:
                    self._mark(panel, line, line.difference, place + 0.5)
        self._foot()
        return self.sheet

    def _head(self, left: float) -> None:
        y = self.top - 0.15
        quiet: dict[str, Any] = {"size": SMALL, "colour": self.theme.quiet}
        for name, place in FROM_RIGHT.items():
            self.sheet.text(WIDTH - MARGIN - place, y, name, ha="right", **quiet)
        one = len(self.pairs) == 1
        first, second = self.pairs[0][0] if one else ("first", "second")
        # Where rates of error stand among scores, neither direction is the better one.
        word = "higher" if any(self.lower) and not all(self.lower) else "better"
        if word == "better" and any(self.lower):
            first, second = second, first
        room = PLOT / 2 - width_of(f" {word} \N{LEFTWARDS ARROW} ", SMALL)
        below = f"\N{LEFTWARDS ARROW} {fit(second, room, SMALL)} {word}"
        above = f"{fit(first, room, SMALL)} {word} \N{RIGHTWARDS ARROW}"
        self.sheet.text(left, y, below, **quiet)
        self.sheet.text(left + PLOT, y, above, ha="right", **quiet)

    def _tell(self, row: DifferenceRow, y: float) -> None:
        """The texts of a row: its column at the left, its numbers at the right."""
        label = row.label if row.table else f"({row.label})"
        label += f" {LOWER}" if row.lower_is_better else ""
        self.sheet.text(MARGIN, y, fit(label + (" *" if row.offline_judge else ""), LABELS))
        if row.difference is None:
            why = fit("; ".join(row.notes) or "nothing in common", PLOT + 2, SMALL)
            quiet: dict[str, Any] = {"size": SMALL, "colour": self.theme.warn}
            place = MARGIN + LABELS + GAP
            self.sheet.text(place, y, why, **quiet)
            return
        told = {
            "difference": points(row.difference, sign=True).replace("-", MINUS),
            INTERVAL: _interval(row),
            "p (Holm)": _chance(row.p_adjusted),
            "detectable": points(row.detectable) if row.detectable is not None else "",
        }
        for name, text in told.items():
            bold = name == "difference" and self._is_clear(row)
            self.sheet.text(WIDTH - MARGIN - FROM_RIGHT[name], y, text, bold=bold, ha="right")

    def _mark(self, panel: Axes, row: DifferenceRow, value: float, y: float) -> None:
        theme, clear = self.theme, self._is_clear(row)
        colour = theme.accent if clear else theme.quiet
        if row.detectable is not None:
            panel.barh(y, 2 * row.detectable, 0.62, -row.detectable, color=theme.tint, zorder=1)
        if row.low is not None and row.high is not None:
            panel.plot([row.low, row.high], [y, y], color=colour, lw=1.6, zorder=3)
        panel.plot(value, y, **_look(colour, theme, filled=clear), zorder=4)

    def _is_clear(self, row: DifferenceRow) -> bool:
        return row.p_adjusted is not None and row.p_adjusted < 1 - self.found.confidence

    def _foot(self) -> None:
        y, level = self.sheet.height - 0.22, f"{100 * (1 - self.found.confidence):.3g} %"
        quiet: dict[str, Any] = {"size": SMALL, "colour": self.theme.quiet}
        for remark in reversed(self.remarks):
            self.sheet.text(MARGIN, y, fit(remark, WIDTH - 2 * MARGIN, SMALL), **quiet)
            y -= 0.2
        band = {"marker": "s", "ms": 9, "color": self.theme.tint}
        self.sheet.marks(
            y,
            [
                (_look(self.theme.accent, self.theme, filled=True), f"told from chance at {level}"),
                (_look(self.theme.quiet, self.theme, filled=False), "not told from chance"),
                (band, "smaller than these data would find four times in five"),
            ],
        )


def _by_pair(
    rows: Sequence[DifferenceRow],
) -> list[tuple[tuple[str, str], list[DifferenceRow]]]:
    """The rows of each pair, both in the order in which they came."""

    def pair(row: DifferenceRow) -> tuple[str, str]:
        return row.first, row.second

    order = list(dict.fromkeys(map(pair, rows)))
    grouped = groupby(sorted(rows, key=lambda row: order.index(pair(row))), pair)
    return [(names, list(own)) for names, own in grouped]


def _prepare(
    panel: Axes,
    rows: Sequence[DifferenceRow],
    lines: Sequence[str | DifferenceRow | None],
    theme: Theme,
) -> None:
    """Limits, and the lines of the scale, which stand behind rows with numbers only."""
    ends = [end for row in rows for end in (row.low, row.high, row.difference) if end is not None]
    low, high = min([-2.0, *ends]), max([2.0, *ends])
    room = 0.06 * (high - low)
    panel.set(xlim=(low - room, high + room), ylim=(len(lines), 0), yticks=[])
    panel.locator_params(axis="x", nbins=6)
    panel.xaxis.set_major_formatter(lambda value, _: _signed(value))
    told = [
        place
        for place, line in enumerate(lines)
        if isinstance(line, DifferenceRow) and line.difference is not None
    ]
    bottoms = [place + 1 for place in told]
    for tick in panel.get_xticks():
        if low - room <= tick <= high + room:
            panel.vlines([tick] * len(told), told, bottoms, color=theme.line, lw=0.6, zorder=0)
    panel.vlines([0] * len(told), told, bottoms, color=theme.edge, lw=1.0, zorder=2)


def _look(colour: str, theme: Theme, *, filled: bool) -> dict[str, Any]:
    return {
        "marker": "o",
        "ms": 5.5,
        "mec": colour,
        "mfc": colour if filled else theme.sheet,
        "mew": 1.3,
    }


def _chance(p: float | None) -> str:
    return "" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def _interval(row: DifferenceRow) -> str:
    if row.low is None or row.high is None:
        return ""
    ends = (points(end, sign=True).replace("-", MINUS) for end in (row.low, row.high))
    return " to ".join(ends)


def _signed(value: float) -> str:
    return f"{value:+g}".replace("-", MINUS) if value else "0"
