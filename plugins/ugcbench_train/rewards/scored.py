"""What came of a batch of completions?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from ugcbench.types import Answer, Score


@dataclass(frozen=True, slots=True)
class Completion:
    """What was sampled for a row, beside the row's gold by gold key, such as `final_caption`.

    `group` is the same for all that was sampled for one prompt, and unlike for others.
    """

    id: str
    text: str
    gold: Mapping[str, Answer]
    group: str

    @property
    def reference(self) -> str:
        """All of the gold as one text."""
        answers = ([a] if isinstance(a, str) else a for a in self.gold.values())
        return "\n".join(line for answer in answers for line in answer)


@dataclass(frozen=True, slots=True)
class Scored:
    """The rewards of a batch in its order, and what they are made of.

    `values` are the weighted sums, None where a scorer that has a weight gave no number. By task
    name, `scores` are what `ugcbench.scoring.score_one` returned, `counted` the numbers by which
    they enter an evaluation under the same protocol, and which are weighted. `judged` are the tasks
    that ask a judge, `held_out` those with weight 0: looked at, and never paid for.
    """

    values: Sequence[float | None]
    scores: Mapping[str, Sequence[Score]]
    counted: Mapping[str, Sequence[float | None]]
    judged: frozenset[str] = frozenset()
    held_out: frozenset[str] = frozenset()

    @property
    def unscored(self) -> float:
        """The share of completions without a value, 0 for none at all."""
        return sum(value is None for value in self.values) / max(len(self.values), 1)

    @property
    def statuses(self) -> Mapping[str, Counter[str]]:
        """How often each status occurs, by task name."""
        return {name: Counter(s.status for s in scores) for name, scores in self.scores.items()}

    @property
    def metrics(self) -> dict[str, float]:
        """What an engine's log is to show: means, shares unscored, shares of statuses not `ok`.

        A mean of nothing is left out.
        """
        found = {"rewards/unscored": self.unscored}
        for name, scores in self.scores.items():
            found |= dict(self._means(name))
            found[f"{name}/unscored"] = _share(self.counted[name].count(None), scores)
            found |= {
                f"{name}/{status}": _share(count, scores)
                for status, count in self.statuses[name].items()
                if status != "ok"
            }
        return found

    def _means(self, name: str) -> Iterator[tuple[str, float]]:
        numbers = [number for number in self.counted[name] if number is not None]
        if numbers:
            yield f"{name}/mean", fmean(numbers)
        scores = self.scores[name]
        for part in dict.fromkeys(part for score in scores for part in score.parts):
            yield f"{name}:{part}/mean", fmean(s.parts[part] for s in scores if part in s.parts)


def _share(count: int, scores: Sequence[Score]) -> float:
    return count / max(len(scores), 1)
