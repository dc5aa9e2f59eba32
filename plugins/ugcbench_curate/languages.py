"""In which language is a text written?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LETTERS = 40
"""Fewer letters are too few to tell the language."""

SURE = 0.95
"""Probability from which on a language is named."""

LETTER = regex.compile(r"\p{L}")
UNTOLD = "unclear"
TOO_SHORT = "too short"


def name_language(text: str) -> str:
    """The ISO 639-1 code of a text's language, or why it can't be told; needs py3langid."""
    if len(LETTER.findall(text)) < LETTERS:
        return TOO_SHORT
    language, chance = _identifier().classify(text)
    return str(language) if chance >= SURE else UNTOLD


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
