"""Which option did a multiple-choice answer choose, and is it the right one?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ugcbench.scorers.chosen_options import UnclearAnswerError, canonicalise, read_choice
from ugcbench.scorers.unanswered import score_unanswered
from ugcbench.types import Prediction, Sample, Score


@dataclass(frozen=True, slots=True)
class ChoiceScorer:
    """1 for the right option, 0 for another.

    `lenient`: the option's letter (by its position) or its text, in any case and form that
    `read_choice` understands; an answer that names none, several, or denies one is `malformed`.
    Chosen option and gold are compared without case. `exact`: 1 if the answer without surrounding
    white space is the gold to the letter, otherwise 0; never malformed.
    Source: `exact` is the rule of the paper's released figures.
    """

    rule: Literal["lenient", "exact"] = "lenient"

    @property
    def fingerprint(self) -> str:
        """Changes with the rule and its version."""
        return f"choice/{self.rule}/1"

    @property
    def judge(self) -> None:
        """No judge is asked."""
        return

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Compare the chosen option with the gold."""
        if prediction.text is None:
            return score_unanswered(prediction)
        gold = sample.answer if isinstance(sample.answer, str) else " ".join(sample.answer)
        if self.rule == "exact":
            return Score(status="ok", value=float(prediction.text.strip() == gold))
        try:
            chosen = read_choice(prediction.text, sample.choices, others=(gold,))
        except UnclearAnswerError as error:
            return Score(status="malformed", note=f"unparsed: {error}")
        value = float(is_same_choice(chosen, gold))
        return Score(status="ok", value=value, note=f"read as: {chosen}")


def is_same_choice(chosen: str, gold: str) -> bool:
    """Whether two texts are the same option but for case, markup and quotes."""
    return canonicalise(chosen) == canonicalise(gold)
