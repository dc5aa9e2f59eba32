"""What is there to compare in a text?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ugcbench_models.lexical.words import COMMON, HEARD, LEXICONS, find_words, normalise, stem

Words = frozenset[str]
Pairs = frozenset[tuple[str, str]]

LONGEST = 20_000
"""Characters that are read of a text; a caption has about a thousand."""

REACH = 2
"""How many words after a colour it may belong to."""

SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|(?<=\u3002)|\n+")
CLAUSE_END = re.compile(r"[,;:\u2014]|\b(?:while|as|with|and|accompanied|which|where)\b")
QUOTE = re.compile(
    r'"([^"]{2,400})"|\u201c([^\u201d]{2,400})\u201d|(?<!\w)\'([^\'\n]{2,200}(?:\'\w[^\'\n]{0,200}){0,8})\'(?!\w)'
)


@dataclass(frozen=True, slots=True)
class Text:
    """The parts of a text; words are stems, and common words are left out where not said.

    `length` and `distinct` count all words. `pairs` are words with at most one between them.
    `audible` are the words of sentences in which one is about sound, `heard` those of such clauses,
    `seen` those of the other clauses. `names` are capitalised inside a sentence, `colours` those
    said before a thing, by thing. `maleness` is from -1 (only female words) to 1 (only male ones).
    """

    length: int
    distinct: int
    words: Sequence[str]
    vocabulary: Words
    occurrences: Counter[str]
    pairs: Pairs
    sentences: Sequence[Words]
    clauses: Sequence[Words]
    audible: Words
    heard: Words
    seen: Words
    quoted: Words
    names: Words
    colours: Mapping[str, Words]
    maleness: float


@lru_cache(maxsize=64)
def read(text: str) -> Text:
    """Take a text apart; of a very long one only the first 20,000 characters."""
    plain = normalise(text[:LONGEST])
    parts = SENTENCE_END.split(plain)
    said = [find_words(part) for part in parts]
    every = [stem(word) for part in said for word in part]
    words = [word for part in said for word in _content(part)]
    sentences = _sets(said)
    clauses = _sets(find_words(clause) for part in parts for clause in CLAUSE_END.split(part))
    quotes = [next(filter(None, found)) for found in QUOTE.findall(plain)]
    return Text(
        length=len(every),
        distinct=len(set(every)),
        words=words,
        vocabulary=frozenset(words),
        occurrences=Counter(words),
        pairs=frozenset(pairwise(words)) | frozenset(zip(words, words[2:], strict=False)),
        sentences=sentences,
        clauses=clauses,
        audible=_union(words for words in sentences if words & HEARD),
        heard=_union(clause for clause in clauses if clause & HEARD),
        seen=_union(clause for clause in clauses if not clause & HEARD),
        quoted=frozenset(stem(word) for quote in quotes for word in find_words(quote)),
        names=_names(parts),
        colours=_colours(words),
        maleness=_maleness(every),
    )


def _content(words: Iterable[str]) -> list[str]:
    return [stem(word) for word in words if word not in COMMON]


def _sets(parts: Iterable[Iterable[str]]) -> list[Words]:
    """The distinct words of each part that has any."""
    return [found for part in parts if (found := frozenset(_content(part)))]


def _union(sets: Iterable[Words]) -> Words:
    return frozenset().union(*sets)


def _names(parts: Iterable[str]) -> Words:
    """Words written with a capital where no sentence begins."""
    found = (word for part in parts for word in part.split()[1:] if word[:1].isupper())
    return frozenset(_content(find_words(" ".join(found))))


def _colours(words: Sequence[str]) -> dict[str, Words]:
    """The colours said of each thing."""
    colours = LEXICONS["color"]
    said: dict[str, set[str]] = {}
    for at, word in enumerate(words):
        if word in colours:
            for thing in words[at + 1 : at + 1 + REACH]:
                if thing not in colours:
                    said.setdefault(thing, set()).add(word)
    return {thing: frozenset(every) for thing, every in said.items()}


def _maleness(words: Sequence[str]) -> float:
    male, female = (sum(word in LEXICONS[name] for word in words) for name in ("male", "female"))
    return (male - female) / max(male + female, 1)
