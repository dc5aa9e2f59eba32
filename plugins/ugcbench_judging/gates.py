"""Does a judge pass the plainest of checks?

Captions of other clips must fall to the floor, and the reference, handed in as the caption, must
rise to the top. A judge that fails does not look at what it judges, whatever its other figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ugcbench.types import Frozen, Score, Unit
from ugcbench_judging.pairs import Pair, dimensions_of

Kind = Literal["shuffled", "gold"]


@dataclass(frozen=True, slots=True)
class GateRule:
    """How far scores must fall and rise, each dimension's mean for itself.

    `floor`: the second of five levels. Another clip's caption deserves the lowest, but two clips
    may well share a talking head or the absence of music. `top`: halfway between the two best
    levels, since a judge that uses the best one for less than perfection only seldom is still
    one that knows the gold when it sees it. `size` pairs about different clips are asked.
    """

    floor: float = 0.4
    top: float = 0.9
    size: int = 60


class Gate(Frozen):
    """The outcome of one check: means by dimension in [0, 1], which `bound` they must keep.

    The shuffled captions must not lie above it, the gold not below. `n` of the `asked` pairs got a
    verdict; with none the gate is not passed.
    """

    kind: Kind
    bound: Unit
    means: Mapping[str, Unit]
    n: int
    asked: int
    passed: bool


def shuffle_captions(pairs: Sequence[Pair], seed: int = 0) -> list[Pair]:
    """Every pair with the answer of another one; the pairs must be about different clips."""
    order = np.random.default_rng(seed).permutation(len(pairs)).tolist()
    following = dict(zip(order, [*order[1:], *order[:1]], strict=True))
    return [
        replace(pair, prediction=pairs[following[at]].prediction) for at, pair in enumerate(pairs)
    ]


def hand_in_gold(pairs: Sequence[Pair]) -> list[Pair]:
    """Every pair with its reference as the answer."""
    return [replace(pair, prediction=pair.reference) for pair in pairs]


def check_gate(kind: Kind, scores: Sequence[Score], rule: GateRule) -> Gate:
    """Whether the judge's scores keep the bound in every dimension."""
    judged = [dimensions_of(score) for score in scores if score.status == "ok"]
    means = {
        name: float(np.mean([parts[name] for parts in judged])) for name in (judged or [{}])[0]
    }
    bound = rule.floor if kind == "shuffled" else rule.top
    kept = [mean <= bound if kind == "shuffled" else mean >= bound for mean in means.values()]
    return Gate(
        kind=kind,
        bound=bound,
        means=means,
        n=len(judged),
        asked=len(scores),
        passed=bool(kept) and all(kept),
    )
