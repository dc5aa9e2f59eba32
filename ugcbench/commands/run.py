"""How is a run started, resumed and scored again from the command line?"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.completion import complete_datasets, complete_models, complete_tasks
from ugcbench.commands.notices import Notices, watch
from ugcbench.commands.options import (
    asking_options,
    executor_options,
    format_option,
    judging_options,
    min_coverage_option,
    options_option,
    quiet_option,
    read_asking,
    read_executor,
    read_model_options,
    read_options,
    trust_option,
)
from ugcbench.commands.printing import echo
from ugcbench.errors import BudgetReachedError, UsageError
from ugcbench.plaintext import join_lines

if TYPE_CHECKING:
    from ugcbench.requests import Request
    from ugcbench.results import Result

LOW_COVERAGE = 4
INTERRUPTED = 130
EXIT_CODES = """\b
Exit codes: 0 all scored; 2 wrong usage; 3 a check before the first request failed (such as a wrong
key); 4 finished, but coverage is below --min-coverage; 5 budget reached; 130 interrupted."""


@click.command(epilog=EXIT_CODES, short_help="Put a dataset's questions to a model and score it.")
@click.option("--model", metavar="NAME", shell_complete=complete_models, help="What to evaluate.")
@options_option
@trust_option
@click.option(
    "--tasks",
    default="all",
    show_default=True,
    metavar="all|GROUP|A,B",
    shell_complete=complete_tasks,
    help="`all` is the columns of the dataset's table.",
)
@click.option(
    "--dataset",
    metavar="NAME|PATH",
    shell_complete=complete_datasets,
    help="A registered dataset, or a directory or file of your own.",
)
@click.option("--dataset-option", "dataset_options", multiple=True, metavar="K=V")
@click.option(
    "--judge",
    metavar="NAME[,NAME]",
    shell_complete=complete_models,
    help="Who judges; several with commas between sit as a panel.",
)
@judging_options
@click.option("--protocol", default="v1", show_default=True, help="v1, or paper.")
@click.option("--limit", type=click.IntRange(1), help="Only the first N clips.")
@click.option("--subset", type=click.IntRange(1), help="Only N clips, drawn over all answers.")
@click.option(
    "--subset-seed", type=click.IntRange(0), default=0, show_default=True, help="For the drawing."
)
@asking_options
@executor_options
@click.option("--estimate", is_flag=True, help="Say what the run would take; send nothing.")
@click.option(
    "--seconds-per-request",
    type=click.FloatRange(0, min_open=True),
    default=3.0,
    show_default=True,
    help="What --estimate assumes.",
)
@click.option("--output", type=click.Path(), metavar="DIR", help="A new run directory.")
@click.option("--resume", type=click.Path(exists=True), metavar="DIR", help="Go on with a run.")
@min_coverage_option
@format_option
@quiet_option
@click.pass_context
def run(context: click.Context, /, **typed: Any) -> None:  # noqa: ANN401
    """Put the questions of a dataset to a model and score its answers."""
    style, quiet = typed.pop("style"), typed.pop("quiet")
    min_coverage = typed.pop("min_coverage")
    estimate, seconds = typed.pop("estimate"), typed.pop("seconds_per_request")
    request = _request(context, typed)
    if estimate:
        _print_estimate(request, seconds, style)
        return
    from ugcbench.evaluation import evaluate, wait_for

    result = watched(lambda bars: wait_for(evaluate(request, bars)), quiet=quiet)
    print_result(context, result, style, min_coverage)


@click.command(epilog=EXIT_CODES, short_help="Score a run's stored predictions again.")
@click.argument("run_dir", type=click.Path(exists=True, file_okay=False), metavar="RUN")
@click.option("--judge", metavar="NAME", shell_complete=complete_models, help="Another judge.")
@judging_options
@click.option("--tasks", metavar="A,B", shell_complete=complete_tasks, help="Only these tasks.")
@click.option("--protocol", help="Another protocol.")
@asking_options
@click.option("--output", type=click.Path(), metavar="DIR", help="A new run directory.")
@min_coverage_option
@format_option
@quiet_option
@click.pass_context
def score(context: click.Context, /, **typed: Any) -> None:  # noqa: ANN401
    """Score the stored predictions of RUN again; its model is not asked.

    Stored verdicts are reused. Another judge, protocol or task list needs --output, so that a
    run's numbers are never overwritten by others.
    """
    from ugcbench.rescoring import rescore

    style, quiet = typed.pop("style"), typed.pop("quiet")
    min_coverage, path = typed.pop("min_coverage"), typed.pop("run_dir")
    read_asking(typed)
    given = {name: value for name, value in typed.items() if value}
    given["registry"] = context.obj
    result = watched(lambda bars: rescore(path, bars, **given), quiet=quiet)
    print_result(context, result, style, min_coverage)


COMMANDS = (run, score)


def _request(context: click.Context, typed: dict[str, Any]) -> Request:
    from ugcbench.requests import Request

    typed["options"] = read_model_options(typed)
    typed["dataset_options"] = read_options(typed["dataset_options"])
    read_asking(typed)
    read_executor(typed)
    if typed["resume"]:
        _refuse_with_resume(context)
    return Request(registry=context.obj, **typed)


def _refuse_with_resume(context: click.Context) -> None:
    """A resumed run goes on as it was begun: what was asked can't be changed."""
    what = (
        "model",
        "tasks",
        "dataset",
        "dataset_options",
        "limit",
        "subset",
        "subset_seed",
        "output",
    )
    for name in (*what, "judge", "protocol", "votes", "quorum"):
        if context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE:
            flag = name.replace("_", "-").removesuffix("s") if name.endswith("options") else name
            raise UsageError(f"--{flag} is fixed by the run; leave it out with --resume")


