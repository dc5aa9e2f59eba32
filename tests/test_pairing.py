"""Are paired differences those of the textbooks, and do their tests keep what they promise?"""

from __future__ import annotations

import json
import math
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ugcbench.pairing import (
    BLOCK,
    assess_contrasts,
    average_contrast,
    contrast,
    detectable_difference,
    enough_flips,
    holm,
    paired_difference,
    sign_flip_p,
)
from ugcbench.statistics import mean_interval

RELEASE = Path(
    os.environ.get("UGCBENCH_UGC_VIDEOCAP") or Path(__file__).parents[2] / "shared/ugc-videocap"
)
# Student, The probable error of a mean, Biometrika 6 (1908): hours of sleep gained by two drugs.
FIRST = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
SECOND = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
units = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=20)


def unit(hours):
    return (hours + 2) / 10


def test_students_sleep():
    # His mean difference is 1.58 hours; the 95 % interval is that of any textbook's paired t test.
    found = paired_difference(unit(FIRST), unit(SECOND))
    assert found.mean == pytest.approx(0.158)
    assert (found.low, found.high) == pytest.approx((0.07001142, 0.24598858), abs=1e-8)
    # Nobody slept worse and one the same: of the 2^9 flips of the others, two are as extreme.
    assert found.p == 2 / 2**9
    assert (found.n, found.clusters) == (10, 10)


def test_fishers_corn():
    # R. A. Fisher, The Design of Experiments (1935), section 21: Darwin's fifteen pairs of plants.
    eighths = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])
    found = paired_difference(0.5 + eighths / 200, np.full(15, 0.5), resamples=2**14)
    assert found.p == 2 * 863 / 2**15


def test_it_is_the_test_that_scipy_has():
    rng = np.random.default_rng(1)
    first, second = rng.random((2, 11))
    found = paired_difference(first, second)
    theirs = scipy.stats.ttest_rel(first, second).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    flips = scipy.stats.permutation_test(
        (first, second),
        lambda x, y: np.mean(x) - np.mean(y),
        permutation_type="samples",
        n_resamples=np.inf,
    )
    assert found.p == pytest.approx(flips.pvalue)


@pytest.mark.parametrize(("wins", "losses"), [(9, 2), (3, 3), (0, 5), (13, 1)])
def test_with_right_and_wrong_answers_it_is_mcnemars_exact_test(wins, losses):
    first = np.array([1] * wins + [0] * losses + [1, 0, 1, 0] * 10)
    second = np.array([0] * wins + [1] * losses + [1, 0, 1, 0] * 10)
    expected = scipy.stats.binomtest(wins, wins + losses).pvalue
    assert paired_difference(first, second).p == pytest.approx(expected)


def test_drawn_flips_come_near_to_all_flips():
    first, second = np.random.default_rng(4).random((2, 18))
    every = paired_difference(first, second, resamples=2**17).p
    drawn = paired_difference(first, second).p
    assert drawn != every
    assert drawn == pytest.approx(every, abs=4 * math.sqrt(every * (1 - every) / 10_000))


def test_a_p_value_is_never_zero_and_repeats_with_the_seed():
    rng = np.random.default_rng(5)
    second = rng.random(200) * 0.5
    assert paired_difference(second + 0.4, second).p == 1 / 10_000
    close = second + rng.normal(0.005, 0.05, 200).clip(-0.1, 0.1).clip(-second)
    chances = [paired_difference(close, second, seed=seed).p for seed in (7, 7, 8)]
    assert chances[0] == chances[1] != chances[2]


def test_without_a_second_system_it_is_the_clustered_interval_of_a_mean():
    values = [0.4, 0.9, 0.8, 0.4, 0.5, 0.1]
    clusters = [7, 8, 8, 9, 9, 3]
    found = paired_difference(values, [0.0] * 6, clusters)
    alone = mean_interval(values, clusters)
    assert found.mean == pytest.approx(alone.mean)
    assert found.high == pytest.approx(alone.high)
    assert found.clusters == 4


