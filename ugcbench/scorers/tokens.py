"""Into which tokens does a text fall?"""

from __future__ import annotations

import re
import typing
import unicodedata
from functools import lru_cache

import regex

if typing.TYPE_CHECKING:
    from rouge_score.tokenizers import DefaultTokenizer

# Scripts that put no spaces between words: each character, with its marks, is a token.
_UNSPACED = r"\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(
    rf"(?V1)[[{_UNSPACED}]&&[\p{{L}}\p{{N}}]]\p{{M}}*"
    rf"|[[\p{{L}}\p{{N}}]--[{_UNSPACED}]][[\p{{L}}\p{{N}}\p{{M}}]--[{_UNSPACED}]]*"
)
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)?")
_ASCII_RUN = re.compile(r"[a-z0-9]+")


def words(text: str) -> list[str]:
    """Runs of letters, digits and marks of any script, in one canonical form without case.

    Han, kana, Thai, Lao, Khmer and Myanmar give one token per character with its marks. Canonical
    form: NFKC, case folding, NFKC.
    """
    found: list[str] = _WORD.findall(fold(text))
    return found


def fold(text: str) -> str:
    """The text in compatibility composition (NFKC) without case."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def ascii_words(text: str) -> list[str]:
    """ASCII letters and digits, with one inner apostrophe, of a text in lower case.

    Source: the released on-screen-text figures of UGC-VideoCap, whose BLEU-1 counts these.
    """
    return _ASCII_WORD.findall(text)


def stems(text: str) -> list[str]:
    """The tokens of rouge-score's tokenizer with stemming, each word looked up once.

    Its stemmer costs some 20 microseconds a word, while on-screen text repeats few words.
    """
    return [stem for word in _ASCII_RUN.findall(text.lower()) for stem in _stem(word)]


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> tuple[str, ...]:
    return tuple(_tokenizer().tokenize(word))


@lru_cache(maxsize=1)
def _tokenizer() -> DefaultTokenizer:
    # Imported when first used: it brings all of nltk (over one second, 150 MB), which the scorers
    # without stemming can do without.
    from rouge_score.tokenizers import DefaultTokenizer

    return DefaultTokenizer(use_stemmer=True)
