"""Is one system better than another on the same clips, or could that be chance?

Two systems find the same clips hard, so their difference on the clips that both answered is known
far better than either's score. Answers about one clip hang together: clips are what is counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from ugcbench.statistics import Interval, Values

RESAMPLES = 9_999
"""Random sign flips of a test; with the data as they are, that makes 10,000."""

FLIPS_PER_TEST = 200
"""So many of them for each test of a table, or its adjusted p-values could not become small."""

BLOCK = 1 << 22
"""How many random signs are held at once."""

SPREADLESS = 1e-12
"""A standard error below this is one of rounding."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of `n` paired differences in `clusters` clusters, with its confidence interval.

    `p` is the probability of a difference at least as large, in either direction, were the two
    systems the same. `detectable` is the true difference that such data would find four times in
    five. Bounds and `detectable` are None where the values do not allow them.
    """

    mean: float
    low: float | None
    high: float | None
    p: float
    n: int
    clusters: int
    detectable: float | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """A mean of `n` differences (or of values), taken apart by cluster.

    `shares` add up to the mean; `errors` are the clusters' parts in its error and add up to 0; both
    are 0 for a cluster that holds none of the `n`. `present` says which clusters hold some. No
    difference can be larger than `limit`. Contrasts over the same clusters can be averaged and
    tested together.
    """

    shares: Values
    errors: Values
    present: npt.NDArray[np.bool_]
    n: int
    limit: float = 1.0


def paired_difference(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> Difference:
    """The mean of `first - second`, two systems' values in [0, 1] for the same samples in order.

    `clusters` says for each sample to which cluster (clip) it belongs; without it, each is its own.

    The interval is the t interval with the cluster-robust variance and G - 1 degrees of freedom for
    G clusters: with one sample a cluster, that is the paired t interval. A bootstrap over clusters
    would agree with it at hundreds of clips and be too narrow at ten, and it would move with the
    seed. The p-value is that of a sign flip of whole clusters, which assumes no distribution: with
    values of 0 and 1 it is McNemar's exact test. All flips are counted where there are not more of
    them than `resamples`, otherwise so many are drawn. At the edge of significance interval and
    p-value can disagree, for they ask in two ways.

    Raises `ValueError` for no values, values outside [0, 1] or lengths that differ.
    Source: B. Phipson and G. K. Smyth, Permutation p-values should never be zero, Statistical
    Applications in Genetics and Molecular Biology 9 (2010); `ugcbench.statistics.mean_interval`.
    """
    differences = _differences(first, second)
    labels = np.arange(len(differences)) if clusters is None else np.asarray(clusters)
    return assess_contrasts([contrast(differences, labels)], seed, resamples, confidence)[0]


def contrast(
    differences: Values,
    clusters: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    weights: Values | None = None,
) -> Contrast:
    """The mean of `differences`, taken apart by cluster.

    `labels` are all clusters that the contrast shall know of, sorted; by default those that occur.
    With `weights`, all positive, it is a ratio of sums.
    """
    known, members = np.unique(np.asarray(clusters), return_inverse=True)
    everyone = known if labels is None else np.asarray(labels)
    if members.shape != differences.shape:
        raise ValueError(f"{members.size} cluster labels for {len(differences)} differences")
    at = np.searchsorted(everyone, known)
    n = len(differences)
    parts = np.full(n, 1 / n) if weights is None else weights / weights.sum()
    mean = differences.mean() if weights is None else np.average(differences, weights=weights)

    def place(values: Values) -> Values:
        placed = np.zeros(len(everyone))
        placed[at] = np.bincount(members, weights=values * parts)
        return placed

    present = np.zeros(len(everyone), np.bool_)
    present[at] = True
    limit = 1.0 if np.all(np.abs(differences) <= 1) else math.inf
    return Contrast(place(differences), place(differences - mean), present, n, limit)


def average_contrast(parts: Sequence[Contrast]) -> Contrast:
    """The difference of two systems' averages over columns, each column with the same weight."""
    return Contrast(
        np.mean([part.shares for part in parts], axis=0),
        np.mean([part.errors for part in parts], axis=0),
        np.any([part.present for part in parts], axis=0),
        sum(part.n for part in parts),
        max(part.limit for part in parts),
    )


def assess_contrasts(
    contrasts: Sequence[Contrast], seed: int, resamples: int, confidence: float
) -> list[Difference]:
    """The differences that `contrasts` over the same clusters stand for; see `paired_difference`.

    All are tested with the same sign flips, so a table costs little more than one cell.
    """
    if not contrasts:
        return []
    chances = sign_flip_p(np.stack([part.shares for part in contrasts], axis=1), seed, resamples)
    return [
        _difference(part, p, confidence)
        for part, p in zip(contrasts, chances.tolist(), strict=True)
    ]


def enough_flips(tests: int) -> int:
    """How many random sign flips a table of so many tests needs.

    The smallest p-value that drawing can give, times the number of tests, is then at most 0.005.
    """
    return max(RESAMPLES, FLIPS_PER_TEST * tests - 1)


