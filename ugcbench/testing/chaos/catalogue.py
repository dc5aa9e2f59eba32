"""Which faults are there?"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ugcbench.testing.chaos import cuts, disks, kills, memory, networks, replies
from ugcbench.testing.chaos.outcomes import Outcome
from ugcbench.testing.chaos.rigs import Rig
from ugcbench.testing.chaos.trials import Trial


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A fault: what it is called, what is done to a run, and how often in a long series."""

    name: str
    act: Callable[[Trial], None]
    runs: int

    @property
    def possible(self) -> bool:
        """Whether it can be done here."""
        return self.act is not disks.fill_file_system or disks.can_mount()


def undergo(rig: Rig, fault: Disturbance, seed: int = 0, number: int = 0) -> Outcome:
    """Disturb one run by `fault` and prove it whole; equal arguments choose the same moments."""
    slug = "".join(sign if sign.isalnum() else "-" for sign in fault.name)
    chance = random.Random(f"{seed} {fault.name} {number}")  # noqa: S311 - when to strike
    trial = Trial(rig, rig.folder / f"{slug}-{number}", chance, Outcome(fault.name))
    with trial.around:
        try:
            fault.act(trial)
            return trial.conclude()
        finally:
            rig.heal()


def _all() -> Mapping[str, Disturbance]:
    faults = [
        Disturbance("killed while it starts", kills.kill_while_it_starts, 8),
        Disturbance("killed while it asks", kills.kill_while_it_asks, 14),
        Disturbance("killed while it judges", kills.kill_while_it_judges, 10),
        Disturbance("killed while it writes", kills.kill_while_it_writes, 8),
        Disturbance("disk full: a tmpfs", disks.fill_file_system, 10),
        Disturbance("disk full: RLIMIT_FSIZE", disks.limit_files, 10),
        Disturbance("network gone for good", networks.drop_for_good, 6),
        Disturbance("network gone for a while", networks.drop_for_a_while, 6),
        Disturbance("connections reset", networks.reset_connections, 6),
        Disturbance("network swallows everything", networks.swallow_everything, 6),
        *(
            Disturbance(f"answered by {what}", replies.answer_by(step), 3)
            for what, step in replies.REPLIES.items()
        ),
        Disturbance("answered by any of these", replies.answer_by(*replies.REPLIES.values()), 3),
        Disturbance("no more memory: RLIMIT_AS", memory.refuse_memory, 10),
        *(
            Disturbance(f"{name} cut off", cuts.cut_off(name), 5)
            for name in (*cuts.LINES, "records.jsonl", "summary.json", "run.json")
        ),
        *(
            Disturbance(f"{name} damaged", cuts.damage(name), 6)
            for name in (*cuts.LINES, "records.jsonl", "summary.json", "run.json")
        ),
    ]
    return {fault.name: fault for fault in faults}


FAULTS = _all()
"""Every fault by its name."""
