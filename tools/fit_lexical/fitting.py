"""How do coefficients come from pairs and levels?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from sklearn.linear_model import Ridge

from tools.fit_lexical.measuring import Matrix, Measured, mark_words
from ugcbench_models.lexical.levels import FARTHEST, Column, Effect, spread

PENALTY = 30.0
"""Strength of the L2 penalty (`alpha`) on standardised features."""

WORD_SCALE = 0.2
"""What a word counts beside a standard deviation of a feature: how freely it is fitted."""

MADE_WEIGHT = 0.1
"""What a made text counts beside a recorded one."""

FREQUENT = 0.025
"""Share of the references that must hold a word for it to get coefficients of its own."""

STRETCH = 1.5
"""Set by hand: about what brings the spread of whole levels to that of verdicts."""

DIGITS = 4
"""Decimals of what is shipped."""

PARAMETERS = {
    "penalty": PENALTY,
    "word scale": WORD_SCALE,
    "weight of made texts": MADE_WEIGHT,
    "share of references that hold a word": FREQUENT,
}
"""What a fit depends on beside its inputs."""

SMALLEST = 1e-6
"""Standard deviation of a feature that does not vary."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model; the parts are those of `Coefficients`."""

    intercepts: Sequence[float]
    features: Mapping[str, Column]
    words: Mapping[str, Effect]

    def predict(self, measured: Measured) -> Matrix:
        """Levels, pairs x dimensions, before they are rounded."""
        columns = list(self.features.values())
        design = _design(measured, columns, list(self.words))
        slopes = [column.coefficients for column in columns]
        slopes += [effect.found for effect in self.words.values()]
        slopes += [effect.missed for effect in self.words.values()]
        levels = design @ np.array(slopes) + np.array(self.intercepts)
        rows = zip(levels.tolist(), measured.lost.tolist(), strict=True)
        return np.array([spread(row, STRETCH, lost) for row, lost in rows])


def fit(measured: Measured) -> Fit:
    """Fit every dimension; scales and choice of words come from the given pairs alone."""
    columns = _scale(measured)
    words = _frequent(measured)
    free = np.r_[np.ones(len(columns)), np.full(2 * len(words), WORD_SCALE)]
    design = _design(measured, columns, words) @ scipy.sparse.diags(free)
    ridge = Ridge(alpha=PENALTY, solver="sparse_cg", tol=1e-10, max_iter=10_000)
    ridge.fit(design.tocsr(), measured.levels, sample_weight=measured.weights)
    slopes = [_rounded(row) for row in (ridge.coef_ * free).T]
    found, missed = slopes[len(columns) :][: len(words)], slopes[len(columns) + len(words) :]
    return Fit(
        intercepts=_rounded(ridge.intercept_),
        features={
            name: column.model_copy(update={"coefficients": slope})
            for name, column, slope in zip(measured.names, columns, slopes, strict=False)
        },
        words={
            word: Effect(found=found[place], missed=missed[place])
            for place, word in enumerate(words)
        },
    )


def _scale(measured: Measured) -> list[Column]:
    """Weighted mean and standard deviation of each feature, still without coefficients."""
    known = ~np.isnan(measured.features)
    values = np.where(known, measured.features, 0.0)
    weights = known * measured.weights[:, np.newaxis]
    total = np.maximum(weights.sum(axis=0), SMALLEST)
    means = (weights * values).sum(axis=0) / total
    deviations = np.sqrt((weights * (values - means) ** 2).sum(axis=0) / total)
    return [
        Column(mean=mean, deviation=max(deviation, SMALLEST), coefficients=())
        for mean, deviation in zip(_rounded(means), _rounded(deviations), strict=True)
    ]


def _frequent(measured: Measured) -> list[str]:
    """The words that many references of recorded pairs hold."""
    recorded = np.flatnonzero(measured.weights == 1.0).tolist()
    counts = Counter(
        word for row in recorded for word in measured.found[row] | measured.missed[row]
    )
    return sorted(word for word, count in counts.items() if count >= FREQUENT * len(recorded))


def _design(
    measured: Measured, columns: Sequence[Column], words: Sequence[str]
) -> scipy.sparse.csr_matrix:
    """Pairs x (standardised features, words found, words missed)."""
    means = np.array([column.mean for column in columns])
    deviations = np.array([column.deviation for column in columns])
    features = np.nan_to_num((measured.features - means) / deviations).clip(-FARTHEST, FARTHEST)
    marks = [mark_words(words_of, words) for words_of in (measured.found, measured.missed)]
    return scipy.sparse.hstack([scipy.sparse.csr_matrix(features), *marks]).tocsr()


def _rounded(values: Matrix) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