def test_repeating_every_answer_of_a_clip_adds_no_certainty():
    first, second = np.random.default_rng(6).random((2, 40))
    once = paired_difference(first, second)
    thrice = paired_difference(
        np.repeat(first, 3), np.repeat(second, 3), np.repeat(np.arange(40), 3)
    )
    assert (thrice.low, thrice.high, thrice.p) == pytest.approx((once.low, once.high, once.p))
    assert thrice.detectable == pytest.approx(once.detectable)


def test_what_has_no_spread_has_no_bounds():
    same = paired_difference([0.1, 0.7, 0.3], [0.1, 0.7, 0.3])
    assert (same.mean, same.low, same.p, same.detectable) == (0.0, None, 1.0, None)
    shifted = paired_difference([0.3, 0.9, 0.5], [0.2, 0.8, 0.4])
    assert (shifted.low, shifted.p) == (None, 2 / 2**3)
    assert paired_difference([0.3], [0.2]).p == 1.0


def test_many_clips_need_no_more_memory_than_a_block():
    sums = np.random.default_rng(7).normal(size=(50_000, 1))
    tracemalloc.start()
    sign_flip_p(sums, 0, 500)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * 8 * BLOCK < 500 * 50_000 * 8


def test_tests_of_one_table_are_those_of_each_cell():
    rng = np.random.default_rng(8)
    parts = [contrast(rng.normal(0.02, 0.2, 60), np.arange(60)) for _ in range(3)]
    together = assess_contrasts(parts, 3, 999, 0.95)
    assert together == [assess_contrasts([part], 3, 999, 0.95)[0] for part in parts]
    assert assess_contrasts([], 3, 999, 0.95) == []


def test_a_contrast_knows_the_clips_it_lacks():
    part = contrast(np.array([0.5, 0.1, 0.3]), ["b", "d", "b"], ["a", "b", "c", "d"])
    assert part.shares == pytest.approx([0, 0.8 / 3, 0, 0.1 / 3])
    assert part.errors == pytest.approx([0, 0.2 / 3, 0, -0.2 / 3])
    assert part.present.tolist() == [False, True, False, True]
    with pytest.raises(ValueError, match="2 cluster labels for 3 differences"):
        contrast(np.zeros(3), ["a", "b"])


def test_the_average_of_columns_over_the_same_clips_is_that_of_their_means():
    rng = np.random.default_rng(9)
    columns = rng.random((3, 25)) - 0.4
    averaged = average_contrast([contrast(column, np.arange(25)) for column in columns])
    of_means = contrast(columns.mean(axis=0), np.arange(25))
    assert averaged.shares == pytest.approx(of_means.shares)
    assert averaged.errors == pytest.approx(of_means.errors)


def test_the_average_of_columns_over_different_clips_adds_their_variances():
    rng = np.random.default_rng(10)
    few, many = rng.random(10) - 0.5, rng.random(30) - 0.5
    labels = np.arange(40)
    parts = [contrast(few, labels[:10], labels), contrast(many, labels[10:], labels)]
    (found,) = assess_contrasts([average_contrast(parts)], 0, 99, 0.95)
    assert found.mean == pytest.approx((few.mean() + many.mean()) / 2)
    variance = (few.var() / 10 + many.var() / 30) / 4 * 40 / 39
    half = scipy.stats.t.ppf(0.975, 39) * math.sqrt(variance)
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half))


def test_intervals_cover_and_tests_err_as_often_as_they_say():
    rng = np.random.default_rng(11)
    clusters = np.repeat(np.arange(40), rng.integers(1, 5, 40))
    covered, rejected = [], []
    for _ in range(800):
        hard = rng.normal(0, 0.1, 40)[clusters]
        noise = rng.normal(0, 0.1, len(clusters))
        first = np.clip(0.5 + hard + noise, 0, 1)
        found = paired_difference(first, np.full(len(first), 0.5), clusters, resamples=399)
        covered.append(found.low <= 0 <= found.high)
        rejected.append(found.p <= 0.05)
    assert 0.93 <= np.mean(covered) <= 0.97
    assert 0.03 <= np.mean(rejected) <= 0.07


