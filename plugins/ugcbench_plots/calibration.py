"""Where does another judge give other scores to the same answers?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ugcbench.errors import UsageError
from ugcbench.rendering import OFFLINE_JUDGE, points, scaled
from ugcbench.results import Result
from ugcbench.scored import Counted, ScoredRun, read_scored
from ugcbench.statistics import mean_interval
from ugcbench.store import read_records
from ugcbench_plots.picture import Picture, Row, need_matplotlib
from ugcbench_plots.sheet import HEAD, MARGIN, SMALL, Sheet, fit
from ugcbench_plots.themes import THEMES, Theme, ThemeName, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL, GAP = 2.15, 0.55
ACROSS = 3
LEVELS = 11
"""Around 0, 10, ... and 100, where the levels of judges lie."""

NARROW = 6.4
LARGEST = 230.0
"""Area of the largest mark, in square points."""

Numbers = npt.NDArray[np.float64]


def plot_calibration(
    anchor: str | Path | Result,
    judged: str | Path | Result,
    *,
    cells: Sequence[str] = (),
    theme: ThemeName = "light",
) -> Picture:
    """Draw the scores of a judge against those of another one for the same answers.

    `judged` is `anchor` scored again, as `ugcbench score ANCHOR --judge J --output JUDGED` does. A
    panel is a judged column, a mark a level of the anchor's: its area is the number of answers, its
    height their mean by the other judge, with a 95 % interval clustered by clip. On the dashed line
    both judges agree. Raises `UsageError` where the answers differ or nothing was judged by both.
    """
    need_matplotlib()
    paths = [run.path if isinstance(run, Result) else Path(run) for run in (anchor, judged)]
    first, second = (read_scored(path) for path in paths)
    _refuse_other_answers(first, second)
    columns = _columns(first, second, cells)
    found = {name: first.counted[name].shared(second.counted[name]) for name in columns}
    panels = {name: list(_levels(*pair)) for name, pair in found.items() if len(pair[0].values)}
    if not panels:
        raise UsageError("no answer was given a score by both judges")
    rows = [{"cell": name, **row} for name, levels in panels.items() for row in levels]
    colours = THEMES[theme]
    with styled(colours):
        drawn = _Panels(first, second, found, colours)
        sheet = drawn.draw(panels)
    return Picture(drawn.title, tuple(rows), sheet.figure, colours)


def _refuse_other_answers(first: ScoredRun, second: ScoredRun) -> None:
    """Both runs must hold the same answers, or their judges are not what makes the difference."""
    said = {(each.task, each.sample_id): each.prediction.text for each in read_records(first.path)}
    for each in read_records(second.path):
        place = (each.task, each.sample_id)
        if place in said and said[place] != each.prediction.text:
            raise UsageError(
                f"{second.path} has another answer than {first.path} to {each.task} of "
                f"{each.sample_id}; judge the same answers: "
                f"ugcbench score {first.path} --judge JUDGE --output NEW"
            )


def _columns(first: ScoredRun, second: ScoredRun, wanted: Sequence[str]) -> list[str]:
    """The cells that both runs' judges scored, in the order of the table."""
    both = [name for name, cell in first.cells.items() if cell.judge and name in second.cells]
    unknown = [name for name in wanted if name not in both]
    if unknown:
        there = ", ".join(both) or "none"
        raise UsageError(f"no judge scored {', '.join(unknown)} in both; there are: {there}")
    return list(wanted) or both


def _levels(anchor: Counted, judged: Counted) -> list[Row]:
    """For each level of the anchor's how many answers it has and what the other judge gave them."""
    nearest = np.floor(np.minimum(anchor.values, 1) * (LEVELS - 1) + 0.5 + 1e-9).astype(np.int64)
    rows: list[Row] = []
    for level in np.unique(nearest):
        own = nearest == level
        mean = mean_interval(judged.values[own], judged.clips[own], weights=_weights(judged, own))
        rows.append(
            {
                "level": 100 * float(anchor.values[own].mean()),
                "n": mean.n,
                "mean": scaled(mean.mean),
                "low": scaled(mean.low),
                "high": scaled(mean.high),
            }
        )
    return rows


