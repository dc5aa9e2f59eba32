"""Which option does an answer mean, and how often is each the answer?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ugcbench.types import Gold


def find_choice(answer: str, choices: tuple[str, ...]) -> str | None:
    """Return the option that `answer` means, whatever its case, or None.

    The official release writes `neutral` where the option is `Neutral`.
    """
    return next((c for c in choices if c.casefold() == answer.strip().casefold()), None)


def share_options(golds: Sequence[Gold]) -> bool:
    """Whether all offer the same options."""
    return all(gold.choices == golds[0].choices for gold in golds)


def count_answers(golds: Sequence[Gold]) -> tuple[Sequence[str], Counter[str | None]]:
    """The options and how often each is the answer, under None how often no option is.

    Where the options differ from gold to gold, their places stand for them: `choice 1` and so on.
    """
    found = [find_choice(str(gold.answer), gold.choices) for gold in golds]
    if share_options(golds):
        return golds[0].choices, Counter(found)
    places = [f"choice {place}" for place in range(1, max(len(g.choices) for g in golds) + 1)]
    return places, Counter(
        None if choice is None else places[gold.choices.index(choice)]
        for gold, choice in zip(golds, found, strict=True)
    )
