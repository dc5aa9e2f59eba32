"""How many tokens does a chat API count for what it is shown?"""

from __future__ import annotations

import base64
import io
import math
import wave
from collections.abc import Iterable, Mapping, Set
from typing import Any

PICTURE_TOKENS = 85
"""For each picture, as OpenAI counts those of low detail."""

SECOND_TOKENS = 10
"""For each second of sound, as OpenAI counts it."""


def count_tokens(messages: Iterable[Mapping[str, Any]], ignored: Set[str] = frozenset()) -> int:
    """Tokens of a prompt: one for each word, and those of media unless their type is `ignored`."""
    return sum(
        _count(part)
        for message in messages
        for part in _parts(message["content"])
        if part["type"] not in ignored
    )


def _parts(content: str | list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _count(part: Mapping[str, Any]) -> int:
    match part["type"]:
        case "image_url":
            return PICTURE_TOKENS
        case "video_url":
            return PICTURE_TOKENS * (part["video_url"]["url"].count(",") or 1)
        case "input_audio":
            return math.ceil(_seconds(part["input_audio"]) * SECOND_TOKENS)
    return len(part["text"].split())


def _seconds(sound: Mapping[str, str]) -> float:
    """How long a WAV in base64 is; an MP3 is not looked into and taken for a second."""
    if sound["format"] != "wav":
        return 1.0
    try:
        with wave.open(io.BytesIO(base64.b64decode(sound["data"]))) as file:
            seconds: float = file.getnframes() / file.getframerate()
    except (wave.Error, EOFError):
        return 0.0
    return seconds
