"""Does the length reward follow equation 4?"""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench.errors import UsageError
from ugcbench.scorers.length import LengthScorer
from ugcbench.types import Failure, Prediction, Sample


def score(gold, text, scorer=LengthScorer()):  # noqa: B008
    sample = Sample(id="s", clip="c", media=None, answer=gold)
    prediction = Prediction.model_construct(task="t", sample_id="s", text=text, failure=None)
    return asyncio.run(scorer.score(sample, prediction))


@pytest.mark.parametrize(
    ("length", "value"), [(0, 0), (49, 0), (50, 0.5), (69, 0.5), (70, 1), (100, 1), (1000, 1)]
)
def test_each_band_includes_its_lower_bound(length, value):
    assert score("word " * 100, "other " * length).value == value
    assert score("x" * 100, "y" * length, LengthScorer("characters")).value == value


@given(gold=st.integers(1, 300))
def test_bounds_are_met_exactly_whatever_the_gold_length(gold):
    assert score("w " * (10 * gold), "w " * (7 * gold)).value == 1
    assert score("w " * (10 * gold), "w " * (7 * gold - 1)).value == 0.5


def test_the_unit_is_words_of_any_script_or_characters():
    assert LengthScorer().measure("Hello, wide  world! 东京") == 5
    assert LengthScorer("characters").measure("a b\N{GRINNING FACE}") == 4


def test_an_empty_gold_is_met_by_any_text_and_the_note_tells_the_lengths():
    assert score("", "").value == 1
    assert score(("two", "lines"), "one").note == "1 of 2 words"


def test_a_prediction_without_text_keeps_its_reason():
    failure = Failure(status="missing", kind="missing", message="absent")
    sample = Sample(id="s", clip="c", media=None, answer="gold")
    prediction = Prediction(task="t", sample_id="s", failure=failure)
    result = asyncio.run(LengthScorer().score(sample, prediction))
    assert (result.status, result.value) == ("missing", None)


@pytest.mark.parametrize(("low", "high"), [(0.8, 0.7), (-0.1, 0.7), (0.5, float("nan"))])
def test_bounds_out_of_order_are_refused(low, high):
    with pytest.raises(UsageError, match="0 <= low <= high"):
        LengthScorer(low=low, high=high)


def test_the_fingerprint_holds_every_parameter():
    assert LengthScorer().fingerprint == "length/words/0.5/0.7/1"
    assert LengthScorer("characters", 0.1, 0.2).fingerprint == "length/characters/0.1/0.2/1"


@given(gold=st.text(max_size=50), text=st.text(st.characters(codec=None), max_size=50))
@pytest.mark.parametrize("unit", ["words", "characters"])
def test_any_text_gets_one_of_three_values(unit, gold, text):
    assert score(gold, text, LengthScorer(unit)).value in (0, 0.5, 1)


@given(text=st.text(max_size=50), more=st.text("ab ", max_size=20))
def test_a_longer_answer_never_scores_less(text, more):
    scorer = LengthScorer("characters")
    assert score("x" * 40, text + more, scorer).value >= score("x" * 40, text, scorer).value
