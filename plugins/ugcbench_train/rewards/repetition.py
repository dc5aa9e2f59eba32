"""How much of a text repeats itself, and how alike are several texts?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from statistics import fmean

from ugcbench.scorers import tokens

Words = tuple[str, ...]
Ngrams = frozenset[Words]

SIZE = 4
"""Words in an n-gram: names and phrases come again in a good caption, runs of four hardly do."""


@lru_cache(maxsize=1024)
def words_of(text: str) -> Words:
    """The words of a text, of any script, without case; a group's texts are read several times."""
    return tuple(tokens.words(text))


def repeated_share(words: Words, size: int = SIZE) -> float:
    """The share of a text's n-grams that stood in it before, from 0 to 1; 0 for a short text.

    Source: seq-rep-n of Welleck et al., Neural text generation with unlikelihood training (2020).
    In recorded captions it is either below 0.25 or, where a model ran into a loop, above 0.5.
    """
    count = len(words) - size + 1
    return 1 - len(ngrams_of(words, size)) / count if count > 0 else 0.0


def sameness(texts: Sequence[Words], size: int = SIZE) -> float:
    """The mean over all pairs of texts of their common n-grams' share (Jaccard), from 0 to 1.

    Raises `statistics.StatisticsError` for less than two texts.
    """
    grams = [ngrams_of(words, size) for words in texts]
    return fmean(_jaccard(one, other) for one, other in combinations(grams, 2))


def ngrams_of(words: Words, size: int) -> Ngrams:
    """The distinct n-grams; a text that is shorter than one counts as one."""
    if len(words) <= size:
        return frozenset([words])
    return frozenset(zip(*(words[start:] for start in range(size)), strict=False))


def _jaccard(one: Ngrams, other: Ngrams) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common)
