"""The measures agree with small sums done by hand, and with SciPy where it has them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from ugcbench_judging.agreement import (
    bias_by_level,
    measure_agreement,
    measure_retest,
    ordinal_alpha,
    rank_agreement,
    spearman,
    spearman_within,
    to_levels,
    weighted_kappa,
)

LEVELS = st.lists(st.integers(1, 5), min_size=2, max_size=30)


def test_levels_are_the_nearest_fifths():
    assert to_levels([0, 0.2, 0.29, 0.3, 0.7, 0.99, 1]).tolist() == [0, 1, 1, 2, 4, 5, 5]
    assert to_levels([n / 5 for n in range(6)]).tolist() == [0, 1, 2, 3, 4, 5]


def test_kappa_by_hand():
    # Of 4 answers both give 1 and 1, 2 and 3, 5 and 4, 5 and 5. Squared gaps: (0 + 1 + 1 + 0) / 4.
    # Expected: all 16 combinations of {1, 2, 5, 5} and {1, 3, 4, 5}, mean squared gap 86 / 16.
    gaps = [(a - b) ** 2 for a in (1, 2, 5, 5) for b in (1, 3, 4, 5)]
    assert sum(gaps) == 86
    found = weighted_kappa(np.array([1, 2, 5, 5]), np.array([1, 3, 4, 5]))
    assert found == pytest.approx(1 - (2 / 4) / (86 / 16))


@given(LEVELS, st.randoms())
def test_kappa_of_any_levels(first, rng):
    second = [rng.randint(1, 5) for _ in first]
    observed = np.mean([(a - b) ** 2 for a, b in zip(first, second, strict=True)])
    expected = np.mean([(a - b) ** 2 for a in first for b in second])
    found = weighted_kappa(np.array(first), np.array(second))
    if expected == 0:
        assert found is None
    else:
        assert found == pytest.approx(1 - observed / expected)


def test_alpha_by_hand():
    # Two raters, levels 1 and 2 only: ordinal distance is 0 or 1 up to a factor. Of three answers
    # one is rated differently. Observed: 2 of 6 ordered pairs differ. Among all 6 values (four 1,
    # two 2) 2 * 4 * 2 of 6 * 5 ordered pairs differ.
    found = ordinal_alpha(np.array([[1.0, 1, 2], [1, 1, 1]]))
    expected = 1 - (2 / 6) / (2 * 5 * 1 / 30)
    assert found == pytest.approx(expected)


def test_alpha_needs_two_ratings_of_two_answers():
    assert ordinal_alpha(np.array([[1.0, np.nan], [np.nan, 2]])) is None
    assert ordinal_alpha(np.array([[1.0, 3], [2, np.nan]])) is None
    assert ordinal_alpha(np.array([[3.0, 3], [3, 3]])) is None
    assert ordinal_alpha(np.array([[1.0, 5, np.nan], [1, 5, 2]])) == pytest.approx(1)


@given(LEVELS, st.randoms())
def test_spearman_is_scipys(first, rng):
    second = [rng.randint(1, 5) for _ in first]
    mine = spearman(np.array(first) / 5, np.array(second) / 5)
    if len(set(first)) < 2 or len(set(second)) < 2:
        assert mine is None
    else:
        assert mine == pytest.approx(spearmanr(first, second).statistic)


def test_spearman_within_is_the_mean_over_systems_that_have_one():
    first = np.array([1, 2, 3, 1, 2, 3, 4, 4]) / 5
    second = np.array([1, 2, 3, 3, 2, 1, 1, 2]) / 5
    systems = ["up"] * 3 + ["down"] * 3 + ["constant"] * 2
    assert spearman_within(first, second, systems) == pytest.approx(0)
    assert spearman_within(first[:3], second[:3], systems[:3]) == pytest.approx(1)
    assert spearman_within(first[6:], second[6:], systems[6:]) is None


def test_shares_and_bias_by_hand():
    found = measure_agreement(
        [0.2, 0.2, 0.6, 1.0], [0.2, 0.4, 1.0, 0.8], ["s"] * 4, ["a", "b", "c", "d"]
    )
    assert (found.n, found.exact, found.within_one) == (4, 0.25, 0.75)
    assert found.bias == pytest.approx(0.1)
    assert [(b.level, b.n, round(b.bias, 9)) for b in found.bias_by_level] == [
        (1, 2, 0.1),
        (3, 1, 0.4),
        (5, 1, -0.2),
    ]
    assert found.rank is None


def test_bias_by_level_adds_up_to_the_bias():
    rng = np.random.default_rng(1)
    anchor, judge = rng.integers(1, 6, 50) / 5, rng.integers(1, 6, 50) / 5
    parts = bias_by_level(anchor, judge)
    assert sum(part.n * part.bias for part in parts) / 50 == pytest.approx((judge - anchor).mean())


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=6))
def test_tau_is_scipys(means):
    anchor, judge = np.array(means, np.float64).T / 4
    systems = [f"s{n}" for n in range(len(means))]
    found = rank_agreement(anchor, judge, systems, ["c"] * len(means), draws=2)
    expected = kendalltau(*(values * 4 for values in (anchor, judge))).statistic
    if np.ptp(anchor) == 0 or np.ptp(judge) == 0:
        assert found is None
    else:
        assert found.tau == pytest.approx(expected)
        assert (found.low, found.high, found.systems) == (None, None, len(means))


def test_the_interval_of_tau_comes_from_drawing_clips():
    # In every clip both judges say that a is better than b: no draw can say otherwise.
    systems, clips = ["a", "b"] * 20, [f"c{n // 2}" for n in range(40)]
    clear = np.array([0.8, 0.4] * 20)
    found = rank_agreement(clear, clear, systems, clips)
    assert (found.tau, found.low, found.high) == (1, 1, 1)
    # For the other judge it is a matter of which clips are drawn.
    even = np.array([0.8, 0.4] * 11 + [0.4, 0.8] * 9)
    found = rank_agreement(clear, even, systems, clips, seed=3)
    assert (found.tau, found.low, found.high) == (1, -1, 1)
    assert found == rank_agreement(clear, even, systems, clips, seed=3)


def test_retest_by_hand():
    found = measure_retest([[0.2, 0.4, 0.6], [0.2, 0.8, np.nan], [0.2, 0.4, 0.6]])
    # Repeats 1 and 2: gaps 0, 0.4. 1 and 3: 0, 0, 0. 2 and 3: 0, 0.4.
    assert (found.n, found.repeats) == (2, 3)
    assert found.difference == pytest.approx(0.8 / 7)
    assert found.exact == pytest.approx(5 / 7)
    assert measure_retest([[0.2, 0.4]]) is None


@pytest.mark.parametrize("values", [[], [0.4], [0.4, 0.4, 0.4]])
def test_degenerate_input_gives_no_number_and_no_warning(values):
    found = measure_agreement(values, values, ["s"] * len(values), ["c"] * len(values))
    assert found.n == len(values)
    assert found.kappa is found.spearman is found.alpha is found.rank is None
    again = measure_retest([values, values])
    assert (again.alpha, again.difference) == (None, 0.0 if values else None)


@given(LEVELS)
def test_a_judge_agrees_with_itself(levels):
    scores = np.array(levels) / 5
    systems = [f"s{n % 3}" for n in range(len(levels))]
    found = measure_agreement(scores, scores, systems, [f"c{n}" for n in range(len(levels))])
    assert (found.exact, found.within_one, found.bias) == (1, 1, 0)
    for measure in (found.kappa, found.alpha, found.spearman):
        assert measure is None or measure == pytest.approx(1)
    assert found.rank is None or found.rank.tau == pytest.approx(1)
