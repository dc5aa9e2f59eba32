"""What can be typed to train a captioner?"""

from __future__ import annotations

import click

from ugcbench_train.distill_command import distill
from ugcbench_train.swift.command import export_swift
from ugcbench_train.train_command import train


def add_commands(group: click.Group) -> None:
    """Add `ugcbench distill` and `ugcbench train` to the command line."""
    group.add_command(distill)
    train.add_command(export_swift)
    group.add_command(train)
