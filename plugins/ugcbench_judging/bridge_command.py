"""How are a bridge and a prediction-powered estimate typed?"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ugcbench.commands.names import style_option
from ugcbench.commands.printing import echo
from ugcbench.errors import MissingExtraError

if TYPE_CHECKING:
    from ugcbench.plugins import Registry
    from ugcbench_judging.score_maps import Method

folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(short_help="Map a judge's scores to the anchor judge's scale.")
@click.argument("calibration_dir", type=folder, metavar="CALIBRATION_DIR")
@click.option(
    "--method",
    type=click.Choice(["auto", "isotonic", "ordinal"]),
    default="auto",
    show_default=True,
    help="auto: for each dimension the one with the smaller cross-validated error.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--apply",
    "runs",
    multiple=True,
    type=folder,
    metavar="RUN",
    help="Write RUN/bridged.json, from which the leaderboard reads; repeatable.",
)
@style_option
@click.pass_obj
def bridge(
    registry: Registry,
    calibration_dir: Path,
    *,
    method: Literal["auto"] | Method,
    seed: int,
    runs: tuple[Path, ...],
    style: str,
) -> None:
    """Fit a map from the calibrated judge's scores to those of the anchor, dimension by dimension.

    The map is written to CALIBRATION_DIR/bridge.json. Runs that the judge scored by the same rubric
    can then be read on the anchor's scale, with an interval that holds the errors of the map. Their
    own numbers are never touched.
    """
    _need_extra()
    from ugcbench_judging.bridge_tables import show_bridge, show_bridged
    from ugcbench_judging.bridged_cells import bridge_run, count_unmapped, write_bridged
    from ugcbench_judging.bridges import write_bridge
    from ugcbench_judging.bridging import bridge_calibration

    made = bridge_calibration(calibration_dir, method, seed)
    carried = [(run, bridge_run(made, run, registry)) for run in runs]
    path = write_bridge(made, calibration_dir)
    echo(made.model_dump_json(indent=2) if style == "json" else show_bridge(made))
    echo(f"bridge {made.hash}: {path}", err=True)
    for run, cells in carried:
        written = write_bridged(run, cells)
        if style != "json":
            echo(show_bridged(run, cells))
        if outside := count_unmapped(made, run):
            echo(f"{run}: {outside} scores are beyond those of the calibration", err=True)
        echo(f"bridged: {written}", err=True)


@click.command(short_help="Estimate the anchor judge's mean from verdicts on some answers.")
@click.option(
    "--anchor",
    required=True,
    type=folder,
    metavar="RUN",
    help="A run in which the anchor judged a random choice of the answers.",
)
@click.option(
    "--judge-run",
    required=True,
    type=folder,
    metavar="RUN",
    help="The same answers, all of them scored by a cheap judge.",
)
@style_option
def ppi(anchor: Path, judge_run: Path, *, style: str) -> None:
    """Say what the anchor judge would give all answers, with a cheap judge's help.

    The cheap judge's mean over all answers is corrected by the answers that both have judged
    (prediction-powered inference); a judge that is no help is given no weight.
    """
    from ugcbench_judging.bridge_tables import show_powered
    from ugcbench_judging.powered_runs import power_runs

    cells = power_runs(anchor, judge_run)
    if style == "json":
        echo(json.dumps([cell.model_dump(mode="json") for cell in cells], indent=2))
        return
    echo(show_powered(cells))


COMMANDS = (bridge, ppi)


def _need_extra() -> None:
    if importlib.util.find_spec("sklearn") is None:
        raise MissingExtraError(
            "fitting a bridge needs scikit-learn: pip install 'ugcbench[judging]'"
        )
