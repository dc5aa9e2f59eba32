"""How does a chat request write a text, a picture and a sound?"""

from __future__ import annotations

import base64
from typing import Any

from ugcbench_models.clip_parts import PartMakers

ChatPart = dict[str, Any]
"""One content part of a chat message."""


def text_part(text: str) -> ChatPart:
    """A text."""
    return {"type": "text", "text": text}


def _picture_part(jpeg: bytes) -> ChatPart:
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}}


def _sound_part(wav: bytes) -> ChatPart:
    sound = {"data": base64.b64encode(wav).decode("ascii"), "format": "wav"}
    return {"type": "input_audio", "input_audio": sound}


CHAT_PARTS = PartMakers(text=text_part, picture=_picture_part, sound=_sound_part)
