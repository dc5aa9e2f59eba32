"""Where are the cuts, and how much moves in between?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ugcbench_models.signal_baseline.facts import Frames, Picture

SUDDEN, CERTAIN = 0.22, 0.45
"""A change below the first is never a cut, a change above the second always is."""

BLEND = 0.85
"""How nearly two changes in a row must add up to count as one cross-fade (1: exactly)."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """`starts` are the indices of the frames that begin a scene, 0 among them; `motion` is the
    typical change from frame to frame within scenes, 0 to 1.
    """

    starts: tuple[int, ...]
    motion: float


def find_cuts(frames: Frames) -> Cuts:
    """Compare each frame with the next by colours and by layout.

    What counts as sudden adapts to the clip's own restlessness. Two cuts in a row with a mixture of
    both sides in between are one cross-fade.
    """
    small = thumbnails(frames)
    shift = np.array([_shift(a, b) for a, b in pairwise(small)], np.float64)
    if not shift.size:
        return Cuts((0,), 0.0)
    recolour = [_recolour(a, b) for a, b in pairwise(small)]
    change = shift + 0.5 * np.array(recolour)
    limit = np.clip(_unusual(change), SUDDEN, CERTAIN)
    cuts = [i + 1 for i in range(len(change)) if change[i] > limit]
    calm = [shift[i] for i in range(len(shift)) if i + 1 not in cuts]
    starts = (0, *_without_fades(cuts, small))
    return Cuts(starts, float(np.median(calm)) if calm else 0.0)


def thumbnails(frames: Frames) -> list[Picture]:
    """Each frame averaged down to 64 by 36 blocks."""
    return [cv2.resize(frame, (36, 64), interpolation=cv2.INTER_AREA) for frame in frames]


def _shift(a: Picture, b: Picture) -> float:
    """Mean difference of blocks in the same place, 0 to 1."""
    return float(np.abs(a.astype(np.int16) - b).mean() / 255)


def _recolour(a: Picture, b: Picture) -> float:
    """The share of blocks whose colour has no counterpart anywhere in the other picture."""
    return float(np.abs(_histogram(a) - _histogram(b)).sum() / 2)


def _histogram(picture: Picture) -> NDArray[np.float32]:
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    bins, ranges = [12, 4, 4], [0, 180, 0, 256, 0, 256]
    counts = cv2.calcHist([hsv], [0, 1, 2], None, bins, ranges)
    return np.asarray(counts / (hsv.shape[0] * hsv.shape[1]), np.float32)


def _unusual(change: NDArray[np.float64]) -> float:
    """Five median absolute deviations above the median."""
    middle = np.median(change)
    return float(middle + 5 * np.median(np.abs(change - middle)))


def _without_fades(cuts: Sequence[int], small: Sequence[Picture]) -> list[int]:
    kept: list[int] = []
    for cut in cuts:
        if cut - 1 in kept and _is_mixture(*small[cut - 2 : cut + 1]):
            continue
        kept.append(cut)
    return kept


def _is_mixture(before: Picture, between: Picture, after: Picture) -> bool:
    # Distances along a straight line add up; those to an unrelated third picture exceed the direct
    # one by far.
    detour = _distance(before, between) + _distance(between, after)
    return _distance(before, after) >= BLEND * detour


def _distance(a: Picture, b: Picture) -> float:
    return float(np.linalg.norm(a.astype(np.float64) - b))
