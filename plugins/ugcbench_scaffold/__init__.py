"""The start of a plugin of one's own: a package whose tests pass at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ugcbench import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def ugcbench_commands(group: click.Group) -> None:
    """Add `ugcbench plugin new`."""
    from ugcbench_scaffold.command import plugin

    group.add_command(plugin)
