"""What should no reward pay for, however much a judge likes it?

Guards score 1 where there is nothing to complain of and less where there is. They ask no judge, and
are weighed in a recipe like any other scorer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ugcbench.errors import UsageError
from ugcbench.scorers.unanswered import score_unanswered
from ugcbench.types import Prediction, Sample, Score
from ugcbench_train.rewards.refusals import declines
from ugcbench_train.rewards.repetition import SIZE, repeated_share, words_of


@dataclass(frozen=True, slots=True)
class RepetitionGuard:
    """1 less the share of runs of `size` words that stood in the text before.

    Raises `UsageError` for a size below 1.
    """

    size: int = SIZE

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UsageError(f"the repetition guard's size is {self.size}; give a number from 1 on")

    @property
    def fingerprint(self) -> str:
        """Changes with size and rule."""
        return f"repetition/{self.size}/1"

    @property
    def judge(self) -> None:
        """No judge is asked."""
        return

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Count the repeated runs; the sample's gold does not matter."""
        if prediction.text is None:
            return score_unanswered(prediction)
        share = repeated_share(words_of(prediction.text), self.size)
        note = f"{share:.1%} of the runs of {self.size} words stood there before"
        return Score(status="ok", value=1 - share, note=note)


@dataclass(frozen=True, slots=True)
class OverlongGuard:
    """1 up to `free` times the gold's length, 0 from `most` times on, linear between.

    `unit` as in the core's `LengthScorer`; an empty gold is overrun by no text. Equation 4 has no
    upper bound, and this is one. Raises `UsageError` unless 0 < free < most.
    Source of the form: the soft overlong punishment of DAPO (Yu et al., 2025), there in tokens.
    """

    unit: Literal["words", "characters"] = "words"
    free: float = 2.0
    most: float = 3.0

    def __post_init__(self) -> None:
        if not 0 < self.free < self.most < math.inf:
            raise UsageError(
                f"the bounds of the over-length guard are free={self.free}, most={self.most}; "
                "give two numbers with 0 < free < most"
            )

    @property
    def fingerprint(self) -> str:
        """Changes with unit, bounds and rule."""
        return f"overlong/{self.unit}/{self.free}/{self.most}/1"

    @property
    def judge(self) -> None:
        """No judge is asked."""
        return

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Compare the lengths."""
        if prediction.text is None:
            return score_unanswered(prediction)
        answer = sample.answer
        gold = self.measure(answer if isinstance(answer, str) else "\n".join(answer))
        length = self.measure(prediction.text)
        ratio = length / gold if gold else 0.0
        value = min(max((self.most - ratio) / (self.most - self.free), 0.0), 1.0)
        return Score(status="ok", value=value, note=f"{length} of {gold} {self.unit}")

    def measure(self, text: str) -> int:
        """The length of a text in the guard's unit."""
        return len(text) if self.unit == "characters" else len(words_of(text))


@dataclass(frozen=True, slots=True)
class RefusalGuard:
    """0 for a text that begins like a refusal, 1 for any other."""

    fingerprint = "refusal/2"
    judge = None

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Look at the beginning; the sample's gold does not matter."""
        if prediction.text is None:
            return score_unanswered(prediction)
        refused = declines(prediction.text)
        return Score(status="ok", value=float(not refused), note="declined" if refused else None)
