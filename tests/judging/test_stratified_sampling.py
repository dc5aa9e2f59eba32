"""A subset holds every system and score level in its share, whatever the order of the pairs."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench_judging.pairs import Pair
from ugcbench_judging.sampling import draw_clips, draw_stratified


def pair(system, number, level):
    return Pair(
        system=system,
        clip=f"c{number}",
        sample_id=f"c{number}",
        task="ugc/caption",
        reference="r",
        prediction="p",
        scores={"audio": level / 5},
    )


def stratum(one):
    return one.system, round(one.scores["audio"] * 5)


MANY = [pair(s, n, 1 + n % 4) for s in "abc" for n in range(100)]


def test_every_stratum_has_its_share():
    counts = Counter(map(stratum, draw_stratified(MANY, 60)))
    assert counts == Counter({(s, level): 5 for s in "abc" for level in (1, 2, 3, 4)})


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 5)), min_size=1, max_size=40),
    st.integers(1, 45),
    st.integers(0, 3),
)
def test_shares_are_rounded_down_or_up(strata, size, seed):
    pairs = [pair(system, n, level) for n, (system, level) in enumerate(strata)]
    drawn = draw_stratified(pairs, size, seed)
    assert len(drawn) == min(size, len(pairs))
    assert len({id(one) for one in drawn}) == len(drawn)
    counts, every = Counter(map(stratum, drawn)), Counter(map(stratum, pairs))
    for name, count in every.items():
        assert abs(counts[name] - min(size / len(pairs), 1) * count) < 1
    shuffled = random.Random(seed).sample(pairs, len(pairs))
    names = {(one.system, one.sample_id) for one in drawn}
    again = draw_stratified(shuffled, size, seed)
    assert {(one.system, one.sample_id) for one in again} == names


def test_the_seed_decides():
    assert draw_stratified(MANY, 30, 1) == draw_stratified(MANY, 30, 1)
    assert draw_stratified(MANY, 30, 1) != draw_stratified(MANY, 30, 2)


def test_all_are_taken_in_their_order():
    assert draw_stratified(MANY, None) == MANY
    assert draw_stratified(MANY, 300) == MANY
    drawn = draw_stratified(MANY, 50)
    assert sorted(drawn, key=MANY.index) == drawn
    with pytest.raises(ValueError, match="at least 1"):
        draw_stratified(MANY, 0)


def test_clips_differ():
    drawn = draw_clips(MANY, 60, 1)
    assert len({one.clip for one in drawn}) == 60
    assert len({one.system for one in drawn}) == 3
    assert len(draw_clips(MANY, 500)) == 100
