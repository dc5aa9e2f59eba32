"""How are bridges and what they carry over shown in a terminal?

All numbers are points on the scale of 0 to 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ugcbench.rendering import OFFLINE_JUDGE, points, render, scaled, span
from ugcbench_judging.bridged_cells import BridgedCell
from ugcbench_judging.bridges import Bridge, LeftOut, ScoreMap
from ugcbench_judging.powered_runs import PoweredCell

POWERED = (
    *("column", "anchor alone", "interval", "n"),
    *("with the judge", "interval ", "of", "weight", "worth"),
)
POWERED_NOTES = (
    "interval: 95 %, clustered by clip; n of the answers have a verdict of the anchor, a random "
    "choice, or all of this is wrong",
    "weight: how far the judge was trusted; worth: as many verdicts of the anchor alone",
)


def show_bridge(made: Bridge) -> str:
    """How good the maps are, and how they do on a system that they don't know."""
    title = (
        f"from {made.judge} to {made.anchor}, {made.task}: {made.pairs} answers about "
        f"{made.clips} clips, {len(made.curves.systems)} systems"
    )
    headers = ["dimension", "method", "map", "MAE", "RMSE", "(constant)", "systems", "(constant) "]
    maps = render(
        headers,
        [_map_row(part) for part in made.curves.maps],
        "table",
        left=headers[:3],
        notes=(
            "points of 0 to 100; MAE, RMSE: of single answers about other clips; systems: RMSE of "
            "the means of other systems; (constant): what a judge that knows nothing would reach",
        ),
    )
    headers = ["left out", "dimension", "n", "recorded", "bridged", "off by", "interval", "holds"]
    systems = render(
        headers,
        [_system_row(row) for row in made.left_out],
        "table",
        left=headers[:2],
        notes=(
            "each system bridged by the others alone; interval: 95 %, of clips, map and system",
            *(() if made.comparable else (OFFLINE_JUDGE,)),
        ),
    )
    return f"{title}\n{maps}\n\n{systems}"


def show_bridged(run: Path, cells: Iterable[BridgedCell]) -> str:
    """A run's bridged cells beside its own, with the three parts of their standard errors."""
    rows = [
        (
            made.cell.label,
            points(scaled(made.native.value)),
            points(scaled(made.cell.value)),
            span(scaled(made.cell.low), scaled(made.cell.high)),
            *(points(100 * e) for e in (made.mean.sampling, made.mean.mapping, made.mean.system)),
            str(made.cell.n),
        )
        for made in cells
    ]
    headers = ("column", "by the judge", "bridged", "interval", "clips", "map", "system", "n")
    note = "clips, map, system: the parts of the standard error; their squares add up"
    return f"\n{run}\n{render(headers, rows, 'table', left=('column',), notes=(note,))}"


def show_powered(cells: Sequence[PoweredCell]) -> str:
    """Title, table and remarks of prediction-powered estimates."""
    rows = [
        (
            cell.label,
            points(scaled(cell.classic)),
            span(scaled(cell.classic_low), scaled(cell.classic_high)),
            str(cell.n),
            points(scaled(cell.value)),
            span(scaled(cell.low), scaled(cell.high)),
            str(cell.total),
            f"{cell.weight:.2f}",
            f"{cell.effective:.0f}",
        )
        for cell in cells
    ]
    table = render(POWERED, rows, "table", left=("column",), notes=POWERED_NOTES)
    return f"{cells[0].anchor}, helped by {cells[0].judge}\n{table}"


def _map_row(part: ScoreMap) -> Sequence[str]:
    ends = [f"{100 * x:.0f}:{100 * y:.1f}" for x, y in zip(part.knots, part.values, strict=True)]
    if len(ends) > 6:
        ends = [*ends[:3], "...", *ends[-3:]]
    errors = [
        *(part.error.mae, part.error.rmse, part.constant.rmse),
        *(part.error.systems, part.constant.systems),
    ]
    return [
        part.dimension,
        part.method,
        " ".join(ends),
        *(f"{100 * error:.1f}" for error in errors),
    ]


def _system_row(row: LeftOut) -> Sequence[str]:
    return [
        row.system,
        row.dimension,
        str(row.n),
        points(scaled(row.recorded)),
        points(scaled(row.bridged)),
        points(scaled(row.recorded - row.bridged), sign=True),
        span(scaled(row.low), scaled(row.high)),
        {True: "yes", False: "no", None: ""}[row.covered],
    ]
