"""How is a judge measured from the command line?"""

from __future__ import annotations

import importlib.util
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.completion import complete_models, complete_tasks
from ugcbench.commands.names import style_option
from ugcbench.commands.options import asking_options, judging_options, quiet_option, read_asking
from ugcbench.commands.printing import echo
from ugcbench.errors import BudgetReachedError, MissingExtraError, UsageError
from ugcbench_judging.bridge_command import bridge, ppi

if TYPE_CHECKING:
    from ugcbench.plugins import Registry
    from ugcbench_judging.calibration import Calibration
    from ugcbench_judging.procedure import Design

EXTRA = ("sklearn", "krippendorff", "matplotlib")
CAPTION = "ugc/caption"
INTERRUPTED = 130

existing = click.Path(exists=True, path_type=Path)
task_option = click.option(
    "--task",
    default=CAPTION,
    show_default=True,
    metavar="NAME",
    shell_complete=complete_tasks,
    help="Which judged task of the runs.",
)
seed_option = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="For all that is drawn."
)


class Size(click.ParamType[Any]):
    """A number of pairs, or `all`, which is None."""

    name = "N|all"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's own signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int | None:
        """The number; a usage error for anything else."""
        if value == "all":
            return None
        return click.IntRange(1).convert(value, param, ctx)


def add_commands(group: click.Group) -> None:
    """Add the commands to `judge`, the group that lists judges; made here where it is missing."""
    judge = group.commands.get("judge")
    if not isinstance(judge, click.Group):
        judge = click.Group("judge", short_help="Measure judges.")
        group.add_command(judge)
    for command in (calibrate, agree, bridge, ppi):
        judge.add_command(command)


@click.command(short_help="Measure a judge against recorded verdicts.")
@click.option("--judge", required=True, metavar="NAME[,NAME]", shell_complete=complete_models)
@click.option(
    "--anchor",
    "anchors",
    required=True,
    multiple=True,
    type=existing,
    metavar="PATH",
    help="A judged run, or a folder of such runs; repeatable.",
)
@task_option
@click.option(
    "--size",
    type=Size(),
    default="400",
    show_default=True,
    help="How many answers to ask about, drawn by system and score.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="How often to ask about each, to see whether the judge agrees with itself.",
)
@seed_option
@click.option("--protocol", default="v1", show_default=True)
@judging_options
@asking_options
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the report goes; by default calibrations/<judge>. What is there is gone on with.",
)
@style_option
@quiet_option
@click.pass_context
def calibrate(context: click.Context, /, **typed: Any) -> None:  # noqa: ANN401
    """Ask a judge about answers whose verdicts are known, and say how well it agrees.

    The judge sees what it would see in a run. Everything that it says is kept, so that the same
    command goes on where it was interrupted, asks again only for what failed, and costs nothing
    when all is there. Recorded verdicts become runs by `ugcbench import`.
    """
    _need_extra()
    from ugcbench_judging.calibration import read_judged_pairs
    from ugcbench_judging.pairs import read_anchor
    from ugcbench_judging.plots import draw_calibration
    from ugcbench_judging.procedure import Design
    from ugcbench_judging.tables import show_calibration

    read_asking(typed)
    style = typed.pop("style")
    output = typed.pop("output") or Path("calibrations") / _file_name(typed["judge"])
    design = Design(**{name: typed.pop(name) for name in ("size", "repeats", "seed")})
    anchor = read_anchor(typed.pop("anchors"), typed.pop("task"), context.obj)
    found = _watched(anchor, output, design, registry=context.obj, **typed)
    pictures = draw_calibration(found, read_judged_pairs(output), output)
    echo(found.model_dump_json(indent=2) if style == "json" else show_calibration(found))
    names = ", ".join(picture.name for picture in pictures)
    echo(f"calibration: {output} (calibration.json, pairs.jsonl, {names})", err=True)


@click.command(short_help="Measure the judge of a run against people's ratings.")
@click.argument("ratings", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--run",
    "runs",
    required=True,
    multiple=True,
    type=existing,
    metavar="RUN",
    help="A judged run of the answers that were rated, or a folder of such runs; repeatable.",
)
@task_option
@click.option(
    "--scale",
    nargs=2,
    type=float,
    default=(1.0, 5.0),
    show_default=True,
    metavar="LOW HIGH",
    help="The lowest and the highest score that people could give.",
)
@seed_option
@style_option
@click.pass_obj
def agree(registry: Registry, /, ratings: Path, **typed: Any) -> None:  # noqa: ANN401
    """Say how well the judge of a run agrees with people, and people with each other.

    RATINGS is a CSV file with one rating a line and these columns:

    \b
      clip (or sample)   which answer
      system             whose answer, if there are several runs
      dimension          such as audio, if the task has several
      rater              who rates
      score              the rating
    """
    _need_extra()
    from ugcbench_judging.pairs import read_anchor
    from ugcbench_judging.people import compare_with_people
    from ugcbench_judging.ratings import Scale, read_ratings
    from ugcbench_judging.tables import show_people

    judged = read_anchor(typed["runs"], typed["task"], registry)
    read = read_ratings(ratings, judged, Scale(*typed["scale"]))
    report = compare_with_people(judged, read, seed=typed["seed"])
    echo(report.model_dump_json(indent=2) if typed["style"] == "json" else show_people(report))


def _watched(
    anchor: Any,  # noqa: ANN401
    output: Path,
    design: Design,
    *,
    judge: str,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> Calibration:
    """Calibrate under progress bars; whatever stops it, say how to go on."""
    from ugcbench.commands.notices import watch
    from ugcbench_judging.procedure import calibrate

    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with watch(quiet=quiet) as bars:
        try:
            return calibrate(anchor, judge, output, design, bars, **asked)
        except KeyboardInterrupt:
            echo(f"interrupted; type the same again to go on in {output}", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        except BudgetReachedError as error:
            raise BudgetReachedError(
                f"{error}; type the same again with --max-cost MORE to go on in {output}"
            ) from error


def _need_extra() -> None:
    """What the measures and pictures need; said before anything is asked or paid for."""
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"measuring a judge needs {', '.join(missing)}: pip install 'ugcbench[judging]'"
        )


def _file_name(judge: str) -> str:
    name = re.sub(r"[^\w.-]+", "-", judge).strip("-.")
    if not name:
        raise UsageError(f"{judge!r} is no judge's name; see `ugcbench list judges`")
    return name
