"""What can be typed to train a captioner?"""

from __future__ import annotations

import click


def add_commands(group: click.Group) -> None:
    """Add `ugcbench train` to the command line."""
    group.add_command(train)


@click.group()
def train() -> None:
    """Train a captioner: on a teacher's captions, or by rewards."""
