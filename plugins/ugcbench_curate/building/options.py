"""In which order do the options of a multiple choice stand?

`balanced`: the right answer stands equally often in each place, over all samples of a task and
within each label, to within one; which clip gets which place, and the order of the other options,
come from the seed. `fixed`: as the template lists them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

Order = Literal["balanced", "fixed"]


def arrange(
    answers: Mapping[str, str], options: Sequence[str], order: Order, seed: int, task: str
) -> Mapping[str, tuple[str, ...]]:
    """The options of each clip, whose `answers` are among them."""
    if order == "fixed":
        return {clip: tuple(options) for clip in answers}
    place = 0
    arranged: dict[str, tuple[str, ...]] = {}
    for label in options:
        mine = [clip for clip, answer in answers.items() if answer == label]
        by_number = {_draw(seed, task, clip): clip for clip in mine}
        for clip in (by_number[number] for number in sorted(by_number)):
            drawn = {_draw(seed, task, clip, each): each for each in options if each != label}
            others = [drawn[number] for number in sorted(drawn)]
            arranged[clip] = (*others[:place], label, *others[place:])
            place = (place + 1) % len(options)
    return arranged


def _draw(seed: int, *parts: str) -> str:
    """A number that depends on nothing but its arguments, on every machine and version."""
    return hashlib.sha256("\0".join([str(seed), *parts]).encode()).hexdigest()
