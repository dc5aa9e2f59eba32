"""A drawn part of a dataset: seeded, spread over the answers, and written down with the run."""

from __future__ import annotations

from collections import Counter

import pytest
import toy

import ugcbench
from ugcbench import Clip, Gold
from ugcbench.errors import UsageError
from ugcbench.plans import read_config
from ugcbench.subsets import Subset

ANSWERS = ["Narration"] * 60 + ["In-Video"] * 30 + ["none"] * 10


def clips(answers=ANSWERS, choices=("a",)):
    return [
        Clip(id=f"c{place}", media=None, gold={"voice": Gold(answer=answer, choices=choices)})
        for place, answer in enumerate(answers)
    ]


def drawn(size, seed=0, **more):
    return Subset(size=size, seed=seed).choose(clips(**more))


def test_every_answer_has_its_share():
    assert Counter(ANSWERS[place] for place in drawn(20)) == {
        "Narration": 12,
        "In-Video": 6,
        "none": 2,
    }
    assert len(drawn(7)) == 7


def test_the_drawing_is_seeded_and_larger_ones_hold_smaller_ones():
    assert drawn(20) == drawn(20)
    assert drawn(20) != drawn(20, seed=1)
    assert drawn(10) <= drawn(20) <= drawn(50)


def test_it_does_not_take_the_first_ones():
    assert max(drawn(10, choices=())) > 20


def test_questions_with_choices_of_their_own_are_shared_out_by_letter():
    rows = [
        Clip(
            id=f"q{place}",
            media=None,
            gold={"q": Gold(answer=f"{place} B", choices=(f"{place} A", f"{place} B"))}
            if place % 4
            else {"q": Gold(answer=f"{place} A", choices=(f"{place} A", f"{place} B"))},
        )
        for place in range(40)
    ]
    chosen = [Subset(size=12, seed=seed).choose(rows) for seed in (0, 1)]
    assert chosen[0] != chosen[1]
    assert [sum(place % 4 == 0 for place in places) for places in chosen] == [3, 3]


def test_choices_in_another_order_are_the_same_choices():
    rows = [
        Clip(
            id=f"c{place}",
            media=None,
            gold={"q": Gold(answer="ab"[place % 4 == 0], choices=tuple(("ab", "ba")[place % 2]))},
        )
        for place in range(40)
    ]
    chosen = Subset(size=12).choose(rows)
    assert sum(place % 4 == 0 for place in chosen) == 3


def test_a_seed_draws_what_it_always_drew():
    assert sorted(drawn(7)) == [17, 22, 25, 39, 73, 74, 91]
    assert sorted(drawn(7, choices=())) == [17, 22, 24, 25, 39, 51, 73]


def test_all_clips_where_there_are_no_more():
    assert drawn(100) == drawn(1000) == frozenset(range(100))


def test_a_run_of_a_subset_says_so_and_goes_on_with_it(registry, tmp_path):
    given = {"model": "knower", "dataset": "numbers", "tasks": "toy/exact", "registry": registry}
    result = ugcbench.run(**given, subset=4, subset_seed=3, output=tmp_path / "run")
    expected = Subset(size=4, seed=3).choose(toy.Numbers())
    assert [int(record.clip[1:]) for record in result.records()] == sorted(expected)
    assert read_config(result.path).subset == Subset(size=4, seed=3)
    again = ugcbench.run(model="knower", registry=registry, resume=result.path)
    assert again.cells["toy/exact"].asked == 4


def test_limit_and_subset_exclude_each_other(registry):
    with pytest.raises(UsageError, match="give one of them"):
        ugcbench.run(model="knower", dataset="numbers", registry=registry, limit=2, subset=2)
