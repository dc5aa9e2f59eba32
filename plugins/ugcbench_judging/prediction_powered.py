"""How good is a system in the anchor judge's eyes, if that judge saw only some of its answers?

Prediction-powered inference: the cheap judge's mean over all answers is corrected by what the
anchor judge says about some of them. The cheap judge may be as biased as it likes; the better it
foretells the anchor, the narrower the interval becomes. The answers that the anchor judged must be
a random choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from ugcbench.pairing import contrast
from ugcbench.statistics import Interval, mean_interval
from ugcbench_judging.score_maps import Floats

CONFIDENCE = 0.95
CLIPS = 10
"""So many clips at least must the anchor have judged, or the weight would be a guess."""

ROUNDING = 1e-15
"""A clip's part in an error below this is one of rounding."""


@dataclass(frozen=True, slots=True)
class PoweredMean:
    """A prediction-powered mean beside the classic one, which knows only the anchor's scores.

    `classic` and `powered` are means of the anchor judge's score with their 95 % intervals;
    `weight` is how much the cheap judge was trusted, 0 being not at all. `effective` is how many
    answers the anchor would have had to judge for the same interval without the cheap judge.
    """

    classic: Interval
    powered: Interval
    weight: float
    effective: float


def powered_mean(anchor: npt.ArrayLike, cheap: npt.ArrayLike, clips: npt.ArrayLike) -> PoweredMean:
    """The mean of the anchor judge's scores over all answers.

    `anchor` and `cheap` hold the scores in [0, 1] of all answers, NaN in `anchor` where that judge
    was not asked; `clips` says about which clip each answer is. Errors are cluster-robust by clip.

    With weight w, the estimate is the mean of w cheap over the answers without a score by the
    anchor, plus the mean of (anchor - w cheap) over those with one. w is the one with the smallest
    estimated variance (power tuning), so that a useless judge costs nothing. The t interval has two
    degrees of freedom fewer than judged clips, one of them for the weight.
    Raises `ValueError` for arrays of different lengths, a missing score of the cheap judge, fewer
    than ten clips that the anchor judged, or none that it didn't.
    Source: A. N. Angelopoulos et al., Prediction-powered inference, Science 382 (2023), 669-674;
    A. N. Angelopoulos, J. C. Duchi and T. Zrnic, PPI++: Efficient prediction-powered inference,
    arXiv:2311.01453 (2023).
    """
    scores, predicted = np.asarray(anchor, np.float64), np.asarray(cheap, np.float64)
    labels = np.asarray(clips)
    judged = _check(scores, predicted, labels)
    everyone = np.unique(labels)
    known = contrast(scores[judged], labels[judged], everyone)
    foretold = contrast(predicted[judged], labels[judged], everyone)
    rest = contrast(predicted[~judged], labels[~judged], everyone)
    gain = rest.errors - foretold.errors
    gain[np.abs(gain) < ROUNDING] = 0.0
    weight = -float(known.errors @ gain) / (float(gain @ gain) or 1.0)
    errors = known.errors + weight * gain
    classic = mean_interval(scores[judged], labels[judged], CONFIDENCE)
    if classic.low is None or not errors.any():
        return PoweredMean(classic, classic, 0.0, float(classic.n))
    shift = float(rest.shares.sum() - foretold.shares.sum())
    powered = _interval(classic.mean + weight * shift, errors, int(known.present.sum()), classic.n)
    effective = classic.n * float(known.errors @ known.errors) / float(errors @ errors)
    return PoweredMean(classic, powered, weight, effective)


def _interval(mean: float, errors: Floats, clips: int, n: int) -> Interval:
    """The cluster-robust t interval of `n` answers about `clips` clips that the anchor judged."""
    freedom = clips - 2
    variance = clips / freedom * float(errors @ errors)
    half = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * math.sqrt(variance)
    inside = min(max(mean, 0.0), 1.0)
    return Interval(inside, max(0.0, mean - half), min(1.0, mean + half), n)


def _check(anchor: Floats, cheap: Floats, clips: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which answers the anchor judged."""
    if not anchor.shape == cheap.shape == clips.shape or anchor.ndim != 1:
        raise ValueError("give one score by each judge and one clip for each answer")
    if np.isnan(cheap).any():
        raise ValueError("the cheap judge must have scored every answer")
    judged = ~np.isnan(anchor)
    if len(np.unique(clips[judged])) < CLIPS:
        raise ValueError(f"the anchor judge must have scored answers about {CLIPS} clips or more")
    if judged.all():
        raise ValueError("the anchor judge scored every answer: its plain mean is the better one")
    return judged