def contrast_interval(part: Contrast, confidence: float = 0.95) -> Interval:
    """The sum of a contrast's shares with its cluster-robust t interval, not cut to any range."""
    mean, clusters = float(part.shares.sum()), int(part.present.sum())
    error = _standard_error(part)
    if error is None:
        return Interval(mean, None, None, part.n)
    half = float(stdtrit(clusters - 1, (1 + confidence) / 2)) * error
    return Interval(mean, mean - half, mean + half, part.n)


def sign_flip_p(sums: npt.NDArray[np.float64], seed: int, resamples: int) -> Values:
    """Two-sided p-values of the columns of `sums` (clusters x tests) under flips of sign.

    Each row is a cluster's sum of differences; all columns are tested with the same flips.
    """
    chances = np.ones(sums.shape[1])
    drawn = []
    for column, values in enumerate(sums.T):
        moving = values[values != 0]
        if len(moving) - 1 < math.log2(resamples + 1):
            chances[column] = _exact_p(moving)
        else:
            drawn.append(column)
    if drawn:
        chances[drawn] = _drawn_p(sums[:, drawn], seed, resamples)
    return chances


def holm(chances: npt.ArrayLike) -> Values:
    """p-values adjusted for the number of tests: below 0.05, the probability of even one false
    finding among them is below 0.05, however the tests hang together.

    Source: S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal
    of Statistics 6 (1979), 65-70.
    """
    values = np.asarray(chances, np.float64)
    order = np.argsort(values, kind="stable")
    stepped = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


def detectable_difference(
    deviation: float, n: int, *, power: float = 0.8, confidence: float = 0.95
) -> float:
    """The smallest true difference that a paired comparison finds with probability `power`.

    `deviation` is the standard deviation of the paired differences of `n` samples; the test is
    two-sided with significance level 1 - `confidence`. Raises `ValueError` for fewer than 2.
    Source: H. S. Bloom, Minimum detectable effects, Evaluation Review 19 (1995), 547-556.
    """
    if n < 2:
        raise ValueError("a detectable difference needs at least two samples")
    multiple = stdtrit(n - 1, (1 + confidence) / 2) + stdtrit(n - 1, power)
    return float(multiple) * deviation / math.sqrt(n)


def _differences(first: npt.ArrayLike, second: npt.ArrayLike) -> Values:
    left, right = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if left.ndim != 1 or left.shape != right.shape or not len(left):
        raise ValueError("a paired difference needs two flat arrays of the same length, not empty")
    for values in (left, right):
        if not bool(np.all((values >= 0) & (values <= 1))):
            raise ValueError("the values must be finite numbers between 0 and 1")
    return left - right


def _difference(part: Contrast, p: float, confidence: float) -> Difference:
    clusters, error = int(part.present.sum()), _standard_error(part)
    found = contrast_interval(part, confidence)
    low = high = detectable = None
    if found.low is not None and found.high is not None and error is not None:
        low, high = max(-part.limit, found.low), min(part.limit, found.high)
        detectable = detectable_difference(error * math.sqrt(clusters), clusters)
    return Difference(found.mean, low, high, p, part.n, clusters, detectable)


def _standard_error(part: Contrast) -> float | None:
    """Cluster-robust; None if there is no spread to take it from."""
    clusters = int(part.present.sum())
    if clusters < 2:
        return None
    error = math.sqrt(clusters / (clusters - 1) * float(part.errors @ part.errors))
    return error if error > SPREADLESS else None


def _exact_p(sums: Values) -> float:
    """Of all flips the share that lies as far out; one sign stays, since the two sides mirror."""
    count = len(sums)
    return float(np.mean(_as_far_out(all_flips(count), sums[:, None])))


def all_flips(clusters: int) -> npt.NDArray[np.int64]:
    """Every flip of so many signs [flips, clusters], as 0 and 1, but for those of all of them."""
    return np.arange(2 ** max(clusters - 1, 0))[:, None] >> np.arange(clusters) & 1


def _drawn_p(sums: npt.NDArray[np.float64], seed: int, resamples: int) -> Values:
    hits = np.zeros(sums.shape[1])
    for flips in draw_flips(len(sums), seed, resamples):
        hits += _as_far_out(flips, sums).sum(axis=0)
    return (hits + 1) / (resamples + 1)


def draw_flips(clusters: int, seed: int, resamples: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Random flips of so many signs [flips, clusters], as 0 and 1, in blocks."""
    rng = np.random.default_rng(seed)
    rows = max(1, BLOCK // clusters)
    for start in range(0, resamples, rows):
        shape = (min(rows, resamples - start), -(-clusters // 8))
        octets = rng.integers(0, 256, shape, np.uint8)
        yield np.unpackbits(octets, axis=1, count=clusters)


def _as_far_out(
    flips: npt.NDArray[np.integer], sums: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Which flips (rows of 0 and 1) give a sum at least as far from 0 as the data's, by column."""
    total = sums.sum(axis=0)
    flipped = total - 2 * (flips.astype(np.float64) @ sums)
    rounding = 1e-9 * np.abs(sums).sum(axis=0)
    return np.asarray(np.abs(flipped) >= np.abs(total) - rounding)
