"""Is what a teacher said good enough to learn from?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ugcbench.identity import names_same_model
from ugcbench.types import Prediction
from ugcbench_train.rewards.refusals import declines
from ugcbench_train.rewards.repetition import repeated_share, words_of

CUT_OFF = frozenset({"length", "max_tokens"})
"""How providers say that the limit of tokens ended a reply."""


class Fault(NamedTuple):
    """Why an answer is no caption to learn from: a stable word, and words for people."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Gates:
    """What a caption must fulfil.

    It has at least `min_words` words, and at most `max_repeated` of its runs of four words stood in
    it before. Of 3,069 recorded captions of gemini-2.5-flash the shortest has 132 words, and none
    repeats more than 0.07; where models ran into a loop it is above 0.5. `teacher`, where the
    provider says who answers, is the id that was asked: another model's captions are not taken.
    """

    min_words: int = 50
    max_repeated: float = 0.2
    teacher: str | None = None

    def find_fault(self, answer: Prediction) -> Fault | None:
        """The first thing that is wrong with an answer, or None."""
        text = (answer.text or "").strip()
        if not text:
            return Fault("empty", "the answer has no text")
        if self.teacher and answer.model and not names_same_model(self.teacher, answer.model):
            return Fault("other_model", f"{answer.model} answered, {self.teacher} was asked")
        if (answer.finish or "").lower() in CUT_OFF:
            return Fault("cut_off", "the limit of tokens ended the answer; raise --max-tokens")
        if declines(text):
            return Fault("refusal", "the text begins like a refusal")
        return self._measure(text)

    def _measure(self, text: str) -> Fault | None:
        words = words_of(text)
        repeated = repeated_share(words)
        if repeated > self.max_repeated:
            return Fault("repeated", f"{repeated:.0%} of its phrases stood in it before")
        if len(words) < self.min_words:
            return Fault("too_short", f"{len(words)} words, fewer than {self.min_words}")
        return None


def same_caption(text: str) -> str:
    """What two captions have in common that differ in case, space and signs alone."""
    return " ".join(words_of(text))
