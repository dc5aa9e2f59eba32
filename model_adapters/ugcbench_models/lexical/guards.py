"""Which texts hold the right words without being a description?

The linear model adds up what is found, so a heap of the reference's words would please it. What
recorded captions hardly ever do is set by hand here to cost levels: of 3,990 of them the guards
lower about one in a hundred.
"""

from __future__ import annotations

import math

from rapidfuzz.distance import LCSseq

from ugcbench_models.lexical.reading import Text

DISORDER = 1.0
"""How far common order and neighbours may fall behind common words (logarithm of a ratio)."""

DISORDER_COST = 20.0
"""Levels for each unit above it."""

OVERLONG = 2.5
"""How many times as long as the reference a prediction may be."""

OVERLONG_COST = 4.0
"""Levels for each unit of the logarithm above it."""

OFFSET = 0.05
"""Added to a share before its logarithm is taken."""


def count_lost_levels(reference: Text, prediction: Text) -> float:
    """Levels to take off: for words without the reference's order, and for sheer length."""
    disorder = max(0.0, _disorder(reference, prediction) - DISORDER)
    ratio = (prediction.length + 1) / (reference.length + 1)
    overlong = max(0.0, math.log(ratio / OVERLONG))
    return DISORDER_COST * disorder + OVERLONG_COST * overlong


def _disorder(reference: Text, prediction: Text) -> float:
    """0 where all common words come in the same order, or all beside the same ones.

    Every word counts where it is first said: whoever repeats a heap often enough would have any
    order in it.
    """
    mine, yours = (tuple(dict.fromkeys(text.words)) for text in (reference, prediction))
    words, pairs = max(len(mine), 1), max(len(reference.pairs), 1)
    common = len(reference.vocabulary & prediction.vocabulary) / words
    ordered = LCSseq.similarity(mine, yours) / words
    beside = len(reference.pairs & prediction.pairs) / pairs
    return math.log((common + OFFSET) / (max(ordered, beside) + OFFSET))
