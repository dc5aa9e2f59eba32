"""Which clips stand for a whole dataset where there is no time for all?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pydantic import NonNegativeInt, PositiveInt

from ugcbench.protocol import digest
from ugcbench.types import Clip, Frozen, Gold


class Subset(Frozen):
    """`size` clips that are drawn by chance, the same ones for a seed, whatever is asked of them.

    The clips are shared out by the gold of their multiple choices: each combination of answers has
    its part of the subset. A larger subset of one seed holds nearly all clips of a smaller one.
    """

    size: PositiveInt
    seed: NonNegativeInt = 0

    def __str__(self) -> str:
        return f"{self.size} drawn clips (seed {self.seed})"

    def choose(self, clips: Iterable[Clip]) -> frozenset[int]:
        """The places of the chosen clips in the dataset, from 0; all where it has no more.

        `clips` are iterated twice.
        """
        own = _find_own_choices(clips)
        strata: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for place, clip in enumerate(clips):
            strata[_stratum(clip, own)].append((digest([self.seed, clip.id], 32), place))
        shares = _share_out(self.size, {name: len(strata[name]) for name in sorted(strata)})
        return frozenset(
            place for name, count in shares.items() for _, place in sorted(strata[name])[:count]
        )


def _find_own_choices(clips: Iterable[Clip]) -> frozenset[str]:
    """The keys of the gold whose clips have choices of their own, such as questions on a story."""
    first: dict[str, frozenset[str]] = {}
    own = set()
    for clip in clips:
        for key, gold in clip.gold.items():
            choices = frozenset(gold.choices)
            if choices and first.setdefault(key, choices) != choices:
                own.add(key)
    return frozenset(own)


def _stratum(clip: Clip, own: frozenset[str]) -> str:
    """The clip's answers to multiple choices; one stratum where it has none.

    An answer is known by its text or, among a clip's `own` choices, by its place.
    """
    answers = {key: _answer(gold, key in own) for key, gold in clip.gold.items() if gold.choices}
    return digest(answers)


def _answer(gold: Gold, by_place: bool) -> int | str:
    answer = str(gold.answer).casefold()
    choices = [choice.casefold() for choice in gold.choices] if by_place else []
    return choices.index(answer) if answer in choices else answer


def _share_out(size: int, counts: Mapping[str, int]) -> Mapping[str, int]:
    """How many of each stratum, in proportion, the largest remainders first."""
    total = sum(counts.values())
    if size >= total:
        return counts
    exact = {name: size * count / total for name, count in counts.items()}
    shares = {name: int(quota) for name, quota in exact.items()}
    by_remainder: Sequence[str] = sorted(exact, key=lambda name: shares[name] - exact[name])
    for name in by_remainder[: size - sum(shares.values())]:
        shares[name] += 1
    return shares
