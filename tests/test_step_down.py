"""Many differences, tested together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ugcbench.pairing import holm, sign_flip_p
from ugcbench.step_down import step_down_p


def pairs_of(systems):
    return np.array([(a, b) for a in range(systems) for b in range(a + 1, systems)])


def test_a_single_difference_has_the_p_value_of_the_plain_test():
    rng = np.random.default_rng(0)
    for clusters in (6, 60):
        columns = rng.random((clusters, 2))
        columns[:, 0] += 0.1
        plain = sign_flip_p(columns[:, :1] - columns[:, 1:], 0, 9_999)
        assert step_down_p(columns, np.array([[0, 1]])) == pytest.approx(plain)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_it_is_the_procedure_written_out(seed):
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(7, 4)) + rng.random(4)
    pairs = pairs_of(4)
    sums = columns[:, pairs[:, 0]] - columns[:, pairs[:, 1]]
    signs = 1 - 2 * (np.arange(2**7)[:, None] >> np.arange(7) & 1)
    found = np.abs(signs @ sums) / np.sqrt((sums**2).sum(axis=0))
    left, least, wanted = list(range(len(pairs))), 0.0, {}
    while left:
        best = max(left, key=lambda test: found[0, test])
        chance = np.mean(found[:, left].max(axis=1) >= found[0, best] * (1 - 1e-9))
        wanted[best] = least = max(least, chance)
        left.remove(best)
    assert step_down_p(columns, pairs) == pytest.approx([wanted[t] for t in range(len(pairs))])


def test_it_finds_as_much_as_holm_and_needs_no_more_draws_for_more_tests():
    rng = np.random.default_rng(1)
    skills = np.linspace(0.3, 0.7, 30)
    columns = (rng.random((400, 30)) < skills) / 400
    pairs = pairs_of(30)
    sums = columns[:, pairs[:, 0]] - columns[:, pairs[:, 1]]
    by_holm = holm(sign_flip_p(sums, 0, 200 * len(pairs))) < 0.05
    together = step_down_p(columns, pairs) < 0.05
    assert together.sum() >= by_holm.sum() > 100
    assert np.mean(together != by_holm) < 0.05


def test_false_findings_among_all_pairs_are_as_rare_as_said():
    rng = np.random.default_rng(2)
    rates = []
    for _ in range(200):
        columns = rng.random((12, 5))
        rates.append(step_down_p(columns, pairs_of(5), resamples=199).min() < 0.05)
    assert np.mean(rates) < 0.1


def test_equal_systems_are_not_told_apart():
    columns = np.repeat(np.random.default_rng(3).random((50, 1)), 3, axis=1)
    assert step_down_p(columns, pairs_of(3)).tolist() == [1.0, 1.0, 1.0]
