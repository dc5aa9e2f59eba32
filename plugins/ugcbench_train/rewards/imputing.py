"""What does an engine get that knows no completion without a reward?"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from statistics import fmean

from ugcbench_train.rewards.mixture import UnscoredError
from ugcbench_train.rewards.scored import Completion, Scored

MEMORY = 256
"""How many rewards a mean is taken over where a whole group has none."""


class Imputer:
    """Fills gaps by the mean of the completion's group, whose advantage is 0.

    For a group without any reward it is the mean of the last ones, the same for all of the group.
    Without `fill`, or where nothing at all was scored yet, `UnscoredError` is raised instead.
    """

    def __init__(self, *, fill: bool = True) -> None:
        self._fill = fill
        self._lately: deque[float] = deque(maxlen=MEMORY)

    def complete(self, completions: Sequence[Completion], scored: Scored) -> list[float]:
        """A number for each completion, in the order of the batch."""
        groups: dict[str, list[float]] = defaultdict(list)
        for completion, value in zip(completions, scored.values, strict=True):
            if value is not None:
                groups[completion.group].append(value)
                self._lately.append(value)
        return [
            self._impute(groups[completion.group]) if value is None else value
            for completion, value in zip(completions, scored.values, strict=True)
        ]

    def _impute(self, peers: Sequence[float]) -> float:
        known = peers or self._lately
        if not (self._fill and known):
            raise UnscoredError(
                "a completion has no reward, and this engine has no way to leave it out; "
                "metrics.jsonl shows why; unscored='impute' fills such gaps by the group's mean"
            )
        return fmean(known)
