"""Does a text decline to describe the clip?"""

from __future__ import annotations

import re

_SORRY = (
    r"(?:(?:i(?:'|\u2019)?m|i am|we are|my)\s+(?:very |so |really )?(?:sorry|afraid|apologi\w+)"
    r"|(?:i|we)\s+(?:do |must |sincerely )?apologi[sz]e(?:\s+for\s[^,.;!?]{1,60})?"
    r"|sorry|apologies|unfortunately|regrettably)"
)
_BUT = rf"{_SORRY}\W+but\b"
_LEAD = rf"{_SORRY}\W+(?:but |that )?\W*"
_INABILITY = (
    r"(?:i|we)(?:\s+(?:can(?:not| not)|could not|am (?:not able|unable)|are (?:not able|unable)|"
    r"do not have (?:the ability|access)|will not|must decline)\b"
    r"|\s+(?:can|couldn|don|won)(?:'|\u2019)t\b|(?:'|\u2019)m (?:not able|unable)\b)"
)
_REQUEST = (
    r"(?:(?:can|could|would) you )?please (?:provide|upload|attach|send|share)"
    r"(?: me| us)?(?: with)? (?:the|a|your) (?:\w+ )?(?:video|clip|file|footage)\b"
)
_MACHINE = r"as an? (?:ai|artificial intelligence|(?:large )?language model|text-based)\b"
_CHINESE = (
    r"(?:非常|很|十分)?(?:抱歉|对不起)|作为(?:一个|一名)?(?:人工智能|AI|语言模型)|我(?:无法|不能)"
    r"|请您?(?:先)?(?:提供|上传)(?:您的)?(?:视频|片段)"
)
REFUSAL = re.compile(
    rf"\W*(?:{_BUT}|(?:{_LEAD})?(?:{_INABILITY}|{_REQUEST})|{_MACHINE}|{_CHINESE})", re.IGNORECASE
)
"""How a refusal begins. Only beginnings count: a caption may quote anybody who can't do a thing."""


def declines(text: str) -> bool:
    """Whether a text begins like a refusal or asks for the clip, in English or Chinese."""
    return REFUSAL.match(text) is not None
