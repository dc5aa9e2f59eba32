"""What is the score of a prediction without text?"""

from __future__ import annotations

from ugcbench.types import Prediction, Score


def score_unanswered(prediction: Prediction) -> Score:
    """The score without a value that follows from the prediction's failure."""
    failure = prediction.failure
    if failure is None:
        return Score(status="missing", note="there is neither a text nor a reason for its absence")
    return Score(status=failure.status, note=f"{failure.kind}: {failure.message}")
