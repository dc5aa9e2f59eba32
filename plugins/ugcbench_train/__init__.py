"""Training captioners with the scorers of the evaluation: distillation, SFT, GRPO."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ugcbench import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def ugcbench_commands(group: click.Group) -> None:
    """Add `ugcbench distill` and `ugcbench train`."""
    from ugcbench_train.commands import add_commands

    add_commands(group)
