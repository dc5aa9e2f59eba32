"""How are trackers told of runs from the command line?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.printing import echo
from ugcbench.errors import UgcbenchError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ugcbench_tracking.sending import Delivery

NAMES = ("tensorboard", "wandb", "mlflow")
METAVAR = "NAME[:WHERE][,...]"
VARIABLE = "UGCBENCH_TRACK"
ENDING_WITH_NUMBERS = ("run", "score")
"""The commands that get the option."""

SAMPLES = f"{__name__}.samples"


def complete_trackers(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The names of trackers, after the last comma."""
    from click.shell_completion import CompletionItem

    head, comma, last = incomplete.rpartition(",")
    return [CompletionItem(head + comma + name) for name in NAMES if name.startswith(last)]


def add_commands(group: click.Group) -> None:
    """Add `track` to the command line, and `--track` to the commands that score runs."""
    group.add_command(track)
    for name in ENDING_WITH_NUMBERS:
        command = group.commands.get(name)
        if command is not None and not any(each.name == "track" for each in command.params):
            command.params += [_track_option(), _samples_option()]


@click.command(short_help="Tell TensorBoard, Weights & Biases or MLflow of finished runs.")
@click.argument(
    "runs",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="RUN...",
)
@click.option(
    "--to",
    "trackers",
    required=True,
    envvar=VARIABLE,
    metavar=METAVAR,
    shell_complete=complete_trackers,
    help="tensorboard[:FOLDER], wandb[:[ENTITY/]PROJECT], mlflow[:EXPERIMENT].",
)
@click.option(
    "--samples",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Show so many samples with the model's answers.",
)
def track(runs: tuple[Path, ...], trackers: str, samples: int) -> None:
    """Tell trackers of the finished runs RUN.

    A run that a tracker has been told of before gets the newer numbers; it is never there twice.
    `ugcbench run --track ...` tells of a run as soon as it is finished.
    """
    from ugcbench_tracking.sending import send
    from ugcbench_tracking.trackers import open_trackers

    opened = open_trackers(trackers)
    outcomes = []
    for run in runs:
        for delivery in send(run, opened, samples):
            _say(delivery)
            outcomes.append(delivery)
    failed = sum(not each.arrived for each in outcomes)
    if failed:
        raise UgcbenchError(f"{failed} of {len(outcomes)} did not arrive")


def _track_option() -> click.Option:
    return click.Option(
        ["--track"],
        envvar=VARIABLE,
        show_envvar=True,
        metavar=METAVAR,
        expose_value=False,
        callback=_watch,
        shell_complete=complete_trackers,
        help="Tell trackers of the finished run: tensorboard, wandb, mlflow; see `ugcbench track`.",
    )


def _samples_option() -> click.Option:
    return click.Option(
        ["--track-samples"],
        type=click.IntRange(0),
        default=0,
        show_default=True,
        expose_value=False,
        is_eager=True,  # so that it is known when --track is read
        callback=lambda context, _, value: context.meta.__setitem__(SAMPLES, value),
        help="Show the trackers so many samples with the model's answers.",
    )


def _watch(context: click.Context, option: click.Parameter, typed: str | None) -> None:
    """Let the command's registry tell trackers of what is finished; said below the results."""
    if not typed or context.resilient_parsing:
        return
    from ugcbench_tracking.sending import Tracking

    said: list[Delivery] = []
    tracking = Tracking(typed, samples=context.meta[SAMPLES], tell=said.append)
    manager: Any = context.obj.manager
    manager.register(tracking)

    def end() -> None:
        manager.unregister(tracking)
        for delivery in said:
            _say(delivery)

    context.call_on_close(end)


def _say(delivery: Delivery) -> None:
    echo(f"{'tracked' if delivery.arrived else 'warning'}: {delivery.words}", err=True)
