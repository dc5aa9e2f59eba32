"""Does a text decline to describe the clip?"""

from __future__ import annotations

import re

_LEAD = (
    r"(?:(?:i(?:'|\u2019)?m|i am|we are|my)\s+(?:very |so |really )?(?:sorry|afraid|apologi\w+)"
    r"|sorry|apologies|unfortunately|regrettably)\W+(?:but |that )?\W*"
)
_INABILITY = (
    r"(?:i|we)(?:\s+(?:can(?:not| not)|could not|am (?:not able|unable)|are (?:not able|unable)|"
    r"do not have (?:the ability|access)|will not|must decline)\b"
    r"|\s+(?:can|couldn|don|won)(?:'|\u2019)t\b|(?:'|\u2019)m (?:not able|unable)\b)"
)
_MACHINE = r"as an? (?:ai|artificial intelligence|(?:large )?language model|text-based)\b"
_CHINESE = (
    r"(?:非常|很|十分)?(?:抱歉|对不起)|作为(?:一个|一名)?(?:人工智能|AI|语言模型)|我(?:无法|不能)"
)
REFUSAL = re.compile(rf"\W*(?:(?:{_LEAD})?{_INABILITY}|{_MACHINE}|{_CHINESE})", re.IGNORECASE)
"""How a refusal begins. Only beginnings count: a caption may quote anybody who can't do a thing."""


def declines(text: str) -> bool:
    """Whether a text begins like a refusal, in English or Chinese."""
    return REFUSAL.match(text) is not None
