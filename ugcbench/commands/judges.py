"""Which judges are there, how long do they live, and how is one asked again?"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.names import style_option
from ugcbench.commands.options import (
    asking_options,
    format_option,
    judge_options_option,
    min_coverage_option,
    quiet_option,
    read_asking,
    rerouted_option,
)
from ugcbench.commands.printing import echo
from ugcbench.commands.run import print_result, watched
from ugcbench.plugins import Registry

if TYPE_CHECKING:
    from ugcbench.lifecycles import Lifecycle
    from ugcbench.specs import ModelSpec


@click.group(short_help="Judges: which there are, and how far each can be trusted.")
def judge() -> None:
    """Everything about the models that give verdicts."""


@judge.command("list", short_help="List judges with their snapshots and shutdown dates.")
@style_option
@click.pass_obj
def list_judges(registry: Registry, style: str) -> None:
    """List what can judge, and what the providers announced about their models.

    Any model behind a prefix such as openai/ can judge; those whose snapshots and shutdown dates
    are known here are listed one by one, those that are shut down first.
    """
    from ugcbench.lifecycles import announce_shutdown, local_day

    today = local_day()
    lives = sorted(registry.lifecycles.values(), key=_end)
    rows = [_announced(life, today) for life in lives]
    rows += [_registered(s) for s in registry.models.values() if "judge" in s.roles]
    if style == "json":
        echo(json.dumps(rows, indent=2))
        return
    import tabulate

    echo(tabulate.tabulate([_shown(row) for row in rows], headers="keys"))
    for text in filter(None, (announce_shutdown(life, today) for life in lives)):
        echo(f"warning: {text}", fg="yellow", err=True)


@judge.command(short_help="Ask the judge of a run again where it gave no verdict.")
@click.argument("run_dir", type=click.Path(exists=True, file_okay=False), metavar="RUN")
@judge_options_option
@rerouted_option
@asking_options
@min_coverage_option
@format_option
@quiet_option
@click.pass_context
def retry(context: click.Context, /, **typed: Any) -> None:  # noqa: ANN401
    """Ask the judge of RUN again for the answers that it gave no verdict on, and only for those."""
    from ugcbench.rescoring import retry_judge

    style, quiet = typed.pop("style"), typed.pop("quiet")
    min_coverage, path = typed.pop("min_coverage"), Path(typed.pop("run_dir"))
    read_asking(typed)
    given = {name: value for name, value in typed.items() if value}
    result = watched(
        lambda bars: retry_judge(path, bars, registry=context.obj, **given), quiet=quiet
    )
    print_result(context, result, style, min_coverage)


COMMANDS = (judge,)


def _end(life: Lifecycle) -> tuple[datetime.date, str]:
    return life.shutdown or datetime.date.max, life.name


def _announced(life: Lifecycle, today: datetime.date) -> dict[str, Any]:
    return {
        "name": life.name,
        "kind": life.kind,
        "shutdown": str(life.shutdown) if life.shutdown else None,
        "days_left": life.days_left(today),
        "successor": life.successor,
        "provider": life.provider,
        "source": life.source,
        "checked": str(life.checked),
    }


def _registered(spec: ModelSpec) -> dict[str, Any]:
    """A judge of which nothing is announced: a prefix, or one that runs on this machine."""
    if spec.recorded:
        kind = "stored verdicts"
    elif spec.prefix:
        kind = "any model"
    else:
        kind = "a model" if spec.comparable else "offline, not comparable with an LLM judge"
    return {"name": f"{spec.name}/<model>" if spec.prefix else spec.name, "kind": kind}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "judge": row["name"],
        "kind": row["kind"],
        "shutdown": row.get("shutdown"),
        "days left": row.get("days_left"),
        "provider names instead": row.get("successor"),
    }
