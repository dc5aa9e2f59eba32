"""What can be typed to curate a benchmark?"""

from __future__ import annotations

from typing import cast

import click

from ugcbench_curate.annotating import commands as annotating
from ugcbench_curate.building import commands as building
from ugcbench_curate.collecting.command import collect
from ugcbench_curate.doctor.command import doctor
from ugcbench_curate.reviewing.command import review

COMMANDS: tuple[click.Command, ...] = (
    collect,
    *annotating.COMMANDS,
    *building.COMMANDS,
    doctor,
    review,
)


def add_commands(group: click.Group) -> None:
    """Add the commands to `data`, the group of datasets; made here where it is missing."""
    if "data" not in group.commands:
        group.add_command(click.Group("data", help="Make, check and mend datasets."))
    data = cast(click.Group, group.commands["data"])
    for command in COMMANDS:
        data.add_command(command)
