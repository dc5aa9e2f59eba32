"""How sure is a mean?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean of `n` values with its confidence interval; the bounds are None where the values do
    not allow one.
    """

    mean: float
    low: float | None
    high: float | None
    n: int


def mean_interval(
    values: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    confidence: float = 0.95,
    *,
    weights: npt.ArrayLike | None = None,
) -> Interval:
    """The mean of `values` and a two-sided interval for it.

    Scores lie in [0, 1], and then so does the interval; rates of error may lie above.

    `clusters` says for each value to which cluster it belongs (several questions about one clip);
    without it, every value is its own. Values of 0 and 1 only, each its own cluster, get the Wilson
    score interval; all others the t interval with the cluster-robust variance of a ratio (sum of
    values by number of values) and G - 1 degrees of freedom for G clusters. Values that are all 0
    or all 1 have no spread for that, so in larger clusters too they get Wilson's, of G trials.
    Other values that are all equal say nothing about their spread: no bounds, and none either with
    fewer than two clusters.

    `weights`, positive numbers, make it a ratio of sums (of weight times value by weight). Where
    they differ, only values that are all 0 or all 1 get Wilson's interval.

    Raises `ValueError` for no values, negative or infinite ones, lengths that differ, or a
    confidence outside (0, 1).
    Source: W. G. Cochran, Sampling Techniques, 3rd ed. 1977, chapters 6 and 9A (ratio estimate for
    clusters of unequal size); `wilson_interval`.
    """
    numbers = _checked(values, confidence)
    n, shares = len(numbers), _shares(weights, len(numbers))
    mean = float(numbers.mean() if weights is None else np.average(numbers, weights=shares))
    deviations = _sum_by_cluster(shares * (numbers - mean), clusters)
    groups = len(deviations)
    if groups < 2:
        return Interval(mean, None, None, n)
    binary = bool(np.all((numbers == 0) | (numbers == 1)))
    plain = groups == n and bool(np.all(shares == shares[0]))
    if binary and (plain or mean in (0.0, 1.0)):
        low, high = wilson_interval(mean, groups, confidence)
    elif np.ptp(numbers) == 0:
        return Interval(mean, None, None, n)
    else:
        low, high = _t_interval(mean, deviations, confidence)
        high = min(high, 1.0) if numbers.max() <= 1 else high
    return Interval(mean, low, high, n)


def wilson_interval(share: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The Wilson score interval of a share observed in `n` independent trials.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    JASA 22 (1927), 209-212.
    """
    z = float(ndtri((1 + confidence) / 2))
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At a share of 0 or 1 the bound is that share; rounding must not move it.
    low = 0.0 if share == 0 else (centre - half) / scale
    high = 1.0 if share == 1 else (centre + half) / scale
    return low, high


def _shares(weights: npt.ArrayLike | None, n: int) -> Values:
    """What share of the mean each of `n` values makes."""
    if weights is None:
        return np.full(n, 1 / n)
    numbers = np.asarray(weights, np.float64)
    if numbers.shape != (n,) or not bool(np.all((numbers > 0) & np.isfinite(numbers))):
        raise ValueError(f"the weights must be {n} positive finite numbers, one for each value")
    return np.asarray(numbers / numbers.sum(), np.float64)


def _t_interval(mean: float, deviations: Values, confidence: float) -> tuple[float, float]:
    """`deviations` are the clusters' parts in the error of the mean."""
    groups = len(deviations)
    variance = groups / (groups - 1) * float(deviations @ deviations)
    half = float(stdtrit(groups - 1, (1 + confidence) / 2)) * math.sqrt(variance)
    return max(0.0, mean - half), mean + half


def _sum_by_cluster(deviations: Values, clusters: npt.ArrayLike | None) -> Values:
    if clusters is None:
        return deviations
    labels = np.asarray(clusters)
    if labels.shape != deviations.shape:
        raise ValueError(
            f"the cluster labels have the shape {labels.shape}; give one for each of the "
            f"{len(deviations)} values"
        )
    _, members = np.unique(labels, return_inverse=True)
    return np.bincount(members, weights=deviations).astype(np.float64)


def _checked(values: npt.ArrayLike, confidence: float) -> Values:
    numbers = np.asarray(values, np.float64)
    if numbers.ndim != 1 or len(numbers) == 0:
        raise ValueError("a mean needs a flat array of at least one value")
    if not bool(np.all((numbers >= 0) & np.isfinite(numbers))):
        raise ValueError("the values must be finite numbers of at least 0")
    if not 0 < confidence < 1:
        raise ValueError(f"the confidence is {confidence}; give a number between 0 and 1")
    return numbers
