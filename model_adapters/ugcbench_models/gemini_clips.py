"""In which form does a clip reach Gemini?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

from google.genai import types

from ugcbench.media import MediaReader
from ugcbench.types import MediaProfile, Receipt
from ugcbench_models.clip_options import ClipOptions
from ugcbench_models.clip_parts import ClipEncoder, ClipParts, PartMakers
from ugcbench_models.gemini_files import Uploads

MIME_TYPES = {
    ".3gp": "video/3gpp",
    ".avi": "video/avi",
    ".flv": "video/x-flv",
    ".mov": "video/mov",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpg",
    ".webm": "video/webm",
    ".wmv": "video/wmv",
}
"""The types of video that the service takes, by the file's ending; all others are sent as MP4.
Source: the API's guide to video understanding."""

HIGHEST_FPS = 24.0
"""The service samples no more frames a second."""

GEMINI_PARTS = PartMakers(
    text=lambda text: types.Part(text=text),
    picture=lambda jpeg: types.Part(inline_data=types.Blob(data=jpeg, mime_type="image/jpeg")),
    sound=lambda wav: types.Part(inline_data=types.Blob(data=wav, mime_type="audio/wav")),
)


class ClipSender:
    """Makes the parts that stand for a clip, and keeps them valid while a request is under way.

    `original` sends the clip's own file, inside the request up to `inline_limit` bytes and by an
    upload beyond; the service takes the frames itself, at the rate that gives as many as the
    profile has. `profile` sends the frames and the sound of the profile, and is the only form in
    which something can be left out. Either way the clip is read here first, so that a damaged one
    is never sent and the receipt says what is in it.
    """

    def __init__(
        self,
        media: Literal["original", "profile"],
        options: ClipOptions,
        inline_limit: int,
        reader: MediaReader,
        uploads: Uploads,
    ) -> None:
        self._original = media == "original"
        self._inline_limit = inline_limit
        self._reader = reader
        self._uploads = uploads
        self._encoder = ClipEncoder(options, GEMINI_PARTS)

    @contextlib.asynccontextmanager
    async def lend(self, path: str, profile: MediaProfile) -> AsyncIterator[ClipParts[types.Part]]:
        """The clip's parts, valid within the block; raises a `MediaError` or a `ModelError`."""
        media = await self._reader.read(path, profile)
        if not self._original:
            yield await self._encoder.encode(media, profile)
            return
        fps = choose_fps(media.receipt.duration, profile)
        video = types.VideoMetadata(fps=fps)
        mime_type = MIME_TYPES.get(Path(path).suffix.lower(), "video/mp4")
        inline = media.receipt.file_bytes <= self._inline_limit
        receipt = _describe_original(media.receipt, mime_type, inline, fps)
        if inline:
            data = await asyncio.to_thread(Path(path).read_bytes)
            blob = types.Blob(data=data, mime_type=mime_type)
            yield ClipParts([types.Part(inline_data=blob, video_metadata=video)], receipt)
            return
        async with self._uploads.lend(path, mime_type) as uri:
            file = types.FileData(file_uri=uri, mime_type=mime_type)
            yield ClipParts([types.Part(file_data=file, video_metadata=video)], receipt)


def choose_fps(duration: float, profile: MediaProfile) -> float:
    """Frames a second by which the service takes at most as many frames as the profile."""
    enough = profile.max_frames / duration if duration > 0 else profile.fps
    return min(profile.fps, enough, HIGHEST_FPS)


def _describe_original(receipt: Receipt, mime_type: str, inline: bool, fps: float) -> Receipt:
    """The receipt of a file that is sent as it is: which of its frames are seen is not known."""
    how = "inline" if inline else "uploaded"
    sound = f"{receipt.audio_seconds:.1f} s in the file" if receipt.audio_seconds else "none"
    sent = (
        f"file: {mime_type} {receipt.file_bytes} bytes {how}; "
        f"frames: taken and resized by the service at {fps:.4g} fps; audio: {sound}"
    )
    size = receipt.source_size[::-1] if receipt.rotation % 180 else receipt.source_size
    return receipt.model_copy(update={"frame_times": (), "frame_size": size, "sent": sent})
