"""What does the agreement of two judges look like?

Two pictures, each as PNG and SVG: how often the judge gave which level where the anchor gave which,
and where the systems' means lie. matplotlib is imported when a picture is drawn, and its global
state (pyplot) is never touched.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ugcbench.statistics import Interval, mean_interval
from ugcbench_judging.agreement import STEPS, Levels, Scores, to_levels
from ugcbench_judging.calibration import Calibration, JudgedPair

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, RULE = "#17324d", "#5b6b7c", "#d5dde5"
SHADES = ("#ffffff", "#dce9f5", "#8db8df", "#2f6fb3", "#17324d")
MARKS = "osD^vP*Xph<>"
COLOURS = ("#2f6fb3", "#d1622b", "#3b8f5a", "#8a5aa8", "#b8960c", "#c2477f", "#4a9fb0", "#6b6b6b")
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "svg.hashsalt": "ugcbench",
}
WIDTH = 3.1
"""Inches for each panel."""

HEAD, FOOT = 0.62, 0.1
"""Inches above the panels for heading and remark, and below them."""

LEGEND = 0.28
"""Inches for a line of the legend."""

OUTLINE: Mapping[str, Any] = {
    "edgecolor": "#d1622b",
    "linewidth": 1.3,
    "zorder": 3,
    "clip_on": False,
}
LIGHT_ON = 0.55
"""From this share on a cell is so dark that its number is white."""


def draw_calibration(
    calibration: Calibration, pairs: Sequence[JudgedPair], folder: Path
) -> list[Path]:
    """Draw both pictures into a folder; returns the files."""
    judged = [pair for pair in pairs if pair.judge]
    names = tuple(calibration.dimensions)
    with _styled():
        figures = {
            "agreement": draw_levels(calibration, judged, names),
            "systems": draw_systems(calibration, judged, names),
        }
        return [
            _save(figure, folder / f"{name}.{kind}")
            for name, figure in figures.items()
            for kind in ("png", "svg")
        ]


def draw_levels(
    calibration: Calibration, pairs: Sequence[JudgedPair], names: Sequence[str]
) -> Figure:
    """A heat map for each dimension: rows are the anchor's levels, shaded by their shares."""
    figure, panels = _panels(names, height=3.9)
    for panel, name in zip(panels, names, strict=True):
        theirs, ours = _scores(pairs, name)
        counts, first = _count_levels(to_levels(theirs), to_levels(ours))
        _draw_counts(panel, counts, first)
        kappa = calibration.dimensions[name].kappa
        _title(panel, name, "" if kappa is None else f"\N{GREEK SMALL LETTER KAPPA} = {kappa:.2f}")
        panel.set_xlabel(f"level by {_short(calibration.judge)}")
    panels[0].set_ylabel(f"level by {_short(calibration.anchor)}")
    _caption(
        figure,
        f"{_short(calibration.judge)} against {_short(calibration.anchor)}, level by level",
        f"{len(pairs)} answers. Shade: share of the row; outlined: both gave the same level.",
    )
    return figure


def draw_systems(
    calibration: Calibration, pairs: Sequence[JudgedPair], names: Sequence[str]
) -> Figure:
    """A scatter for each dimension: the systems' means by both judges, with 95 % intervals."""
    columns = min(len(calibration.systems), 2 + len(names))
    lines = -(-len(calibration.systems) // columns)
    figure, panels = _panels(names, height=3.9, foot=FOOT + lines * LEGEND)
    for panel, name in zip(panels, names, strict=True):
        marks = _draw_means(panel, pairs, name, calibration.systems)
        rank = calibration.dimensions[name].rank
        _title(panel, name, "" if rank is None else f"\N{GREEK SMALL LETTER TAU} = {rank.tau:.2f}")
        panel.set_xlabel(f"mean by {_short(calibration.anchor)}")
    panels[0].set_ylabel(f"mean by {_short(calibration.judge)}")
    figure.legend(handles=marks, loc="lower left", ncols=columns, frameon=False, handletextpad=0.2)
    _caption(
        figure,
        f"{_short(calibration.judge)} against {_short(calibration.anchor)}, system by system",
        f"{len(pairs)} answers, 0 to 100. Bars: 95 % intervals; line: the same mean by both.",
    )
    return figure


@contextlib.contextmanager
def _styled() -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context(STYLE):
        yield


def _panels(names: Sequence[str], height: float, foot: float = FOOT) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each name, and room for heading and legend."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    height += foot - FOOT
    rect = (0, foot / height, 1, 1 - (HEAD + foot) / height)
    figure = Figure(
        figsize=(WIDTH * max(2, len(names)), height),
        layout=ConstrainedLayoutEngine(rect=rect, w_pad=0.08, wspace=0.03),
    )
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    return figure, list(panels)


def _draw_counts(panel: Axes, counts: Levels, first: int) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shades = LinearSegmentedColormap.from_list("shades", SHADES)
    panel.imshow(shares, cmap=shades, vmin=0, vmax=1, origin="lower", aspect="equal")
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column]:
            colour = "white" if shares[row, column] > LIGHT_ON else INK
            text = f"{counts[row, column]}"
            panel.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
        if row == column:
            corner = (column - 0.5, row - 0.5)
            panel.add_patch(Rectangle(corner, 1, 1, fill=False, **OUTLINE))
    ticks = range(len(counts))
    labels = [str(first + tick) for tick in ticks]
    panel.set_xticks(ticks, labels)
    panel.set_yticks(ticks, labels)
    panel.tick_params(length=0)
    panel.set_xticks(np.arange(0.5, len(counts) - 1), minor=True)
    panel.set_yticks(np.arange(0.5, len(counts) - 1), minor=True)
    panel.grid(which="minor", color=RULE, linewidth=0.6)
    panel.tick_params(which="minor", length=0)


