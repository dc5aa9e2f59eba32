"""How sure is a mean that was carried over to another judge's scale?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from ugcbench.pairing import contrast
from ugcbench_judging.bridges import Curves
from ugcbench_judging.score_maps import Floats, knot_shares

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class BridgedMean:
    """A mean on the anchor's scale with its 95 % interval, cut to [0, 1].

    Its standard error has three parts, whose squares add up: `sampling`, since other clips would
    have given another mean; `mapping`, since other calibration clips would have given another map;
    `system`, since a system's answers may be judged otherwise than the map of all systems says.
    """

    mean: float
    low: float
    high: float
    sampling: float
    mapping: float
    system: float

    @property
    def error(self) -> float:
        """The standard error of all three parts together."""
        return math.hypot(self.sampling, self.mapping, self.system)


def bridge_mean(
    curves: Curves,
    dimensions: Sequence[str],
    scores: Floats,
    clips: npt.ArrayLike,
    fixed: Floats | None = None,
) -> BridgedMean:
    """The mean over answers of the mean over `dimensions`, on the anchor's scale.

    `scores` (answers x dimensions) are the judge's; `clips` says about which clip each answer is.
    An answer that counts by a rule and not by a judge has a row of NaN there and its value in
    `fixed`.

    The sampling variance is cluster-robust, the mapping variance that of the bootstrap. The system
    variance is the mean square error of left-out systems. Were the map a constant, that would be
    s^2 S / (S - 1) for S systems whose means spread by s, a little more than the s^2 (S + 1) / S of
    a new system; it also holds the left-out systems' own sampling error, which is not taken out,
    for with few systems that can't be told apart. So the interval is a t interval whose degrees of
    freedom follow Satterthwaite from clips, resamples and systems. Raises `ValueError` for fewer
    than two clips.
    Source: F. E. Satterthwaite, An approximate distribution of estimates of variance components,
    Biometrics Bulletin 2 (1946), 110-114.
    """
    judged = ~np.isnan(scores).any(axis=1)
    shares = _knot_shares(curves, dimensions, scores[judged])
    mapped = np.zeros(len(scores)) if fixed is None else fixed.astype(np.float64)
    mapped[judged] = shares @ np.concatenate([part.values for part in curves.maps])
    weights = shares.sum(axis=0) / len(scores)
    spread = contrast(mapped, clips)
    count = len(spread.errors)
    if count < 2:
        raise ValueError("an interval needs answers about at least two clips")
    variances = [
        count / (count - 1) * float(spread.errors @ spread.errors),
        float(weights @ np.asarray(curves.covariance) @ weights),
        float(judged.mean() ** 2 * np.mean(_system_errors(curves, dimensions) ** 2)),
    ]
    freedom = [count - 1, curves.resamples - 1, len(curves.systems) - 1]
    return _interval(float(mapped.mean()), variances, freedom)


def _interval(mean: float, variances: Sequence[float], freedom: Sequence[int]) -> BridgedMean:
    total = sum(variances)
    half = 0.0
    if total > 0:
        parts = zip(variances, freedom, strict=True)
        joint = total**2 / sum(variance**2 / degrees for variance, degrees in parts)
        half = float(stdtrit(joint, (1 + CONFIDENCE) / 2)) * math.sqrt(total)
    errors = [math.sqrt(max(variance, 0.0)) for variance in variances]
    return BridgedMean(mean, max(0.0, mean - half), min(1.0, mean + half), *errors)


def _knot_shares(curves: Curves, dimensions: Sequence[str], scores: Floats) -> Floats:
    """How much of each value at a knot of any map is in each mapped score."""
    columns = {name: scores[:, number] for number, name in enumerate(dimensions)}
    parts = [
        knot_shares(columns[part.dimension], part.knots) / len(dimensions)
        if part.dimension in columns
        else np.zeros((len(scores), len(part.knots)))
        for part in curves.maps
    ]
    return np.concatenate(parts, axis=1)


def _system_errors(curves: Curves, dimensions: Sequence[str]) -> Floats:
    """For each left-out system the mean of its errors in the dimensions."""
    maps = [part for part in curves.maps if part.dimension in dimensions]
    errors = [[part.system_errors[name] for part in maps] for name in curves.systems]
    return np.asarray(np.mean(errors, axis=1), np.float64)
