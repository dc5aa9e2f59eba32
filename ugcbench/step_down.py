"""Which of many differences are real, when all of them are tested together?

A hundred systems make thousands of pairs. Adjusting each pair's own p-value for their number asks
for p-values so small that millions of random draws would be needed; testing the largest difference
of all against the largest that chance gives asks for no more draws than one test does.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ugcbench.pairing import RESAMPLES, all_flips, draw_flips
from ugcbench.statistics import Values

AT_ONCE = 1 << 18
"""Statistics that are held at once: what fits into a processor's cache."""

NOTHING = 1e-12
"""A sum of squares below this share of its parts is one of rounding."""


def step_down_p(
    columns: npt.NDArray[np.float64],
    pairs: npt.NDArray[np.intp],
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Values:
    """Adjusted two-sided p-values of differences of columns, for `pairs` [tests, 2] of them.

    A row of `columns` is a cluster; a column's sum is what is compared, such as a system's average.
    Below 0.05, the probability of even one false finding among all is below 0.05, however the
    tests hang together. The statistic is the difference in units of its spread, compared with the
    largest one of all tests that aren't yet decided when whole clusters change their sign; all
    flips are counted where there are not more of them than `resamples`, otherwise so many are
    drawn.

    Source: P. H. Westfall and S. S. Young, Resampling-Based Multiple Testing (1993), the step-down
    maxT procedure; J. P. Romano and M. Wolf, Econometrica 73 (2005), 1237-1282.
    """
    first, second = pairs.T
    totals = columns.sum(axis=0)
    spread = _spread(columns, first, second)
    observed = np.abs(totals[first] - totals[second]) * spread
    order = np.argsort(observed)
    first, second, spread = first[order], second[order], spread[order]
    floor = observed[order] * (1 - 1e-9)
    hits, drawn = np.zeros(len(pairs)), 0
    exhaustive = len(columns) - 1 < math.log2(resamples + 1)
    for block in (
        [all_flips(len(columns))] if exhaustive else draw_flips(len(columns), seed, resamples)
    ):
        flipped = totals - 2 * (block.astype(np.float64) @ columns)
        drawn += len(flipped)
        for rows in np.array_split(flipped, -(-len(flipped) * len(pairs) // AT_ONCE)):
            found = np.abs(rows[:, first] - rows[:, second]) * spread
            hits += (np.maximum.accumulate(found, axis=1, out=found) >= floor).sum(axis=0)
    chances = hits / drawn if exhaustive else (hits + 1) / (drawn + 1)
    adjusted = np.empty(len(pairs))
    adjusted[order] = np.maximum.accumulate(chances[::-1])[::-1]
    return adjusted


def _spread(columns: Values, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]) -> Values:
    """One over the root of each difference's sum of squares, which no flip changes; 0 for none."""
    products = columns.T @ columns
    own = np.diag(products)
    whole = own[first] + own[second]
    squares = whole - 2 * products[first, second]
    real = squares > NOTHING * whole
    return np.where(real, 1 / np.sqrt(np.where(real, squares, 1.0)), 0.0)
