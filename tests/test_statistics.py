"""Are intervals those of the textbooks, and do they cover as often as they say?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ugcbench.statistics import Interval, mean_interval, wilson_interval

units = st.lists(st.floats(0, 1), min_size=2, max_size=30)


def test_wilson_matches_published_values():
    # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    for successes, n, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        values = [1] * successes + [0] * (n - successes)
        interval = mean_interval(values)
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)
        assert (interval.mean, interval.n) == (pytest.approx(successes / n), n)


def test_wilson_bounds_solve_their_equation():
    low, high = wilson_interval(0.3, 50, confidence=0.9)
    for bound in (low, high):
        z = abs(0.3 - bound) / math.sqrt(bound * (1 - bound) / 50)
        assert z == pytest.approx(1.6448536269514722)


def test_without_clusters_it_is_the_t_interval_of_a_mean():
    # Mean 0.5, standard deviation sqrt(0.025), t(0.975; 4) = 2.776445105.
    interval = mean_interval([0.3, 0.4, 0.5, 0.6, 0.7])
    half = 2.7764451051977987 * math.sqrt(0.025 / 5)
    assert (interval.low, interval.high) == pytest.approx((0.5 - half, 0.5 + half))


def test_clusters_of_equal_size_give_the_t_interval_of_their_means():
    values = np.array([0.2, 0.4, 0.5, 0.7, 0.3, 0.9])
    clustered = mean_interval(values, ["a", "a", "b", "b", "c", "c"])
    of_means = mean_interval(values.reshape(3, 2).mean(axis=1))
    assert (clustered.low, clustered.high) == pytest.approx((of_means.low, of_means.high))
    assert clustered.n == 6


def test_clusters_of_unequal_size_give_the_ratio_estimate():
    # By hand: mean 0.6; deviations by cluster (-0.2, 0.3, -0.1) have the sum of squares 0.14.
    interval = mean_interval([0.4, 0.9, 0.8, 0.4, 0.5], [7, 8, 8, 9, 9])
    deviations = [-0.2, 0.5, -0.3]
    half = 4.302652729696142 * math.sqrt(3 / 2 * sum(d * d for d in deviations)) / 5
    assert interval.mean == pytest.approx(0.6)
    assert (interval.low, interval.high) == pytest.approx((0.0, min(1, 0.6 + half)))


def test_repeating_every_answer_of_a_cluster_adds_no_certainty():
    values = np.random.default_rng(1).random(40)
    once = mean_interval(values, np.arange(40))
    thrice = mean_interval(np.repeat(values, 3), np.repeat(np.arange(40), 3))
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_answers_all_right_leave_room_for_doubt():
    assert mean_interval([1] * 20).low == pytest.approx(1 - 0.1611, abs=5e-5)
    assert mean_interval([1] * 40, np.repeat(np.arange(20), 2)) == Interval(
        1.0, mean_interval([1] * 20).low, 1.0, 40
    )


def test_too_little_data_has_no_bounds():
    assert mean_interval([0.4]) == Interval(0.4, None, None, 1)
    assert mean_interval([0.0, 1.0], ["same", "same"]) == Interval(0.5, None, None, 2)


def test_rates_of_error_may_lie_above_one():
    interval = mean_interval([0.5, 1.5, 2.5, 1.5])
    assert interval.mean == 1.5
    assert 0 < interval.low < 1.5 < 2 < interval.high


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "at least one value"),
        (([[0.1], [0.2]],), "flat"),
        (([0.5, float("nan")],), "at least 0"),
        (([0.5, -0.1],), "at least 0"),
        (([0.5, 0.6], ["a"]), "one for each of the 2 values"),
        (([0.5, 0.6], None, 95), "confidence"),
    ],
)
def test_what_can_not_be_computed_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        mean_interval(*arguments)


@given(values=units)
def test_the_interval_holds_the_mean_within_zero_and_one(values):
    interval = mean_interval(values)
    if interval.low is None:
        assert len(set(values)) == 1
        return
    assert 0 <= interval.low <= interval.mean + 1e-12
    assert interval.mean - 1e-12 <= interval.high <= 1


@given(values=units, data=st.data())
def test_the_order_of_values_and_the_names_of_clusters_do_not_matter(values, data):
    labels = data.draw(st.lists(st.integers(0, 3), min_size=len(values), max_size=len(values)))
    order = data.draw(st.permutations(range(len(values))))
    first = mean_interval(values, labels)
    second = mean_interval([values[i] for i in order], [f"clip {labels[i]}" for i in order])
    assert first.mean == pytest.approx(second.mean)
    assert (first.low is None) == (second.low is None)
    if first.low is not None:
        assert (first.low, first.high) == pytest.approx((second.low, second.high), abs=1e-9)


@given(values=units, confidence=st.floats(0.5, 0.98))
def test_more_confidence_is_wider(values, confidence):
    assume(len(set(values)) > 1)
    narrow, wide = mean_interval(values, None, confidence), mean_interval(values, None, 0.99)
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_wilson_covers_the_truth(share):
    rng = np.random.default_rng(2)
    draws = rng.random((2000, 60)) < share
    covered = [i.low <= share <= i.high for i in map(mean_interval, draws.astype(float))]
    assert 0.93 <= np.mean(covered) <= 0.975


def test_clustered_answers_are_covered_where_independent_ones_would_not_be():
    rng = np.random.default_rng(3)
    sizes = rng.integers(1, 6, 40)
    clusters = np.repeat(np.arange(40), sizes)
    covered, naive = [], []
    for _ in range(1000):
        share = rng.beta(1.2, 0.8, 40)[clusters]
        values = (rng.random(len(clusters)) < share).astype(float)
        robust, plain = mean_interval(values, clusters), mean_interval(values)
        covered.append(robust.low <= 0.6 <= robust.high)
        naive.append(plain.low <= 0.6 <= plain.high)
    assert 0.93 <= np.mean(covered) <= 0.97
    assert np.mean(naive) < 0.87


def test_equal_values_that_are_no_shares_have_no_bounds():
    assert mean_interval([0.5] * 12) == Interval(0.5, None, None, 12)
    assert mean_interval([0.2] * 12, list("aabbccddeeff")).low is None
    assert mean_interval([0.0] * 12).high is not None
