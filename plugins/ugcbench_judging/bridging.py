"""How is a bridge between two judges fitted to a calibration?

Everything is fitted by weights: a bootstrap of clips, a fold, or a left-out system is a vector of
weights of the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ugcbench.errors import UsageError
from ugcbench.plans import read_config
from ugcbench.protocol import digest
from ugcbench_judging.bridged_means import bridge_mean
from ugcbench_judging.bridges import Bridge, Curves, LeftOut, MapError, ScoreMap
from ugcbench_judging.calibration import JudgedPair, read_calibration, read_judged_pairs
from ugcbench_judging.score_maps import (
    Floats,
    Method,
    Paired,
    apply_map,
    choose_knots,
    fit_map,
)

Names = npt.NDArray[np.str_]
RESAMPLES = 200
FOLDS = 5
SYSTEMS = 3
"""A bridge needs captions of at least so many systems: fewer say nothing about another system."""

DIGITS = 9
"""Numbers are kept with so many decimals, so that machines agree about them and the hash."""

AVERAGE = "average"
"""The mean of all dimensions, where there are several."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What two judges found in the same answers.

    `judge` and `anchor` hold scores in [0, 1] (answers x dimensions); `systems` and `clips` name
    the system that each answer is by and the clip that it is about.
    """

    dimensions: tuple[str, ...]
    systems: Names
    clips: Names
    judge: Floats
    anchor: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """The systems, sorted."""
        return tuple(np.unique(self.systems).tolist())

    def only(self, rows: npt.NDArray[np.bool_]) -> Scores:
        """Those answers alone."""
        kept = (self.systems[rows], self.clips[rows], self.judge[rows], self.anchor[rows])
        return Scores(self.dimensions, *kept)


def bridge_calibration(
    path: Path, method: Literal["auto"] | Method = "auto", seed: int = 0
) -> Bridge:
    """Fit the bridge of a calibration directory.

    Raises `RunError` or `RunCorruptError` for what is no calibration, and what `fit_bridge` raises.
    """
    calibration, pairs = read_calibration(path), read_judged_pairs(path)
    plain = [pair.model_dump(mode="json", exclude={"repeats"}) for pair in pairs]
    return fit_bridge(
        as_scores([pair for pair in pairs if pair.status == "ok"], tuple(calibration.dimensions)),
        method=method,
        seed=seed,
        judge=calibration.judge,
        anchor=calibration.anchor,
        task=calibration.task,
        rubric=calibration.rubric,
        rule=read_config(path).protocol.judge,
        comparable=calibration.comparable,
        calibration=digest([calibration.anchor_revision, calibration.rules, plain]),
    )


def as_scores(pairs: Sequence[JudgedPair], dimensions: tuple[str, ...]) -> Scores:
    """Both judges' scores of the pairs, which must all have a verdict."""
    shape = (len(pairs), len(dimensions))

    def table(scores: Iterable[Mapping[str, float]]) -> Floats:
        return np.array([[row[name] for name in dimensions] for row in scores]).reshape(shape)

    return Scores(
        dimensions,
        np.array([pair.system for pair in pairs]),
        np.array([pair.clip for pair in pairs]),
        table(pair.judge for pair in pairs),
        table(pair.anchor for pair in pairs),
    )


def fit_bridge(
    scores: Scores,
    *,
    method: Literal["auto"] | Method = "auto",
    seed: int = 0,
    resamples: int = RESAMPLES,
    **about: Any,  # noqa: ANN401
) -> Bridge:
    """Fit a map for each dimension, by the better of the methods if `method` is `auto`.

    The better one has the smaller squared error in a cross-validation by clip. `about` are the
    fields of `Bridge` that say between which judges and for what it is. Raises `UsageError` for
    fewer than three systems, fewer than five clips, or a method that can't be fitted.
    """
    _check(scores)
    chosen = [_choose(scores, number, method) for number in range(len(scores.dimensions))]
    curves = fit_curves(scores, chosen, seed, resamples)
    return Bridge.sealed(
        **about,
        pairs=len(scores.clips),
        clips=len(np.unique(scores.clips)),
        seed=seed,
        curves=curves,
        left_out=tuple(_leave_out(scores, chosen, curves, seed)),
    )


