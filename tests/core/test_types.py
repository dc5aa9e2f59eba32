"""The types refuse what must never exist."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ugcbench import Failure, Prediction, Score


@pytest.mark.parametrize("status", ["missing", "refused", "malformed", "api_error", "timeout"])
def test_an_error_is_never_a_number(status):
    with pytest.raises(ValidationError, match="exactly when its status is ok"):
        Score(status=status, value=0.0)
    assert Score(status=status).value is None


def test_a_score_that_is_ok_has_a_number_in_range():
    with pytest.raises(ValidationError, match="exactly when its status is ok"):
        Score(status="ok")
    for value in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValidationError):
            Score(status="ok", value=value)


def test_a_prediction_is_a_text_or_a_failure():
    why = Failure(status="timeout", kind="k", message="m")
    for both_or_neither in ({}, {"text": "x", "failure": why}):
        with pytest.raises(ValidationError, match="either a text or a failure"):
            Prediction(task="t", sample_id="s", **both_or_neither)


def test_unknown_fields_are_noticed():
    with pytest.raises(ValidationError, match="Extra inputs"):
        Prediction(task="t", sample_id="s", text="x", verdikt=1)
