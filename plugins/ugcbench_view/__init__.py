"""Pages to look at the samples of runs: clip, frames, sound, answer, reference and verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ugcbench import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def ugcbench_commands(group: click.Group) -> None:
    """Add `ugcbench view`."""
    from ugcbench_view.command import view

    group.add_command(view)