def _draw_means(
    panel: Axes, pairs: Sequence[JudgedPair], name: str, systems: Sequence[str]
) -> list[Any]:
    """Draw each system's point; returns what the legend shows."""
    drawn, bounds = [], [100.0, 0.0]
    for place, system in enumerate(systems):
        own = [pair for pair in pairs if pair.system == system]
        if not own:
            continue
        clips = [pair.clip for pair in own]
        means = [mean_interval(scores, clips) for scores in _scores(own, name)]
        (x, *across), (y, *along) = map(_whiskers, means)
        bounds = [min(bounds[0], across[0], along[0]), max(bounds[1], across[1], along[1])]
        colour = COLOURS[place % len(COLOURS)]
        panel.plot(across, [y, y], "|-", color=colour, linewidth=1.1, ms=4)
        panel.plot([x, x], along, "_-", color=colour, linewidth=1.1, ms=4)
        mark = MARKS[place % len(MARKS)]
        drawn += panel.plot([x], [y], mark, color=colour, label=system, mec="white", mew=0.6, ms=6)
    _square(panel, *bounds)
    return drawn


def _whiskers(mean: Interval) -> tuple[float, float, float]:
    """Mean and bounds in points; the mean itself where it has no bounds."""
    bounds = [mean.mean if bound is None else bound for bound in (mean.low, mean.high)]
    return 100 * mean.mean, 100 * bounds[0], 100 * bounds[1]


def _square(panel: Axes, low: float, high: float) -> None:
    """The same limits on both axes, with the line of equal means."""
    room = max(3.0, 0.08 * (high - low))
    limits = (max(0.0, low - room), min(100.0, high + room))
    panel.plot(limits, limits, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    panel.set(xlim=limits, ylim=limits, aspect="equal")
    panel.locator_params(nbins=6)
    panel.set(xticks=panel.get_yticks(), xlim=limits)
    panel.grid(color=RULE, linewidth=0.6)
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _scores(pairs: Sequence[JudgedPair], name: str) -> tuple[Scores, Scores]:
    rows = [(pair.anchor[name], pair.judge[name]) for pair in pairs]
    both = np.array(rows, np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _count_levels(theirs: Levels, ours: Levels) -> tuple[Levels, int]:
    """Anchor's levels x judge's levels, and the lowest of them: 1, or 0 if it occurs."""
    first = int(min([1, *theirs, *ours]))
    counts = np.zeros((STEPS + 1 - first,) * 2, np.int64)
    np.add.at(counts, (theirs - first, ours - first), 1)
    return counts, first


def _title(panel: Axes, name: str, figure: str) -> None:
    panel.set_title(name, loc="left", fontsize=10, fontweight="bold", color=INK)
    panel.set_title(figure, loc="right", fontsize=9, color=MUTED)


def _caption(figure: Figure, heading: str, remark: str) -> None:
    width, height = figure.get_size_inches()
    left, top = 0.1 / width, 1 - 0.1 / height
    figure.text(left, top, heading, va="top", fontsize=11.5, fontweight="bold")
    figure.text(left, top - 0.24 / height, remark, va="top", fontsize=8.5, color=MUTED)


def _short(name: str) -> str:
    """A judge's name without its provider, and not too long for an axis."""
    bare = name.rpartition("/")[2]
    return bare if len(bare) <= 24 else f"{bare[:23]}\N{HORIZONTAL ELLIPSIS}"


def _save(figure: Figure, file: Path) -> Path:
    metadata = {"Date": None} if file.suffix == ".svg" else {"Software": None}
    figure.savefig(file, dpi=160, metadata=metadata)
    return file
