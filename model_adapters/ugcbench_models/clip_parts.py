"""In which form does a clip travel inside a chat request?"""

from __future__ import annotations

import asyncio
import base64
import io
import wave
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ugcbench.media import Media
from ugcbench.types import MediaProfile, Receipt

Part = dict[str, Any]
"""One content part of a chat message."""


@dataclass(frozen=True, slots=True)
class ClipParts:
    """A clip as content parts, and the receipt that says what they hold."""

    parts: list[Part]
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipForm:
    """What of a clip is sent: its `frames`, its `audio`, and the JPEG quality (1 to 95)."""

    frames: bool = True
    audio: bool = True
    jpeg_quality: int = 90

    def encode(self, media: Media, profile: MediaProfile) -> ClipParts:
        """A sentence with the frames' times, the frames in order as JPEG, the sound as one WAV."""
        pictures = media.frames if self.frames else media.frames[:0]
        sound = media.audio if self.audio else None
        parts = [_picture_part(frame, self.jpeg_quality) for frame in pictures]
        if sound is not None:
            parts.append(_sound_part(sound, profile.sample_rate))
        if parts:
            parts.insert(0, _introduction(media.receipt, len(pictures), sound is not None))
        sent = f"{self._describe_frames(len(pictures))}; {self._describe_audio(media, profile)}"
        return ClipParts(parts, media.receipt.model_copy(update={"sent": sent}))

    def _describe_frames(self, count: int) -> str:
        return (
            f"frames: {count} jpeg q{self.jpeg_quality}" if self.frames else "frames: off by option"
        )

    def _describe_audio(self, media: Media, profile: MediaProfile) -> str:
        if not self.audio:
            return "audio: off by option"
        if media.audio is None:
            return "audio: none in the clip"
        seconds = len(media.audio) / profile.sample_rate
        return f"audio: wav {profile.sample_rate / 1000:g} kHz {seconds:.1f} s"


class ClipEncoder:
    """Encodes clips in one form, on a thread, and each clip once for all requests about it.

    The last `size` clips are remembered: the tasks of a clip follow each other, so a few are enough
    for all requests in flight.
    """

    def __init__(self, form: ClipForm, size: int = 16) -> None:
        self._form = form
        self._size = size
        self._clips: OrderedDict[tuple[str, MediaProfile], asyncio.Task[ClipParts]] = OrderedDict()

    async def encode(self, media: Media, profile: MediaProfile) -> ClipParts:
        """The clip's parts; requests that come while it is being encoded wait for the same work."""
        key = (media.receipt.sha256, profile)
        if key not in self._clips:
            work = asyncio.to_thread(self._form.encode, media, profile)
            self._clips[key] = asyncio.create_task(work)
        self._clips.move_to_end(key)
        while len(self._clips) > self._size:
            self._clips.popitem(last=False)
        return await asyncio.shield(self._clips[key])


def _introduction(receipt: Receipt, frames: int, sound: bool) -> Part:
    """What the parts that follow are, with the frames' times, which pictures can't say."""
    if not frames:
        return {"type": "text", "text": f"The sound of a video of {receipt.duration:.1f} s:"}
    times = ", ".join(f"{time:.1f}" for time in receipt.frame_times)
    text = f"{frames} frames of a video of {receipt.duration:.1f} s, taken at {times} s"
    return {"type": "text", "text": f"{text}, then its sound:" if sound else f"{text}:"}


def _picture_part(frame: npt.NDArray[np.uint8], quality: int) -> Part:
    buffer = io.BytesIO()
    # Full chroma resolution: coloured captions would lose their edges otherwise.
    Image.fromarray(frame).save(buffer, "JPEG", quality=quality, subsampling=0)
    url = f"data:image/jpeg;base64,{_base64(buffer)}"
    return {"type": "image_url", "image_url": {"url": url}}


def _sound_part(signal: npt.NDArray[np.float32], rate: int) -> Part:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(signal, -1, 1) * 32767).round().astype("<i2").tobytes())
    return {"type": "input_audio", "input_audio": {"data": _base64(buffer), "format": "wav"}}


def _base64(buffer: io.BytesIO) -> str:
    return base64.b64encode(buffer.getbuffer()).decode("ascii")
