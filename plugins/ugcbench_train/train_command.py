"""How is a stage of a training planned, started and resumed from the command line?"""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.options import quiet_option, read_asking
from ugcbench.commands.printing import echo
from ugcbench.errors import UgcbenchError, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ugcbench.plugins import Registry
    from ugcbench_train.preparation import Prepared
    from ugcbench_train.recipe import Recipe

INTERRUPTED = 130
EVALUATED_AS = {"qwen2.5-omni-3b": "ugc-videocaptioner-3b"}
"""Under which name a tuned model is evaluated, if not its own."""

EXIT_CODES = """\b
Exit codes: 0 trained; 2 wrong usage; 3 a check before the first step failed, or rewards stayed
away; 5 budget reached; 130 interrupted."""


def complete_recipes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The recipes that come with the package, or paths."""
    from click.shell_completion import CompletionItem

    from ugcbench_train.recipe_files import bundled_recipes, summary_of

    found = [
        CompletionItem(name, help=summary_of(path))
        for name, path in bundled_recipes().items()
        if name.startswith(incomplete)
    ]
    return found or [CompletionItem(incomplete, type="file")]


OPTIONS = (
    click.option(
        "--config",
        required=True,
        metavar="RECIPE",
        shell_complete=complete_recipes,
        help="A recipe's file, or the name of a bundled one (`ugcbench train recipes`).",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="FIELD=VALUE",
        help="Another value for a field, such as grpo.group=4; repeatable.",
    ),
    click.option("--dry-run", is_flag=True, help="Show the plan; train nothing."),
    click.option("--resume", is_flag=True, help="Go on where the training ended."),
    click.option(
        "--prices", type=click.Path(), metavar="FILE", help="Prices of judges, as for `run`."
    ),
    click.option(
        "--format",
        "style",
        type=click.Choice(("table", "json")),
        default="table",
        show_default=True,
        help="How the plan, or the result, is printed on stdout.",
    ),
    quiet_option,
)


def stage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a stage."""
    return reduce(lambda found, option: option(found), reversed(OPTIONS), command)


HELP = """Train a captioner: on a teacher's captions, or by the scores of the evaluation.

\b
Start with:
  ugcbench train recipes
  ugcbench train sft --config sft-1k --dry-run"""


@click.group(short_help="Train a captioner: on captions, or by rewards.", help=HELP)
def train() -> None:
    """Train a captioner."""


@train.command(epilog=EXIT_CODES, short_help="Learn a teacher's captions by teacher forcing.")
@stage_options
@click.pass_obj
def sft(registry: Registry, /, **typed: Any) -> None:  # noqa: ANN401
    """Learn captions by teacher forcing (SFT)."""
    _train("sft", registry, **typed)


@train.command(epilog=EXIT_CODES, short_help="Learn by rewards of groups of own captions.")
@stage_options
@click.pass_obj
def grpo(registry: Registry, /, **typed: Any) -> None:  # noqa: ANN401
    """Learn by the rewards of groups of own captions (GRPO)."""
    _train("grpo", registry, **typed)


@train.command(short_help="List the recipes, or print one.")
@click.argument("name", required=False)
def recipes(name: str | None) -> None:
    """List the recipes that come with ugcbench, or print the one called NAME to be changed."""
    from ugcbench_train.recipe_files import bundled_recipes, find_recipe, summary_of

    if name is not None:
        echo(find_recipe(name).read_text(encoding="utf-8"), nl=False)
        return
    for stem, path in bundled_recipes().items():
        echo(f"{stem:<12}{summary_of(path)}")


def _train(stage: str, registry: Registry, **typed: Any) -> None:  # noqa: ANN401
    from ugcbench_train.preparation import prepare
    from ugcbench_train.recipe_files import load_recipe

    recipe = load_recipe(typed["config"], typed["settings"])
    if recipe.stage != stage:
        raise UsageError(
            f"{typed['config']} is a recipe of the other stage: ugcbench train {recipe.stage} "
            f"--config {typed['config']}"
        )
    if recipe.backend != "trl":
        raise UsageError(
            f"{recipe.backend} has an environment of its own: ugcbench train export-swift "
            f"--config {typed['config']} --output FOLDER"
        )
    asking = {"judge_options": (), "prices": typed["prices"]}
    read_asking(asking)
    dry, resume = typed["dry_run"], typed["resume"]
    prepared = prepare(recipe, registry, asking["prices"], resume=resume, dry=dry)
    for notice in prepared.notices:
        echo(f"note: {notice}", err=True)
    if dry:
        _print_plan(prepared, typed["style"])
        return
    if not typed["quiet"]:
        _print_plan(prepared, "table", err=True)
    final = _watched(prepared, typed, registry)
    _print_end(prepared, final, typed["style"])


def _print_plan(prepared: Prepared, style: str, *, err: bool = False) -> None:
    from ugcbench_train.planning.tables import show_plan

    plan = prepared.plan
    echo(plan.model_dump_json(indent=2) if style == "json" else show_plan(plan), err=err)


def _watched(prepared: Prepared, typed: dict[str, Any], registry: Registry) -> Path:
    """Train, and whatever stops it, say how to go on."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    prepared.record.write()
    failure: UgcbenchError | None = None
    try:
        final = _run(prepared.recipe, registry, resume=typed["resume"], quiet=typed["quiet"])
    except KeyboardInterrupt:
        echo("interrupted", err=True)
    except UgcbenchError as error:
        failure = error
    else:
        _finish(prepared, final)
        return final
    _print_resumption(prepared.recipe, typed)
    if failure is not None:
        raise failure
    raise click.exceptions.Exit(INTERRUPTED)


def _print_resumption(recipe: Recipe, typed: dict[str, Any]) -> None:
    """How to go on, if there is a checkpoint to go on from."""
    from ugcbench_train.preparation import is_begun

    if not is_begun(recipe.output):
        return
    words = ["ugcbench", "train", recipe.stage, "--config", typed["config"]]
    words += [word for setting in typed["settings"] for word in ("--set", setting)]
    echo(f"go on with: {shlex.join(words)} --resume", err=True)


def _run(recipe: Recipe, registry: Registry, *, resume: bool, quiet: bool) -> Path:
    from ugcbench_train.launching.processes import launch, needs_launch

    if needs_launch(recipe):
        launch(recipe, resume=resume, quiet=quiet)
        return recipe.output / "final"
    from ugcbench_train.stage import run_stage

    return run_stage(recipe, resume=resume, quiet=quiet, registry=registry)


def _finish(prepared: Prepared, final: Path) -> None:
    """Complete the record."""
    from ugcbench_train.record import now, read_skipped

    skipped = {**prepared.record.skipped, **read_skipped(prepared.recipe.output)}
    changes = {"finished": now(), "checkpoint": str(final), "skipped": skipped}
    prepared.record.model_copy(update=changes).write()


def _print_end(prepared: Prepared, final: Path, style: str) -> None:
    """Where the checkpoint is, and what to type next."""
    recipe, judge = prepared.recipe, prepared.record.judge
    if style == "json":
        echo(json.dumps({"checkpoint": str(final), "record": str(recipe.output)}))
    else:
        echo(f"checkpoint: {final}")
    name = EVALUATED_AS.get(recipe.model, recipe.model)
    apart = f" by another judge than {judge}" if judge else ""
    echo(
        f"evaluate it{apart}: ugcbench run --model {name} --option path={final} "
        "--tasks ugc/caption --dataset ugc-videocap --judge NAME",
        err=True,
    )
    if recipe.stage == "sft":
        echo(f"go on by rewards: ugcbench train grpo --config rl-1k --set path={final}", err=True)