def fit_curves(scores: Scores, methods: Sequence[Method], seed: int, resamples: int) -> Curves:
    """Fit the maps by one method a dimension, with their errors and their covariance."""
    fits = [
        _Fit.of(method, scores.judge[:, number], scores.anchor[:, number])
        for number, method in enumerate(methods)
    ]
    everyone = np.ones(len(scores.clips))
    drawn = np.array(
        [
            np.concatenate([fit.values(weights) for fit in fits])
            for weights in _bootstrap(scores.clips, seed, resamples)
        ]
    )
    covariance = np.atleast_2d(np.cov(drawn, rowvar=False))
    return Curves(
        maps=tuple(
            _score_map(name, fit, scores, everyone)
            for name, fit in zip(scores.dimensions, fits, strict=True)
        ),
        covariance=tuple(tuple(row) for row in covariance.round(DIGITS).tolist()),
        systems=scores.names,
        resamples=resamples,
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    """A map of one dimension that can be fitted again and again with other weights."""

    method: Method
    judge: Floats
    paired: Paired
    knots: Floats

    @classmethod
    def of(cls, method: Method, judge: Floats, anchor: Floats) -> _Fit:
        """Of two judges' scores of the same answers."""
        knots = choose_knots(judge).round(DIGITS)
        return cls(method, judge, Paired.of(judge, anchor), knots)

    def values(self, weights: Floats) -> Floats:
        """The values at the knots."""
        return fit_map(self.method, self.paired, weights, self.knots)

    def predict(self, weights: Floats) -> Floats:
        """The expected score of every answer."""
        return apply_map(self.judge, self.knots, self.values(weights))

    def predict_constant(self, weights: Floats) -> Floats:
        """The anchor's mean for every answer."""
        anchor = self.paired.anchor
        return np.full(len(anchor), np.average(anchor, weights=weights))


def _choose(scores: Scores, number: int, method: Literal["auto"] | Method) -> Method:
    """The method asked for, or the one with the smaller cross-validated error."""
    judge, anchor = scores.judge[:, number], scores.anchor[:, number]
    usable = Paired.of(judge, anchor).methods
    if method == "auto":
        errors = {
            name: _cross_validated(_Fit.of(name, judge, anchor).predict, scores.clips, anchor)
            for name in usable
        }
        return min(errors, key=lambda name: float(np.mean(errors[name] ** 2)))
    if method not in usable:
        raise UsageError(
            f"the anchor's scores of {scores.dimensions[number]} are too many different ones for "
            "levels; take --method isotonic"
        )
    return method


def _score_map(name: str, fit: _Fit, scores: Scores, everyone: Floats) -> ScoreMap:
    system_errors = _system_errors(fit.predict, scores, fit.paired.anchor)
    without = _system_errors(fit.predict_constant, scores, fit.paired.anchor)
    return ScoreMap(
        dimension=name,
        method=fit.method,
        knots=tuple(fit.knots.tolist()),
        values=tuple(fit.values(everyone).round(DIGITS).tolist()),
        error=_map_error(fit.predict, scores, fit.paired.anchor, system_errors),
        constant=_map_error(fit.predict_constant, scores, fit.paired.anchor, without),
        system_errors=system_errors,
    )


Predict = Callable[[Floats], Floats]
"""From the weights of the answers that are fitted to, to the expected scores of all answers."""


def _map_error(
    predict: Predict, scores: Scores, anchor: Floats, system_errors: Mapping[str, float]
) -> MapError:
    residuals = _cross_validated(predict, scores.clips, anchor)
    return MapError(
        mae=round(float(np.abs(residuals).mean()), DIGITS),
        rmse=round(_root_mean_square(residuals), DIGITS),
        systems=round(_root_mean_square(np.array(list(system_errors.values()))), DIGITS),
    )


def _root_mean_square(errors: Floats) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def _cross_validated(predict: Predict, clips: Names, anchor: Floats) -> Floats:
    """The anchor's score minus the expected one, by a fit without the answer's clip."""
    from sklearn.model_selection import GroupKFold

    residuals = np.empty(len(anchor))
    for _, rows in GroupKFold(FOLDS).split(anchor, groups=clips):
        weights = np.ones(len(anchor))
        weights[rows] = 0.0
        residuals[rows] = anchor[rows] - predict(weights)[rows]
    return residuals


def _system_errors(predict: Predict, scores: Scores, anchor: Floats) -> dict[str, float]:
    """Each system's recorded mean minus its mean by a fit to the other systems."""
    errors = {}
    for name in scores.names:
        rows = scores.systems == name
        expected = predict(np.where(rows, 0.0, 1.0))
        errors[name] = round(float((anchor - expected)[rows].mean()), DIGITS)
    return errors


def _bootstrap(clips: Names, seed: int, resamples: int) -> Iterator[Floats]:
    """Weights of the answers in resamples of whole clips."""
    names, members = np.unique(clips, return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = rng.integers(0, len(names), len(names))
        yield np.bincount(drawn, minlength=len(names)).astype(np.float64)[members]


def _leave_out(
    scores: Scores, methods: Sequence[Method], curves: Curves, seed: int
) -> Iterator[LeftOut]:
    """Every system, bridged by the others, in each dimension and on average."""
    several = len(scores.dimensions) > 1
    groups = [(name, [name]) for name in scores.dimensions]
    groups += [(AVERAGE, list(scores.dimensions))] if several else []
    for system in scores.names:
        rows = scores.systems == system
        own, others = scores.only(rows), scores.only(~rows)
        inner = None
        if len(others.names) >= SYSTEMS:
            inner = fit_curves(others, methods, seed, curves.resamples)
        for name, dimensions in groups:
            yield _left_out(system, name, dimensions, own, curves, inner)


def _left_out(
    system: str,
    name: str,
    dimensions: Sequence[str],
    own: Scores,
    curves: Curves,
    inner: Curves | None,
) -> LeftOut:
    places = [own.dimensions.index(dimension) for dimension in dimensions]
    recorded = float(own.anchor[:, places].mean())
    error = np.mean([curves.maps[place].system_errors[system] for place in places])
    found = bridge_mean(inner, dimensions, own.judge[:, places], own.clips) if inner else None
    return LeftOut(
        system=system,
        dimension=name,
        n=len(own.clips),
        recorded=round(recorded, DIGITS),
        bridged=round(float(np.clip(recorded - error, 0, 1)), DIGITS),
        low=round(found.low, DIGITS) if found else None,
        high=round(found.high, DIGITS) if found else None,
    )


def _check(scores: Scores) -> None:
    if len(scores.names) < SYSTEMS:
        raise UsageError(
            f"a bridge needs recorded verdicts on at least {SYSTEMS} systems, and here are "
            f"{len(scores.names)}: how far off the means of another system would be can't be told "
            "from fewer; calibrate against an anchor of more systems"
        )
    clips = len(np.unique(scores.clips))
    if clips < FOLDS:
        raise UsageError(f"a bridge needs at least {FOLDS} clips, and here are {clips}")
