"""Which of the pairs is a judge asked about, if not about all?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from ugcbench_judging.agreement import to_levels
from ugcbench_judging.pairs import Pair

Stratum = tuple[str, int]


def draw_stratified(pairs: Sequence[Pair], size: int | None, seed: int = 0) -> list[Pair]:
    """`size` of the `pairs` in their order, so that every stratum has its share; None takes all.

    A stratum is a system and the level that a pair's mean score is nearest to. Its share is
    rounded down or up, by largest remainder. The draw depends on `seed` and on the set of pairs,
    not on their order. Raises `ValueError` for a size below 1.
    """
    if size is None or size >= len(pairs):
        return list(pairs)
    if size < 1:
        raise ValueError(f"a subset of {size} pairs is none; take at least 1")
    strata: dict[Stratum, list[int]] = defaultdict(list)
    for place, pair in enumerate(pairs):
        strata[pair.system, _level(pair)].append(place)
    rng = np.random.default_rng(seed)
    chosen: set[int] = set()
    for name, count in sorted(_share({n: len(m) for n, m in strata.items()}, size).items()):
        members = sorted(strata[name], key=lambda place: pairs[place].sample_id)
        chosen.update(members[at] for at in rng.permutation(len(members))[:count])
    return [pairs[place] for place in sorted(chosen)]


def draw_clips(pairs: Sequence[Pair], size: int, seed: int = 0) -> list[Pair]:
    """At most `size` pairs about different clips, at random."""
    rng = np.random.default_rng(seed)
    first: dict[str, Pair] = {}
    for at in rng.permutation(len(pairs)):
        first.setdefault(pairs[at].clip, pairs[at])
    return list(first.values())[:size]


def _level(pair: Pair) -> int:
    return int(to_levels(sum(pair.scores.values()) / len(pair.scores)))


def _share(counts: Mapping[Stratum, int], size: int) -> dict[Stratum, int]:
    """How many to take of each stratum: proportional, by largest remainder, `size` in all."""
    total = sum(counts.values())
    shares = {name: divmod(size * count, total) for name, count in counts.items()}
    taken = {name: whole for name, (whole, _) in shares.items()}
    by_remainder = sorted(shares, key=lambda name: (-shares[name][1], name))
    for name in by_remainder[: size - sum(taken.values())]:
        taken[name] += 1
    return taken
