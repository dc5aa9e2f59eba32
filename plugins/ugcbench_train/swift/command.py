"""What can be typed to train by ms-swift?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ugcbench.commands.printing import echo

if TYPE_CHECKING:
    from ugcbench.plugins import Registry


@click.command("export-swift", short_help="Write what ms-swift needs to train by a recipe.")
@click.option("--config", required=True, metavar="RECIPE", help="A recipe's file or name.")
@click.option(
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where dataset, plugin file, environment and command line are written to.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Another value for a field, such as grpo.group=4; repeatable.",
)
@click.pass_obj
def export_swift(registry: Registry, config: str, output: Path, settings: tuple[str, ...]) -> None:
    """Write what ms-swift needs to train by a recipe, with the same clips and rewards as here."""
    from ugcbench_train.recipe_files import load_recipe
    from ugcbench_train.swift.exporting import export

    done = export(load_recipe(config, settings), output, registry)
    for notice in done.notices:
        echo(f"note: {notice}", err=True)
    echo(f"{done.rows} rows; train by: bash {done.script}")
