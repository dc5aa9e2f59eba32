"""The leaderboard: published figures and finished runs in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ugcbench import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def ugcbench_commands(group: click.Group) -> None:
    """Add `ugcbench leaderboard` and `ugcbench card`."""
    from ugcbench_leaderboard.cards.commands import card
    from ugcbench_leaderboard.command import leaderboard

    group.add_command(leaderboard)
    group.add_command(card)
