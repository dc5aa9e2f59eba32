"""Measuring judges: calibration against an anchor, bridging, agreement with people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ugcbench import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def ugcbench_commands(group: click.Group) -> None:
    """Add the subcommands that measure a judge to `ugcbench judge`."""
    from ugcbench_judging.commands import add_commands

    add_commands(group)
