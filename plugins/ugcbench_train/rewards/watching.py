"""What is logged of a batch, and who is told?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from ugcbench_train.rewards.monitors import Monitor
from ugcbench_train.rewards.processes import this_process
from ugcbench_train.rewards.scored import Completion, Scored

Tell = Callable[[str], None]


def warn(text: str) -> None:
    """Log a warning; only the first of several processes does, which see much the same."""
    if this_process().rank == 0:
        logging.getLogger("ugcbench_train.rewards").warning(text)


def watch(
    monitor: Monitor,
    completions: Sequence[Completion],
    scored: Scored,
    tell: Tell,
    step: int | None = None,
) -> dict[str, float]:
    """All numbers of a batch by metric name, after telling of signs that are new."""
    reading = monitor.read(completions, scored)
    for text in reading.warnings:
        tell(text if step is None else f"step {step}: {text}")
    return {**scored.metrics, **reading.metrics}
