"""Which option does an answer mean, and how often is each the answer?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ugcbench.types import Gold


def find_choice(answer: str, choices: tuple[str, ...]) -> str | None:
    """Return the option that `answer` means, whatever its case, or None.

    The official release writes `neutral` where the option is `Neutral`.
    """
    return next((c for c in choices if c.casefold() == answer.strip().casefold()), None)


@dataclass(frozen=True)
class Answers:
    """How often each option is the answer; None stands for answers that are no option.

    By place (`choice 1` and so on) where a place is the better constant answer, as it is where each
    clip has options of its own; by text elsewhere.
    """

    options: Sequence[str]
    counts: Counter[str | None]
    by_place: bool


def count_answers(golds: Sequence[Gold]) -> Answers:
    """The distribution of one or more answers; raises `ValueError` for none."""
    found = [find_choice(str(gold.answer), gold.choices) for gold in golds]
    texts = Counter(found)
    places = Counter(
        None if choice is None else _place(gold.choices.index(choice))
        for gold, choice in zip(golds, found, strict=True)
    )
    if max(places.values()) > max(texts.values()):
        widest = max(len(gold.choices) for gold in golds)
        return Answers([_place(index) for index in range(widest)], places, by_place=True)
    options = dict.fromkeys(choice for gold in golds for choice in gold.choices)
    return Answers(list(options), texts, by_place=False)


def _place(index: int) -> str:
    return f"choice {index + 1}"
