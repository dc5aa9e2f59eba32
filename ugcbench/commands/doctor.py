"""How is a machine, a model or a judge examined from the command line?"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.completion import complete_models
from ugcbench.commands.names import style_option
from ugcbench.commands.options import (
    judge_options_option,
    options_option,
    read_model_options,
    read_options,
    trust_option,
)
from ugcbench.commands.printing import echo
from ugcbench.plaintext import join_lines

if TYPE_CHECKING:
    from ugcbench.doctor import Check

FAILED = 3
COLOURS = {"ok": "green", "note": "cyan", "warning": "yellow", "failed": "red"}
EXIT_CODES = "Exit codes: 0 nothing failed; 2 wrong usage; 3 a check failed."


@click.command(
    epilog=EXIT_CODES, short_help="Check this machine, a model's ears and eyes, a judge."
)
@click.option("--model", metavar="NAME", shell_complete=complete_models, help="Probe this model.")
@options_option
@trust_option
@click.option("--judge", metavar="NAME", shell_complete=complete_models, help="Try this judge.")
@judge_options_option
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=600.0,
    show_default=True,
    help="Seconds for each answer, the first with the loading of the weights.",
)
@style_option
@click.pass_context
def doctor(context: click.Context, /, **typed: Any) -> None:  # noqa: ANN401
    """Check what a run depends on, and say what to type where something is wrong.

    Without a model: the decoder, extras, keys, GPU memory and disk. With one, it is asked about
    short clips with and without a spoken and a written code word, and the check fails if its
    replies or token counts prove that sound or pictures did not reach it: about nine short
    requests. With a judge, a right and a wrong answer are judged.
    """
    style = typed.pop("style")
    options = read_model_options(typed)
    judge_options = read_options(typed.pop("judge_options"))
    given = {"options": options, "judge_options": judge_options}
    checks = _watch(style, registry=context.obj, **given, **typed)
    if style == "json":
        echo(json.dumps([check.model_dump(mode="json") for check in checks], indent=2))
    failed = sum(check.status == "failed" for check in checks)
    if failed:
        echo(f"{failed} of {len(checks)} checks failed", err=True)
        context.exit(FAILED)


COMMANDS = (doctor,)


def _watch(style: str, **request: Any) -> list[Check]:  # noqa: ANN401
    """All checks, each printed when it is done unless they are wanted as JSON."""
    from ugcbench.doctor import examine
    from ugcbench.evaluation import wait_for

    async def collect() -> list[Check]:
        found = []
        async with contextlib.aclosing(examine(**request)) as checks:
            async for check in checks:
                found.append(check)
                if style == "table":
                    _print(check)
        return found

    return wait_for(collect())


def _print(check: Check) -> None:
    echo(f"{check.status:<8}", fg=COLOURS[check.status], nl=False)
    echo(f" {check.name:<9} {join_lines(check.found)}")
    if check.fix:
        echo(f"{'':18} fix: {join_lines(check.fix)}")
