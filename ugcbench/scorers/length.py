"""Is an answer long enough?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ugcbench.errors import UsageError
from ugcbench.scorers import tokens
from ugcbench.scorers.unanswered import score_unanswered
from ugcbench.types import Prediction, Sample, Score


@dataclass(frozen=True, slots=True)
class LengthScorer:
    """0 below `low` times the gold's length, 0.5 from there, 1 from `high` times on.

    `unit`: `words` of any script (one per character where words aren't spaced), or `characters`
    (code points). There is no upper bound, so repetition is not punished. Raises `UsageError`
    unless 0 <= low <= high.
    Source: paper section 4.3, equation 4; it leaves the unit and the case of equality open, here
    each band includes its lower bound.
    """

    unit: Literal["words", "characters"] = "words"
    low: float = 0.5
    high: float = 0.7

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high < math.inf:
            raise UsageError(
                f"the length bounds are low={self.low}, high={self.high}; "
                "give two numbers with 0 <= low <= high"
            )

    @property
    def fingerprint(self) -> str:
        """Changes with unit, bounds and rule."""
        return f"length/{self.unit}/{self.low}/{self.high}/1"

    @property
    def judge(self) -> None:
        """No judge is asked."""
        return

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Compare the lengths; an empty gold is met by any text."""
        if prediction.text is None:
            return score_unanswered(prediction)
        answer = sample.answer
        gold = self.measure(answer if isinstance(answer, str) else "\n".join(answer))
        length = self.measure(prediction.text)
        # A quotient rather than `high * gold`, which can exceed the length that equals it.
        ratio = length / gold if gold else math.inf
        value = 0.0 if ratio < self.low else 0.5 if ratio < self.high else 1.0
        return Score(status="ok", value=value, note=f"{length} of {gold} {self.unit}")

    def measure(self, text: str) -> int:
        """The length of a text in the scorer's unit."""
        return len(text) if self.unit == "characters" else len(tokens.words(text))
