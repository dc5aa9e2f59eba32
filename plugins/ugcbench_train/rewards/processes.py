"""Which of a training's processes is this one?"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """A process's number from 0 on, and how many there are."""

    rank: int
    count: int


def this_process() -> Process:
    """As accelerate and torchrun say in RANK and WORLD_SIZE; the only one if they say nothing."""
    return Process(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))
