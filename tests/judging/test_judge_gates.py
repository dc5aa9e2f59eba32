"""A judge that doesn't look at what it judges passes no gate."""

from __future__ import annotations

import pytest

from ugcbench.types import Score
from ugcbench_judging.gates import GateRule, check_gate, hand_in_gold, shuffle_captions
from ugcbench_judging.sampling import draw_clips


def scores(*levels):
    return [
        Score(status="ok", value=level / 5, parts={"audio": level / 5, "visual": 1.0})
        for level in levels
    ]


@pytest.mark.parametrize("seed", range(5))
def test_every_answer_goes_to_another_clip(anchor, seed):
    pairs = draw_clips(anchor.pairs, 60, seed)
    shuffled = shuffle_captions(pairs, seed)
    assert all(a.prediction != b.prediction for a, b in zip(pairs, shuffled, strict=True))
    assert [p.reference for p in shuffled] == [p.reference for p in pairs]
    assert sorted(p.prediction for p in shuffled) == sorted(p.prediction for p in pairs)


def test_gold_is_the_reference(anchor):
    assert all(pair.prediction == pair.reference for pair in hand_in_gold(anchor.pairs))


def test_every_dimension_must_keep_the_bound():
    gold = check_gate("gold", scores(5, 4), GateRule())
    assert (gold.passed, gold.means) == (True, {"audio": pytest.approx(0.9), "visual": 1.0})
    assert not check_gate("gold", scores(5, 4, 4), GateRule()).passed
    assert not check_gate("shuffled", scores(1, 1), GateRule()).passed
    assert check_gate("shuffled", scores(1, 1), GateRule(floor=1.0)).passed


def test_no_constant_judge_passes_both():
    for level in range(1, 6):
        same = [Score(status="ok", value=level / 5, parts={"audio": level / 5})] * 3
        gates = [check_gate(kind, same, GateRule()) for kind in ("shuffled", "gold")]
        assert not all(gate.passed for gate in gates)


def test_failures_are_no_scores_and_no_verdict_passes_nothing():
    failed = Score(status="timeout", source="judge")
    gate = check_gate("gold", [*scores(5), failed], GateRule())
    assert (gate.n, gate.asked, gate.passed) == (1, 2, True)
    gate = check_gate("shuffled", [failed], GateRule())
    assert (gate.n, gate.means, gate.passed) == (0, {}, False)
