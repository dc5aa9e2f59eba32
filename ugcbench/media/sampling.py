"""Which pictures of a clip does a profile want, and how large?"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

from ugcbench.types import MediaProfile

_COUNT_SLACK = 0.002
"""Seconds that container timestamps, often rounded to milliseconds, may lack to a whole count."""


def pick_frames(times: Sequence[int], end: int, tick: Fraction, profile: MediaProfile) -> list[int]:
    """The indices into `times` of the frames that `profile` wants, by time and in order.

    `times` are presentation times, strictly increasing, in units of `tick` seconds; `end` is when
    the last picture vanishes. The wanted instants lie evenly from the first picture to the last;
    at each, the picture on screen is taken. On a constant frame rate this is
    `linspace(0, len(times) - 1, n)` rounded down, the rule of Qwen's and the paper's loaders.
    """
    first, last = times[0], times[-1]
    count = count_frames(float((end - first) * tick), len(times), profile)
    if count == 1:
        return [0]
    # A timestamp rounded up to its tick still belongs to the instant before it.
    slack = 1 if tick <= Fraction(1, 1000) else 0
    instants = (first + (last - first) * k // (count - 1) + slack for k in range(count))
    return [bisect_right(times, instant) - 1 for instant in instants]


def count_frames(seconds: float, available: int, profile: MediaProfile) -> int:
    """How many frames of a clip of `seconds` with `available` pictures are wanted; at least 1."""
    wanted = min(int(seconds * profile.fps + _COUNT_SLACK), profile.max_frames, available)
    if profile.even:
        wanted = max(wanted // 2 * 2, 2)
    return max(min(wanted, available), 1)


def target_size(width: int, height: int, profile: MediaProfile) -> tuple[int, int]:
    """Width and height to which a picture is brought.

    Both are multiples of `profile.factor`, at least one, and their product is at most
    `profile.max_pixels`; the aspect is kept as nearly as that allows. Source: Qwen2-VL's
    `smart_resize`, with strips that would leave its limits clamped.
    """
    factor, limit = profile.factor, profile.max_pixels
    size = _multiple(width, factor), _multiple(height, factor)
    if size[0] * size[1] <= limit:
        return size
    shrink = math.sqrt(width * height / limit)
    short = max(math.floor(min(width, height) / shrink / factor), 1) * factor
    long = math.floor(max(width, height) / shrink / factor) * factor
    long = max(min(long, limit // short // factor * factor), factor)
    return (short, long) if width < height else (long, short)


def _multiple(side: int, factor: int) -> int:
    return max(round(side / factor), 1) * factor
