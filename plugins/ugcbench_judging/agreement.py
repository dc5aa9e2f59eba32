"""How well do two judges agree on the same answers?

All scores lie in [0, 1]; a level is the nearest of 0, 1, ... 5 fifths. Every function is total:
where a measure is not defined, such as a correlation with a constant, it is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from ugcbench.types import Frozen

Scores = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int64]
Labels = Sequence[str] | npt.NDArray[np.str_]

STEPS = 5
"""Into how many levels [0, 1] is divided."""

DRAWS = 1000
"""How often the clips are drawn again for an interval."""

BLOCK = 1 << 21
"""How many clip weights are held at once."""


class LevelBias(Frozen):
    """By how much the judge departs on average where the anchor gave `level`."""

    level: int
    n: int
    bias: float


class RankAgreement(Frozen):
    """Kendall's tau-b between the systems' means, with a 95 % bootstrap interval over clips."""

    tau: float
    low: float | None
    high: float | None
    systems: int


class Agreement(Frozen):
    """One judge beside an anchor on `n` answers.

    `exact` and `within_one` are shares of answers by level, `kappa` is Cohen's with quadratic
    weights, `alpha` Krippendorff's for ordinal levels. `spearman` is over all answers,
    `spearman_within` the mean over systems of that within each. `bias` is the judge's mean minus
    the anchor's, on the scale of [0, 1].
    """

    n: int
    exact: float | None
    within_one: float | None
    kappa: float | None
    spearman: float | None
    spearman_within: float | None
    alpha: float | None
    bias: float | None
    bias_by_level: tuple[LevelBias, ...]
    rank: RankAgreement | None


class Retest(Frozen):
    """How a judge agrees with itself when asked again: over all two repeats of the same answer.

    `n` answers got a verdict in every repeat. `difference` is the mean absolute difference in
    [0, 1], `exact` the share of equal levels, `alpha` Krippendorff's over the repeats.
    """

    n: int
    repeats: int
    difference: float | None
    exact: float | None
    alpha: float | None


def measure_agreement(
    anchor: npt.ArrayLike,
    judge: npt.ArrayLike,
    systems: Labels,
    clips: Labels,
    *,
    seed: int = 0,
) -> Agreement:
    """All measures of `judge` against `anchor`, given the system and the clip of each answer."""
    theirs, ours = np.asarray(anchor, np.float64), np.asarray(judge, np.float64)
    first, second = to_levels(theirs), to_levels(ours)
    gaps = np.abs(first - second)
    return Agreement(
        n=len(theirs),
        exact=mean_or_none(gaps == 0),
        within_one=mean_or_none(gaps <= 1),
        kappa=weighted_kappa(first, second),
        spearman=spearman(theirs, ours),
        spearman_within=spearman_within(theirs, ours, systems),
        alpha=ordinal_alpha(np.stack([first, second]).astype(np.float64)),
        bias=mean_or_none(ours - theirs),
        bias_by_level=bias_by_level(theirs, ours),
        rank=rank_agreement(theirs, ours, systems, clips, seed=seed),
    )


def measure_retest(repeats: npt.ArrayLike) -> Retest | None:
    """A judge against itself: `repeats` x answers, NaN where it gave no verdict; None for one."""
    scores = np.asarray(repeats, np.float64)
    if len(scores) < 2:
        return None
    both = [
        pair[:, ~np.isnan(pair).any(axis=0)]
        for pair in (scores[list(places)] for places in combinations(range(len(scores)), 2))
    ]
    first, second = np.concatenate(both, axis=1)
    levels = np.where(np.isnan(scores), np.nan, to_levels(np.nan_to_num(scores)))
    return Retest(
        n=int((~np.isnan(scores)).all(axis=0).sum()),
        repeats=len(scores),
        difference=mean_or_none(np.abs(first - second)),
        exact=mean_or_none(to_levels(first) == to_levels(second)),
        alpha=ordinal_alpha(levels),
    )


def to_levels(scores: npt.ArrayLike) -> Levels:
    """The nearest level of each score, half a level counting up."""
    return np.floor(np.asarray(scores, np.float64) * STEPS + 0.5 + 1e-9).astype(np.int64)


def mean_or_none(values: npt.ArrayLike) -> float | None:
    """The mean, None for no values."""
    numbers = np.asarray(values, np.float64)
    return float(numbers.mean()) if numbers.size else None


def weighted_kappa(first: Levels, second: Levels) -> float | None:
    """Cohen's kappa with quadratic weights; None if both are one and the same constant."""
    from sklearn.metrics import cohen_kappa_score

    if len(np.union1d(first, second)) < 2:
        return None
    every = list(range(min(first.min(), second.min()), max(first.max(), second.max()) + 1))
    return float(cohen_kappa_score(first, second, labels=every, weights="quadratic"))


