"""Several verdicts make one score by medians, and too few make none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench.scorers.voting import (
    Ballot,
    Grade,
    count_ballots,
    measure_disagreement,
    median_grade,
)

units = st.floats(0, 1)


def cast(judge, value, status="ok", **parts):
    grade = None if value is None else Grade(value, parts)
    note = f"{judge} said {value}" if grade else f"{judge} failed"
    return Ballot(judge, grade, note, (f"{judge}-{value}",), model=f"{judge}-model", status=status)


def test_one_ballot_is_the_score_itself():
    score = count_ballots([cast("a", 0.4, x=0.2)], None)
    assert (score.value, score.parts, score.judge_model) == (0.4, {"x": 0.2}, "a-model")
    assert score.disagreement is None
    assert score.verdicts == ("a-0.4",)


def test_votes_give_their_median_and_how_far_they_lie_apart():
    score = count_ballots([cast("a", v) for v in (0.2, 1.0, 0.4)], None)
    assert score.value == 0.4
    assert score.disagreement == pytest.approx((0.8 + 0.2 + 0.6) / 3)
    assert score.verdicts == ("a-0.2", "a-1.0", "a-0.4")


def test_a_panel_weighs_judges_alike_however_many_votes_could_be_read():
    ballots = [cast("a", 0.2), cast("a", 0.2), cast("a", None, "malformed"), cast("b", 0.8)]
    ballots += [cast("b", 0.8), cast("b", 0.8)]
    score = count_ballots(ballots, None)
    assert score.value == 0.5
    assert score.judge_model == "a-model + b-model"


def test_a_judge_with_half_of_its_votes_lost_gives_no_verdict():
    score = count_ballots([cast("a", 0.2), cast("a", None, "timeout")], None)
    assert (score.status, score.value, score.source) == ("timeout", None, "judge")
    assert "1 of 2 verdicts are missing" in score.note
    assert "a failed" in score.note


@pytest.mark.parametrize(("quorum", "status"), [(None, "ok"), (2, "ok"), (3, "api_error")])
def test_a_panel_needs_its_quorum(quorum, status):
    ballots = [cast("a", 0.2), cast("b", 0.4), cast("c", None, "api_error")]
    assert count_ballots(ballots, quorum).status == status


def test_the_most_frequent_failure_is_named():
    ballots = [cast("a", None, s) for s in ("timeout", "malformed", "malformed")]
    assert count_ballots(ballots, None).status == "malformed"


@given(st.lists(units, min_size=1, max_size=7))
def test_a_median_lies_within_and_equal_verdicts_agree(values):
    grade = median_grade([Grade(v, {"p": v}) for v in values])
    assert min(values) <= grade.value <= max(values)
    assert grade.parts["p"] == grade.value
    assert measure_disagreement([Grade(values[0], {})] * 3) == 0.0


@given(st.permutations([0.1, 0.5, 0.9, 0.3]))
def test_the_order_of_the_votes_does_not_matter(values):
    score = count_ballots([cast("a", v) for v in values], None)
    assert score.value == pytest.approx(0.4)
    assert score.disagreement == pytest.approx(0.4333333, abs=1e-6)
