"""From raw clips to a benchmark: collecting, annotating, building, reviewing, mending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ugcbench import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def ugcbench_commands(group: click.Group) -> None:
    """Add the commands of curation to `ugcbench data`."""
    from ugcbench_curate.commands import add_commands

    add_commands(group)
