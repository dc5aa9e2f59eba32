"""Which score would the anchor judge have given, where another judge gave this one?

A score map is a rising or at least simple curve: the anchor's expected score for each score of the
other judge. It is kept as its values at a few knots, between which it is a straight line and beyond
which it is flat, so that applying it needs no library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Method = Literal["isotonic", "ordinal"]
METHODS: tuple[Method, ...] = ("isotonic", "ordinal")

KNOTS = 33
"""So many knots at most; a judge of five levels needs five."""

LEVELS = 25
"""An anchor with more distinct scores than this gives no levels to fit a cumulative logit to."""

RIDGE = 1e3
"""The inverse strength of the penalty that keeps the logits of separable data finite."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Both judges' scores of the same answers in one dimension, prepared for many weighted fits.

    `scores` are the distinct scores of the judge, `at` says which of them each answer has;
    `anchor` are the anchor's scores, `levels` the distinct ones, `level` which each answer has.
    """

    scores: Floats
    at: npt.NDArray[np.intp]
    anchor: Floats
    levels: Floats
    level: npt.NDArray[np.intp]

    @classmethod
    def of(cls, judge: Floats, anchor: Floats) -> Paired:
        """The paired scores of two arrays of the same length."""
        scores, at = np.unique(judge, return_inverse=True)
        levels, level = np.unique(anchor, return_inverse=True)
        return cls(scores, at, anchor, levels, level)

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods that can be fitted to them."""
        return METHODS if len(self.levels) <= LEVELS else ("isotonic",)


def choose_knots(scores: Floats) -> Floats:
    """The distinct scores, or as many quantiles of them as there may be knots."""
    distinct = np.unique(scores)
    if len(distinct) <= KNOTS:
        return distinct
    return np.unique(np.quantile(scores, np.linspace(0, 1, KNOTS)))


def fit_map(method: Method, paired: Paired, weights: Floats, knots: Floats) -> Floats:
    """The anchor's expected score at each knot, fitted to the answers with their weights.

    `isotonic` is the best rising step curve by least squares; `ordinal` the proportional-odds model
    of the anchor's levels, fitted to all its thresholds at once. At least one weight must be
    positive. Source: P. McCullagh, Regression models for ordinal data, JRSS B 42 (1980), 109-142.
    """
    fit = _isotonic if method == "isotonic" else _ordinal
    return np.clip(fit(paired, weights, knots), 0.0, 1.0)


def apply_map(scores: Floats, knots: Sequence[float] | Floats, values: Floats) -> Floats:
    """The mapped scores."""
    return np.interp(scores, knots, values)


def knot_shares(scores: Floats, knots: Sequence[float]) -> Floats:
    """How much of each knot's value is in each mapped score (scores x knots); rows add up to 1."""
    return np.stack([np.interp(scores, knots, row) for row in np.eye(len(knots))], axis=1)


def _isotonic(paired: Paired, weights: Floats, knots: Floats) -> Floats:
    from sklearn.isotonic import IsotonicRegression

    count = len(paired.scores)
    totals = np.bincount(paired.at, weights, count)
    sums = np.bincount(paired.at, weights * paired.anchor, count)
    seen = totals > 0
    curve = IsotonicRegression(out_of_bounds="clip")
    curve.fit(paired.scores[seen], sums[seen] / totals[seen], sample_weight=totals[seen])
    return np.asarray(curve.predict(knots), np.float64)


def _ordinal(paired: Paired, weights: Floats, knots: Floats) -> Floats:
    """One logistic regression in which each threshold has its intercept and all share the slope."""
    from sklearn.linear_model import LogisticRegression

    scores, levels = paired.scores, paired.levels
    steps = len(levels) - 1
    if not steps:
        return np.full(len(knots), levels[0])
    cells = paired.at * len(levels) + paired.level
    table = np.bincount(cells, weights, len(scores) * len(levels)).reshape(len(scores), -1)
    above = table[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    below = table.sum(axis=1, keepdims=True) - above
    rows = _threshold_rows(scores, steps)
    model = LogisticRegression(C=RIDGE, fit_intercept=False, solver="newton-cholesky")
    model.fit(
        np.concatenate([rows, rows]),
        np.repeat([1, 0], len(rows)),
        sample_weight=np.concatenate([above.ravel(), below.ravel()]),
    )
    chances = model.predict_proba(_threshold_rows(knots, steps))[:, 1].reshape(-1, steps)
    return np.asarray(levels[0] + chances @ np.diff(levels), np.float64)


def _threshold_rows(scores: Floats, steps: int) -> Floats:
    """For each score and each threshold one row: the score, and which threshold it is."""
    thresholds = np.tile(np.eye(steps), (len(scores), 1))
    return np.column_stack([np.repeat(scores, steps), thresholds])