def test_a_detectable_difference_is_found_four_times_in_five():
    for n in (5, 34, 1000):
        effect = detectable_difference(1.0, n) * math.sqrt(n)
        limit = scipy.stats.t.ppf(0.975, n - 1)
        assert scipy.stats.nct.sf(limit, n - 1, effect) == pytest.approx(0.8, abs=0.015)
    # J. Cohen, Statistical Power Analysis, 1988: 34 pairs for d = 0.5 and a power of 0.8.
    assert detectable_difference(1.0, 33) > 0.5 > detectable_difference(1.0, 34)
    with pytest.raises(ValueError, match="at least two"):
        detectable_difference(1.0, 1)


def test_holms_adjustment_is_that_of_the_textbooks():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    # p.adjust(c(.01, .02, .03, .04, .05), "holm") in R.
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([]).tolist() == []
    assert holm([0.3]).tolist() == [0.3]


@given(chances=st.lists(st.floats(0, 1), min_size=1, max_size=12), level=st.floats(0.001, 0.5))
def test_holm_rejects_what_his_procedure_rejects(chances, level):
    rejected = set()
    for step, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        if chances[place] * (len(chances) - step) > level:
            break
        rejected.add(place)
    adjusted = holm(chances)
    assert {place for place, p in enumerate(adjusted) if p <= level} == rejected
    assert all(p <= q <= 1 for p, q in zip(chances, adjusted, strict=True))


def test_enough_flips_leave_room_for_the_adjustment():
    assert enough_flips(1) == 9_999
    assert 600 / (enough_flips(600) + 1) <= 0.005


@given(pairs=units, seed=st.integers(0, 9))
def test_swapping_the_systems_mirrors_the_difference(pairs, seed):
    first, second = zip(*pairs, strict=True)
    one = paired_difference(first, second, seed=seed, resamples=99)
    other = paired_difference(second, first, seed=seed, resamples=99)
    assert one.mean == -other.mean
    assert 0 < one.p == other.p <= 1
    if one.low is not None:
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
        assert -1 <= one.low <= one.mean <= one.high <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "not empty"),
        (([0.1, 0.2], [0.1]), "same length"),
        (([[0.1]], [[0.1]]), "flat"),
        (([0.5, float("nan")], [0.1, 0.2]), "between 0 and 1"),
        (([0.5, 0.1], [0.1, 1.2]), "between 0 and 1"),
        (([0.5, 0.1], [0.1, 0.2], ["a"]), "1 cluster labels for 2"),
    ],
)
def test_what_can_not_be_paired_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        paired_difference(*arguments)


def test_the_released_captioner_is_better_than_its_base_model():
    folder = RELEASE / "results" / "caption_score"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent; set UGCBENCH_UGC_VIDEOCAP to the released files")
    tuned, base = (_levels(folder / name) for name in ("UGC_Videocaptioner", "omni_baseline"))
    clips = sorted(tuned.keys() & base.keys())
    found = paired_difference([tuned[c] for c in clips], [base[c] for c in clips], clips)
    assert found.n == 999
    assert 100 * found.mean == pytest.approx(7.83, abs=0.005)
    assert (100 * found.low, 100 * found.high) == pytest.approx((6.92, 8.73), abs=0.005)
    assert found.p == 1 / 10_000
    assert 100 * found.detectable == pytest.approx(1.2, abs=0.15)


def _levels(stem):
    rows = json.loads(Path(f"{stem}_4o.json").read_text())["evaluations"]
    parts = ("audio_score", "visual_score", "details_score")
    return {clip: sum(row[part] for part in parts) / 15 for clip, row in rows.items()}
