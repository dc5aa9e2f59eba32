"""Are the right pictures picked, and brought to the right size?"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ugcbench.media.sampling import count_frames, pick_frames, target_size
from ugcbench.types import MediaProfile

PAPER = MediaProfile()
sides = st.integers(1, 8192)
profiles = st.builds(
    MediaProfile,
    fps=st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0]),
    max_frames=st.integers(1, 64),
    max_pixels=st.integers(32 * 32, 1_000_000),
    factor=st.sampled_from([1, 2, 14, 28, 32]),
    even=st.booleans(),
)


@given(sides, sides, profiles)
def test_size_keeps_the_limits(width: int, height: int, profile: MediaProfile):
    w, h = target_size(width, height, profile)
    assert w % profile.factor == h % profile.factor == 0
    assert w >= profile.factor
    assert h >= profile.factor
    assert w * h <= profile.max_pixels


@given(sides, sides, profiles)
def test_size_turns_with_the_picture(width: int, height: int, profile: MediaProfile):
    assert target_size(height, width, profile) == target_size(width, height, profile)[::-1]


@given(st.integers(112, 4000), st.integers(112, 4000))
def test_size_keeps_the_aspect_as_nearly_as_the_factor_allows(width: int, height: int):
    assume(max(width, height) < 4 * min(width, height))
    w, h = target_size(width, height, PAPER)
    scale = min((PAPER.max_pixels / (width * height)) ** 0.5, 1)
    assert abs(w - width * scale) <= PAPER.factor
    assert abs(h - height * scale) <= PAPER.factor


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ((576, 1024), (224, 420)),
        ((1080, 1920), (224, 420)),
        ((1920, 1080), (420, 224)),
        ((224, 420), (224, 420)),
        ((16, 16), (28, 28)),
        ((8192, 8), (3556, 28)),
    ],
)
def test_size_of_known_pictures(source: tuple[int, int], target: tuple[int, int]):
    assert target_size(*source, PAPER) == target


@pytest.mark.parametrize(
    ("seconds", "available", "even", "count"),
    [
        (15.0, 450, True, 14),
        (15.999, 480, True, 16),
        (15.9, 477, True, 14),
        (55.0, 1650, True, 32),
        (0.5, 15, True, 2),
        (0.5, 15, False, 1),
        (0.1, 1, True, 1),
        (60.0, 3, True, 2),
        (60.0, 3, False, 3),
    ],
)
def test_count(seconds: float, available: int, even: bool, count: int):
    assert count_frames(seconds, available, MediaProfile(even=even)) == count


@given(st.integers(1, 3000), st.integers(1, 2000), profiles)
def test_constant_rate_is_linspace(total: int, step: int, profile: MediaProfile):
    tick = Fraction(1, 30_000)
    times = [i * step for i in range(total)]
    picked = pick_frames(times, total * step, tick, profile)
    n = len(picked)
    expected = [(total - 1) * k // (n - 1) for k in range(n)] if n > 1 else [0]
    # One tick of slack shows only where the frames themselves lie a few ticks apart.
    assume(step >= n)
    assert picked == expected


@given(st.lists(st.integers(1, 5000), max_size=200), st.integers(1, 5000), profiles)
def test_variable_rate_takes_what_is_on_screen(gaps: list[int], last: int, profile: MediaProfile):
    times = [0]
    for gap in gaps:
        times.append(times[-1] + gap)
    tick = Fraction(1, 600)  # coarser than a millisecond, hence exact
    picked = pick_frames(times, times[-1] + last, tick, profile)
    n = len(picked)
    assert n == count_frames(float((times[-1] + last) * tick), len(times), profile)
    for k, index in enumerate(picked):
        instant = Fraction(times[-1] * k, max(n - 1, 1))
        assert times[index] <= instant
        assert index + 1 == len(times) or instant < times[index + 1]


def test_millisecond_timestamps_do_not_shift_frames():
    # Every wanted instant is exactly that of a picture, 35 apart; rounding moves both.
    rounded = [round(i * 1000 / 30) for i in range(456)]
    picked = pick_frames(rounded, rounded[-1] + 33, Fraction(1, 1000), PAPER)
    assert picked == [35 * k for k in range(14)]