def watched(work: Callable[[Notices], Result], *, quiet: bool) -> Result:
    """Do the work under progress bars; whatever stops it, say how to go on."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with watch(quiet=quiet) as bars:
        try:
            return work(bars)
        except KeyboardInterrupt:
            failure: Exception | None = None
        except Exception as error:  # noqa: BLE001 - raised again below
            failure = error
    if failure is None:
        echo("interrupted", err=True)
    if bars.path is not None and (bars.path / "run.json").exists():
        more = " --max-cost MORE" if isinstance(failure, BudgetReachedError) else ""
        echo(f"go on with: ugcbench run --resume {bars.path}{more}", err=True)
    if failure is not None:
        raise failure
    raise click.exceptions.Exit(INTERRUPTED)


def print_result(context: click.Context, result: Result, style: str, min_coverage: float) -> None:
    """The table on stdout, the rest on stderr; exit code 4 if coverage is below the minimum."""
    echo(result.title, err=style != "table")
    echo(result.table(style))  # type: ignore[arg-type]
    echo(f"run: {result.path}", err=style != "table")
    echo(result.expense, err=True)
    if result.coverage < min_coverage:
        echo(f"coverage is {result.coverage:.1%}, below {min_coverage:.1%}:", err=True)
        for line in _shortfalls(result):
            echo(f"  {line}", err=True)
        echo(f"what failed is asked again by: ugcbench run --resume {result.path}", err=True)
        context.exit(LOW_COVERAGE)


def _shortfalls(result: Result) -> Iterator[str]:
    """For each task that is not covered, how its samples ended, and the first reason."""
    reasons: dict[str, str] = {}
    for record in result.records():
        if record.score.value is None:
            reasons.setdefault(record.task, record.score.note or record.score.status)
    short = {
        cell.name.partition(":")[0]: cell for cell in result.summary.cells if cell.coverage < 1
    }
    for task, cell in short.items():
        counts = ", ".join(f"{status} {count}" for status, count in cell.statuses.items())
        yield f"{task}: {counts} (such as: {join_lines(reasons.get(task, 'never asked'))})"


def _print_estimate(request: Request, seconds: float, style: str) -> None:
    from ugcbench.estimates import estimate

    result = estimate(request, seconds)
    echo(result.model_dump_json(indent=2) if style == "json" else result.table())
