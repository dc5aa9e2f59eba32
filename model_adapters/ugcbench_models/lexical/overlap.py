"""What do common words say where no verdicts are at hand to fit a model to?

Plain thresholds, by hand: nothing here was measured against a judge.
"""

from __future__ import annotations

import re

from ugcbench_models.lexical.words import split_words

CONSISTENT = 0.35
"""Overlap from which two accounts of a background count as the same."""

MATCHED = 0.5
"""Share of an object's words that must occur."""

STEADY = re.compile(
    r"\b(not|never|n't|no|without)\b[^.]*\bchang|\bremains?\b|\bthroughout\b|\bsame\b"
)
"""How a text says that nothing changes."""

ATTRIBUTES = frozenset({"count", "color", "position"})
"""Labels in a list of objects, not part of what they say."""


def overlap(reference: str, prediction: str) -> float:
    """Share (F1) of distinct words that two texts have in common, in [0, 1]."""
    mine, yours = (frozenset(split_words(text)) for text in (reference, prediction))
    if not mine or not yours:
        return float(mine == yours)
    return 2 * len(mine & yours) / (len(mine) + len(yours))


def agrees(reference: str, prediction: str) -> bool:
    """Whether two texts share words and agree on whether anything changes."""
    same = _says_change(reference) == _says_change(prediction)
    return same and overlap(reference, prediction) >= CONSISTENT


def match_items(reference: str, prediction: str) -> list[bool]:
    """For each numbered line of the reference, whether the prediction holds its thing.

    All words of the name (what precedes the bracket) and half of all words must occur.
    """
    words = frozenset(split_words(prediction))
    return [_occurs(line, words) for line in re.findall(r"^\d+\.\s*(.*)$", reference, re.MULTILINE)]


def _occurs(item: str, words: frozenset[str]) -> bool:
    name = frozenset(split_words(item.partition("(")[0]))
    every = frozenset(split_words(item)) - ATTRIBUTES
    return bool(name) and name <= words and len(every & words) >= MATCHED * len(every)


def _says_change(text: str) -> bool:
    return not STEADY.search(text.casefold())
