"""How are a teacher's captions collected from the command line?"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.completion import complete_datasets, complete_models, complete_tasks
from ugcbench.commands.names import style_option
from ugcbench.commands.options import (
    asking_options,
    options_option,
    quiet_option,
    read_asking,
    read_options,
    rerouted_option,
)
from ugcbench.commands.printing import echo
from ugcbench.errors import BudgetReachedError, UgcbenchError, UsageError

if TYPE_CHECKING:
    from ugcbench_train.distillation.distilling import Order
    from ugcbench_train.distillation.harvest import Distillation

OWN = (
    *("clips", "teacher", "output", "media", "limit"),
    *("task", "test", "apart_from", "styles"),
)
"""Options that go to the order as they are."""

INCOMPLETE = 4
INTERRUPTED = 130
EXIT_CODES = """\b
Exit codes: 0 every clip was asked about; 2 wrong usage; 3 the teacher can't be asked (such as a
wrong key); 4 some clips failed, or no caption was good enough; 5 budget reached; 130
interrupted."""

file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog=EXIT_CODES, short_help="Let a teacher caption clips, as rows to train on.")
@click.argument("clips", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--teacher",
    required=True,
    metavar="NAME",
    shell_complete=complete_models,
    help="Any model, such as gemini/gemini-2.5-flash.",
)
@options_option
@click.option(
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the rows go. What is there is gone on with.",
)
@click.option(
    "--media",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A further folder for clips that CLIPS names.",
)
@click.option("--limit", type=click.IntRange(1), help="Only the first N clips.")
@click.option(
    "--task",
    default="ugc/caption",
    show_default=True,
    metavar="NAME",
    shell_complete=complete_tasks,
    help="Whose prompt is asked.",
)
@click.option("--prompt", type=file, metavar="FILE", help="A text to ask in place of the task's.")
@click.option("--protocol", default="v1", show_default=True, help="v1, or paper.")
@click.option("--temperature", type=click.FloatRange(0), help="In place of the protocol's.")
@click.option("--max-tokens", type=click.IntRange(1), help="Likewise.")
@click.option(
    "--min-words",
    type=click.IntRange(0),
    default=50,
    show_default=True,
    help="Shorter captions are rejected.",
)
@click.option(
    "--test",
    multiple=True,
    metavar="NAME|PATH",
    shell_complete=complete_datasets,
    help="Leave out clips of this dataset; repeatable.",
)
@click.option(
    "--apart-from", type=file, multiple=True, metavar="ROWS", help="And of these rows; repeatable."
)
@click.option(
    "--write",
    "styles",
    type=click.Choice(["official-sft", "official-grpo"]),
    multiple=True,
    help="Write the rows in this layout as well; repeatable.",
)
@asking_options
@rerouted_option
@click.option("--dry-run", is_flag=True, help="Say what it would take; send nothing.")
@click.option(
    "--seconds-per-request",
    type=click.FloatRange(0, min_open=True),
    default=3.0,
    show_default=True,
    help="What --dry-run assumes.",
)
@style_option
@quiet_option
@click.pass_context
def distill(context: click.Context, /, **typed: Any) -> None:  # noqa: ANN401
    """Ask a teacher for a caption of every clip in CLIPS and write the good ones as rows.

    CLIPS is a folder of video files, a .jsonl file of rows, or a list with one path a line, if
    known with the clip's address behind a tab. Clips with the same bytes are asked about once.

    The same command goes on where it was interrupted: it asks only for what is new and what failed.
    The folder then holds rows.jsonl, rejected.jsonl with a reason for each clip that is no row, and
    distillation.json with the counts.
    """
    style, quiet, dry = (typed.pop(name) for name in ("style", "quiet", "dry_run"))
    seconds = typed.pop("seconds_per_request")
    order = _read_order(context, typed)
    if dry:
        from ugcbench_train.distillation.distilling import foresee

        found = foresee(order, seconds)
        echo(found.model_dump_json(indent=2) if style == "json" else found.table())
        return
    report = _watched(order, quiet=quiet)
    _print(context, order, report, style)


def _read_order(context: click.Context, typed: dict[str, Any]) -> Order:
    """What was typed, with everything read that it names; what is left goes to the request."""
    from ugcbench_train.distillation.distilling import Order
    from ugcbench_train.distillation.gates import Gates

    wording, protocol = typed.pop("prompt"), _read_protocol(typed)
    gates = Gates(min_words=typed.pop("min_words"))
    given = {name: typed.pop(name) for name in OWN}
    typed["judge_options"] = ()
    read_asking(typed)
    typed["options"] = read_options(typed["options"])
    return Order(
        **given,
        wording=_read_wording(wording) if wording else None,
        protocol=protocol,
        gates=gates,
        asked=typed,
        registry=context.obj,
    )


def _read_protocol(typed: dict[str, Any]) -> Any:  # noqa: ANN401
    """The protocol, its sampling changed as typed."""
    from ugcbench.protocol import get_protocol

    protocol = get_protocol(typed.pop("protocol"))
    given = {name: typed.pop(name) for name in ("temperature", "max_tokens")}
    changes = {name: value for name, value in given.items() if value is not None}
    return protocol.model_copy(update={"sampling": protocol.sampling.model_copy(update=changes)})


def _read_wording(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: can't be read as a prompt: {error}") from error
    if not text:
        raise UsageError(f"{path}: holds no prompt; write what the teacher is to be asked")
    return text


def _watched(order: Order, *, quiet: bool) -> Distillation:
    """Distil under progress bars; whatever stops it, say how to go on."""
    from ugcbench.commands.notices import watch
    from ugcbench.evaluation import wait_for
    from ugcbench_train.distillation.distilling import distill

    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with watch(quiet=quiet) as bars:
        try:
            return wait_for(distill(order, bars))
        except KeyboardInterrupt:
            failure: UgcbenchError | None = None
        except UgcbenchError as error:
            failure = error
    if bars.path is not None:
        more = " with --max-cost MORE" if isinstance(failure, BudgetReachedError) else ""
        echo(f"type the same again{more} to go on in {order.output}", err=True)
    if failure is not None:
        raise failure
    echo("interrupted", err=True)
    raise click.exceptions.Exit(INTERRUPTED)


def _print(context: click.Context, order: Order, report: Distillation, style: str) -> None:
    """The counts on stdout, the rest on stderr."""
    echo(report.model_dump_json(indent=2) if style == "json" else report.table())
    echo(f"rows: {Path(order.output) / report.files[0]}", err=True)
    if report.failed:
        echo("what failed is asked again by typing the same", err=True)
    if report.failed or not report.accepted:
        context.exit(INCOMPLETE)
