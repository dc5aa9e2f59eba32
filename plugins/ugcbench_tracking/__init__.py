"""Run summaries in the trackers of training: TensorBoard, Weights & Biases, MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ugcbench import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def ugcbench_commands(group: click.Group) -> None:
    """Add `ugcbench track`, and `--track` to the commands that end with a run's numbers."""
    from ugcbench_tracking.commands import add_commands

    add_commands(group)