def spearman(first: Scores, second: Scores) -> float | None:
    """Spearman's rank correlation with ties at their mean rank; None with a constant."""
    from scipy.stats import rankdata

    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])


def spearman_within(first: Scores, second: Scores, systems: Labels) -> float | None:
    """The mean over systems of the correlation within each, where there is one."""
    of = np.asarray(systems)
    found = [spearman(first[of == name], second[of == name]) for name in np.unique(of)]
    return mean_or_none([value for value in found if value is not None])


def ordinal_alpha(levels: Scores) -> float | None:
    """Krippendorff's alpha of ordinal levels, raters x answers, NaN for missing ones.

    None if fewer than two answers have two ratings, or all of those are the same.
    """
    import krippendorff

    rated = levels[:, (~np.isnan(levels)).sum(axis=0) >= 2]
    if rated.shape[1] < 2 or len(np.unique(rated[~np.isnan(rated)])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=rated, level_of_measurement="ordinal"))


def bias_by_level(anchor: Scores, judge: Scores) -> tuple[LevelBias, ...]:
    """The judge's mean minus the anchor's for each level that the anchor gave."""
    levels = to_levels(anchor)
    return tuple(
        LevelBias(
            level=int(level),
            n=int((levels == level).sum()),
            bias=float((judge - anchor)[levels == level].mean()),
        )
        for level in np.unique(levels)
    )


def rank_agreement(
    anchor: Scores,
    judge: Scores,
    systems: Labels,
    clips: Labels,
    *,
    seed: int = 0,
    draws: int = DRAWS,
) -> RankAgreement | None:
    """Kendall's tau-b of the systems' means; None for fewer than two systems or equal means.

    The interval holds the middle 95 % of the `draws` in which tau is defined; its bounds are None
    if tau is undefined in more than half of them, or there are fewer than two clips.
    """
    _, system = np.unique(np.asarray(systems), return_inverse=True)
    names, clip = np.unique(np.asarray(clips), return_inverse=True)
    theirs, ours = (_by_clip(system, clip, values) for values in (anchor, judge))
    counts = _by_clip(system, clip, np.ones(len(anchor)))
    every = np.ones((1, len(names)))
    tau = float(_drawn_taus(every, theirs, ours, counts)[0]) if len(names) else np.nan
    if np.isnan(tau):
        return None
    low, high = _tau_interval(theirs, ours, counts, seed, draws)
    return RankAgreement(tau=tau, low=low, high=high, systems=len(counts))


def _tau_interval(
    anchor: Scores, judge: Scores, counts: Scores, seed: int, draws: int
) -> tuple[float, float] | tuple[None, None]:
    clips = counts.shape[1]
    rng = np.random.default_rng(seed)
    rows = max(1, BLOCK // clips)
    blocks = [min(rows, draws - start) for start in range(0, draws, rows)]
    weights = (rng.multinomial(clips, np.full(clips, 1 / clips), size=size) for size in blocks)
    drawn = np.concatenate([_drawn_taus(block, anchor, judge, counts) for block in weights])
    known = drawn[~np.isnan(drawn)]
    if clips < 2 or 2 * len(known) < draws:
        return None, None
    low, high = np.quantile(known, (0.025, 0.975)).tolist()
    return low, high


def _by_clip(system: npt.NDArray[np.intp], clip: npt.NDArray[np.intp], values: Scores) -> Scores:
    """Sums of `values`, systems x clips."""
    sums = np.zeros((system.max(initial=-1) + 1, clip.max(initial=-1) + 1))
    np.add.at(sums, (system, clip), values)
    return sums


def _drawn_taus(weights: npt.ArrayLike, anchor: Scores, judge: Scores, counts: Scores) -> Scores:
    """Tau-b for each row of clip weights, NaN where a mean is missing or all means are equal."""
    drawn = np.asarray(weights, np.float64)
    known = drawn @ counts.T
    left, right = np.triu_indices(len(counts), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        signs = [
            np.sign(np.round(means[:, left] - means[:, right], 12))
            for means in ((drawn @ sums.T) / known for sums in (anchor, judge))
        ]
        size = [(sign * sign).sum(axis=1) for sign in signs]
        taus: Scores = (signs[0] * signs[1]).sum(axis=1) / np.sqrt(size[0] * size[1])
    return taus
