"""How does a chat request write a text, a picture, a sound and a video?"""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Sequence
from pathlib import Path
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


def _film_part(jpegs: Sequence[bytes]) -> ChatPart:
    """The pictures one after the other, as vLLM reads them; not in OpenAI's own API."""
    pictures = ",".join(base64.b64encode(jpeg).decode("ascii") for jpeg in jpegs)
    return {"type": "video_url", "video_url": {"url": f"data:video/jpeg;base64,{pictures}"}}


def file_part(path: str) -> ChatPart:
    """The clip's file as it is; not in OpenAI's own API."""
    kind = mimetypes.guess_type(path)[0] or "video/mp4"
    data = base64.b64encode(Path(path).read_bytes()).decode("ascii")
    return {"type": "video_url", "video_url": {"url": f"data:{kind};base64,{data}"}}


CHAT_PARTS = PartMakers(text=text_part, picture=_picture_part, sound=_sound_part, film=_film_part)
