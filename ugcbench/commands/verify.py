"""Is a run directory whole?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from ugcbench.commands.printing import echo
from ugcbench.plaintext import join_lines

STYLES = click.Choice(["table", "json"])


@click.command(short_help="Prove a run directory whole.")
@click.argument("run_dir", type=click.Path(exists=True, file_okay=False), metavar="RUN")
@click.option("--format", "style", type=STYLES, default="table", show_default=True)
@click.pass_context
def verify(context: click.Context, run_dir: str, style: str) -> None:
    """Prove a run directory whole: every line readable, nothing doubled, numbers as recorded.

    Exits with 1 and says what is wrong if it is not.
    """
    from ugcbench.verification import find_problems

    problems = find_problems(Path(run_dir))
    if style == "json":
        echo(json.dumps({"run": run_dir, "whole": not problems, "problems": problems}))
    else:
        echo("\n".join(map(join_lines, problems)) if problems else f"{run_dir} is whole")
    if problems:
        context.exit(1)


COMMANDS = (verify,)
