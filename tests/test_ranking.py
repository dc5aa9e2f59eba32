"""Do ranks say no more than the data do?"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ugcbench.pairing import assess_contrasts, contrast, holm
from ugcbench.ranking import Ranks, rank_intervals, tied_ranks


@pytest.mark.parametrize(
    ("better", "shown"),
    [
        ([], ["1-4", "1-4", "1-4", "1-4"]),
        ([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)], ["1", "2", "3", "4"]),
        ([(0, 2), (0, 3), (1, 3)], ["1-2", "1-3", "2-4", "3-4"]),
        ([(3, 0), (3, 0)], ["2-4", "1-4", "1-4", "1-3"]),
    ],
)
def test_systems_that_can_not_be_told_apart_share_their_places(better, shown):
    assert [str(ranks) for ranks in tied_ranks(4, better)] == shown


def test_all_true_places_lie_within_the_tied_ranks_as_often_as_they_should():
    rng = np.random.default_rng(1)
    truth = np.array([0.0, 0.0, 0.04, 0.05, 0.12])
    places = [1 + int(sum(truth > value)) for value in truth], [int(sum(truth >= v)) for v in truth]
    pairs = list(itertools.combinations(range(5), 2))
    held, told = 0, 0
    for seed in range(200):
        clip = rng.normal(0, 0.2, 100)
        scores = truth[:, None] + clip + rng.normal(0, 0.1, (5, 100))
        parts = [contrast(scores[one] - scores[two], np.arange(100)) for one, two in pairs]
        found = assess_contrasts(parts, seed, 999, 0.95)
        adjusted = holm([difference.p for difference in found])
        better = [
            pair if difference.mean > 0 else pair[::-1]
            for pair, difference, p in zip(pairs, found, adjusted, strict=True)
            if p < 0.05
        ]
        ranks = tied_ranks(5, better)
        held += all(r.best <= b and w <= r.worst for r, b, w in zip(ranks, *places, strict=True))
        told += len(better)
    assert held / 200 >= 0.93
    assert told / 200 > 5


def by_clip(*columns):
    """Sums and counts of values given as columns x systems x clips."""
    sums = np.array(columns, float)
    return np.nan_to_num(sums), np.isfinite(sums).astype(float)


def test_a_clear_lead_keeps_its_place_and_a_small_one_does_not():
    rng = np.random.default_rng(2)
    clips = rng.random(200)
    near, far = clips + rng.normal(0.005, 0.1, 200), clips + rng.normal(0.2, 0.1, 200)
    found = rank_intervals(*by_clip([clips, near, far]))
    assert found == [Ranks(2, 3), Ranks(2, 3), Ranks(1, 1)]
    assert found == rank_intervals(*by_clip([clips, near, far]))


def test_the_share_of_draws_is_that_of_the_bootstrap():
    # Of 5 clips the system is better on 4: it loses its place in the draws with a negative sum.
    lead = np.array([0.1, 0.1, 0.1, 0.1, -0.3])
    losing = sum(
        sum(lead[list(draw)]) < -1e-9 for draw in itertools.product(range(5), repeat=5)
    ) / len(lead) ** len(lead)
    drawn = by_clip([lead + 0.5, np.full(5, 0.5)])
    for confidence, worst in [(1 - 2 * losing * 1.2, 1), (1 - 2 * losing * 0.8, 2)]:
        found = rank_intervals(*drawn, confidence=confidence, resamples=20_000)
        assert found[0] == Ranks(1, worst)


def test_equal_systems_share_the_better_place():
    values = np.random.default_rng(3).random(50)
    assert rank_intervals(*by_clip([values, values])) == [Ranks(1, 1), Ranks(1, 1)]


def test_a_score_is_the_mean_of_its_columns_however_long_they_are():
    one, nothing = np.ones(40), np.full(40, np.nan)
    short = nothing.copy()
    short[:10] = 0.0
    found = rank_intervals(*by_clip([one * 0.6, one * 0.5], [short, short + 0.3]))
    assert found == [Ranks(2, 2), Ranks(1, 1)]


def test_without_values_in_a_column_there_is_no_rank():
    assert rank_intervals(*by_clip([[0.1, 0.2], [np.nan, np.nan]])) is None
