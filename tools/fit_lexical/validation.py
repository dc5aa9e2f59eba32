"""How well does the model do on systems and videos that it was not fitted to?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold

from tools.fit_lexical.fitting import fit
from tools.fit_lexical.measuring import Matrix, Measured
from tools.fit_lexical.recorded import DIMENSIONS, Judged
from ugcbench_judging.agreement import measure_agreement, spearman, spearman_within
from ugcbench_models.lexical.levels import HIGH

FOLDS = 5
DIGITS = 4

Split = tuple[Sequence[int], Sequence[int]]
"""Rows to fit, rows to predict."""


def assign_folds(pairs: Sequence[Judged]) -> dict[str, int]:
    """The fold of each video, by scikit-learn's GroupKFold."""
    videos = [pair.video for pair in pairs]
    folds: dict[str, int] = {}
    splits = GroupKFold(FOLDS).split(videos, groups=videos)
    for fold, (_, held_out) in enumerate(splits):
        folds.update({videos[row]: fold for row in held_out})
    return folds


def cross_validate(measured: Measured, splits: Iterator[Split]) -> Matrix:
    """Predicted levels of every row by a model that was not fitted to it."""
    predicted = np.full(measured.levels.shape, np.nan)
    for fitted, held_out in splits:
        rows = [row for row in fitted if measured.weights[row] > 0]
        predicted[held_out] = fit(measured.only(rows)).predict(measured.only(held_out))
    return predicted


def split_rows(pairs: Sequence[Judged], folds: Mapping[str, int]) -> dict[str, Iterator[Split]]:
    """By name, what is held out together: systems, videos, or both at once."""
    systems = [pair.system for pair in pairs]
    parts = [folds[pair.video] for pair in pairs]
    both = list(zip(systems, parts, strict=True))
    return {
        "system": _leave_out(systems, lambda mine, other: mine != other),
        "video": _leave_out(parts, lambda mine, other: mine != other),
        "system and video": _leave_out(
            both, lambda mine, other: mine[0] != other[0] and mine[1] != other[1]
        ),
    }


def measure_levels(pairs: Sequence[Judged], predicted: Matrix) -> dict[str, Any]:
    """Agreement by dimension, of whole levels as the judge gives them and before rounding."""
    return {
        name: {
            **_agree(pairs, place, round_levels(predicted)),
            "before_rounding": _agree(pairs, place, predicted),
            "means": _means(pairs, place, round_levels(predicted)),
        }
        for place, name in enumerate(DIMENSIONS)
    }


def correlate(pairs: Sequence[Judged], scores: Sequence[float]) -> dict[str, list[float]]:
    """Spearman of one score with each dimension, over all pairs and within systems."""
    systems = [pair.system for pair in pairs]
    mine = np.array(scores)
    found: dict[str, list[float]] = {}
    for place, name in enumerate(DIMENSIONS):
        theirs = np.array([pair.levels[place] for pair in pairs])
        found[name] = _rounded([spearman(theirs, mine), spearman_within(theirs, mine, systems)])
    return found


def mean_levels(kinds: Sequence[str], predicted: Matrix) -> dict[str, dict[str, float]]:
    """Mean whole level by kind of text and dimension."""
    of = np.array(kinds)
    return {
        kind: dict(
            zip(
                DIMENSIONS,
                _rounded(round_levels(predicted[of == kind]).mean(axis=0).tolist()),
                strict=True,
            )
        )
        for kind in dict.fromkeys(kinds)
    }


def round_levels(predicted: Matrix) -> Matrix:
    """Whole levels, rounded as the judge does."""
    return np.asarray(1.0 + np.rint(predicted - 1.0))


def _leave_out(labels: Sequence[Any], may_fit: Callable[[Any, Any], bool]) -> Iterator[Split]:
    """For each label its rows, and the rows whose label may be fitted to meanwhile."""
    for held_out in sorted(set(labels)):
        fitted = [row for row, label in enumerate(labels) if may_fit(label, held_out)]
        yield fitted, [row for row, label in enumerate(labels) if label == held_out]


def _agree(pairs: Sequence[Judged], place: int, predicted: Matrix) -> dict[str, Any]:
    agreement = measure_agreement(
        [pair.levels[place] / HIGH for pair in pairs],
        predicted[:, place] / HIGH,
        [pair.system for pair in pairs],
        [pair.video for pair in pairs],
    )
    found: dict[str, Any] = _rounded(agreement.model_dump(mode="json"))
    return found


def _means(pairs: Sequence[Judged], place: int, predicted: Matrix) -> dict[str, list[float]]:
    """Mean recorded and mean predicted level of each system."""
    systems = np.array([pair.system for pair in pairs])
    recorded = np.array([pair.levels[place] for pair in pairs])
    return {
        str(name): _rounded(
            [recorded[systems == name].mean(), predicted[systems == name, place].mean()]
        )
        for name in np.unique(systems)
    }


def _rounded(value: Any) -> Any:  # noqa: ANN401
    """JSON with its numbers rounded."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return round(float(value), DIGITS) if isinstance(value, float) else value