def _weights(counted: Counted, own: npt.NDArray[np.bool_]) -> Numbers | None:
    return None if counted.weights is None else counted.weights[own]


class _Panels:
    """The panels of two judges, `ACROSS` in a row."""

    def __init__(
        self,
        first: ScoredRun,
        second: ScoredRun,
        found: Mapping[str, tuple[Counted, Counted]],
        theme: Theme,
    ) -> None:
        self.first, self.second, self.found, self.theme = first, second, found, theme
        names = [_judge_of(run, found) for run in (first, second)]
        self.anchor, self.judge = names
        self.title = f"{self.judge} against {self.anchor}"
        self.offline = any(run.offline(name) for run in (first, second) for name in found)

    def draw(self, panels: Mapping[str, Sequence[Row]]) -> Sheet:
        across, down = min(ACROSS, len(panels)), -(-len(panels) // ACROSS)
        top, step = HEAD + 0.42, PANEL + 1.05
        width = max(NARROW, 2 * MARGIN + 0.45 + across * (PANEL + GAP) - GAP)
        self.sheet = Sheet(
            self.theme,
            width,
            top + down * step + 0.2 * self.offline - 0.15,
            self.title,
            "Mean by the judge for each level of the anchor; area: answers; dashed: agreement",
        )
        for place, (name, levels) in enumerate(panels.items()):
            line, column = divmod(place, ACROSS)
            left = MARGIN + 0.45 + column * (PANEL + GAP)
            panel = self.sheet.axes(left, top + line * step, PANEL, PANEL)
            self._head(name, left, top + line * step)
            self._fill(panel, levels)
            if column == 0:
                panel.set_ylabel(fit(self.judge, PANEL, SMALL), fontsize=SMALL)
            panel.set_xlabel(fit(self.anchor, PANEL, SMALL), fontsize=SMALL)
        if self.offline:
            y, quiet = self.sheet.height - 0.2, self.theme.quiet
            self.sheet.text(MARGIN, y, OFFLINE_JUDGE, size=SMALL, colour=quiet)
        return self.sheet

    def _head(self, name: str, left: float, top: float) -> None:
        anchor, judged = self.found[name]
        apart = 100 * float((judged.values - anchor.values).mean())
        same = float((np.abs(judged.values - anchor.values) < 1e-9).mean())
        star = " *" if self.first.offline(name) or self.second.offline(name) else ""
        label = fit(self.first.label(name) + star, PANEL, bold=True)
        self.sheet.text(left, top - 0.26, label, bold=True)
        shift = points(apart, sign=True).replace("-", "\N{MINUS SIGN}")
        told = f"mean {shift}, same {same:.0%}, n {len(judged.values):,}"
        self.sheet.text(left, top - 0.09, told, size=SMALL, colour=self.theme.quiet)

    def _fill(self, panel: Axes, levels: Sequence[Row]) -> None:
        theme, most = self.theme, max(row["n"] for row in levels)
        panel.set(
            xlim=(-7, 107), ylim=(-7, 107), xticks=range(0, 101, 25), yticks=range(0, 101, 25)
        )
        panel.grid(color=theme.line, lw=0.6)
        panel.plot([0, 100], [0, 100], color=theme.edge, lw=1.0, ls=(0, (5, 3)), zorder=2)
        for row in levels:
            if row["low"] is not None and row["high"] is not None:
                ends = [row["low"], row["high"]]
                panel.plot([row["level"]] * 2, ends, color=theme.accent, lw=1.4, zorder=3)
        panel.scatter(
            [row["level"] for row in levels],
            [row["mean"] for row in levels],
            [max(9.0, LARGEST * row["n"] / most) for row in levels],
            color=theme.accent,
            edgecolors=theme.sheet,
            linewidths=0.8,
            alpha=0.85,
            zorder=4,
        )


def _judge_of(run: ScoredRun, names: Mapping[str, object]) -> str:
    """The judges of these cells; mostly one."""
    return " + ".join(dict.fromkeys(run.cells[name].judge or "" for name in names))
