"""How does a text become words, and what are the words about?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

import regex

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts that set no spaces between words: every two neighbouring characters count as one."""

WORD = regex.compile(
    rf"(?V1)[{UNSPACED}]+|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+(?:['\-][\p{{L}}\p{{M}}\p{{N}}]+)*"
)

RUN = regex.compile(rf"[{UNSPACED}]+")

ENDINGS = {"ies": "y", "ied": "y", "ingly": "", "edly": "", "ing": "", "ed": "", "es": "", "ly": ""}
SHORTEST = 3
"""Letters that must be left of a word when an ending is cut."""


def normalise(text: str) -> str:
    """Compatibility forms, plain apostrophes, and no spaces round hyphens; letters keep their case.

    Captions of some models put spaces round every hyphen (`on - screen`).
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u2018", "'")
    return plain.replace(" - ", "-")


def split_words(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order."""
    return [stem(word) for word in find_words(normalise(text)) if word not in COMMON]


def find_words(text: str) -> list[str]:
    """The words of a normalised text, in order, in lower case."""
    found: list[str] = WORD.findall(text.casefold())
    return found if text.isascii() else [part for word in found for part in _unspaced(word)]


def _unspaced(word: str) -> list[str]:
    if len(word) < 3 or not RUN.fullmatch(word):
        return [word]
    return [word[at : at + 2] for at in range(len(word) - 1)]


@lru_cache(maxsize=1 << 15)
def stem(word: str) -> str:
    """A word without its English ending: `dances`, `danced` and `dancing` are one."""
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) <= SHORTEST:
        return word
    for ending, instead in ENDINGS.items():
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            return _tidy(word.removesuffix(ending) + instead)
    return _tidy(word if word.endswith("ss") else word.removesuffix("s"))


def _tidy(word: str) -> str:
    """Without a silent `e` or the doubled consonant that an ending leaves."""
    if len(word) > SHORTEST and word.endswith("e"):
        return word[:-1]
    if len(word) > SHORTEST and word[-1] == word[-2] and word[-1] not in "aeiouls":
        return word[:-1]
    return word


def _read_lexicons() -> Iterator[tuple[str, list[str]]]:
    text = files("ugcbench_models.lexical").joinpath("lexicons.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, words = line.partition(":")
            yield name, words.split()


_LISTS = dict(_read_lexicons())

COMMON = frozenset(_LISTS.pop("common"))
"""Words too frequent to mean agreement, as they are written."""

LEXICONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {name: frozenset(map(stem, words)) for name, words in _LISTS.items()}
)
"""Stems by what they are about."""

HEARD = LEXICONS["music"] | LEXICONS["speech"] | LEXICONS["sound"]
"""Stems that make a sentence one about sound."""
