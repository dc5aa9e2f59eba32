"""In which form does a clip travel inside a request?"""

from __future__ import annotations

import asyncio
import io
import wave
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from ugcbench.media import Media
from ugcbench.sharing import join
from ugcbench.types import MediaProfile, Receipt
from ugcbench_models.clip_options import ClipOptions

P = TypeVar("P")
"""One content part of a request, as the API at hand writes it."""


@dataclass(frozen=True, slots=True)
class ClipParts(Generic[P]):
    """A clip as content parts, and the receipt that says what they hold."""

    parts: list[P]
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class PartMakers(Generic[P]):
    """How an API writes a text, the bytes of a JPEG picture, and the bytes of a WAV sound.

    `film` writes several JPEG pictures as one video, if the API knows such a thing.
    """

    text: Callable[[str], P]
    picture: Callable[[bytes], P]
    sound: Callable[[bytes], P]
    film: Callable[[Sequence[bytes]], P] | None = None


class ClipEncoder(Generic[P]):
    """Encodes clips in one form, on a thread, and each clip once for all requests about it.

    The last `size` clips are remembered: the tasks of a clip follow each other, so a few are enough
    for all requests in flight.
    """

    def __init__(self, options: ClipOptions, make: PartMakers[P], size: int = 16) -> None:
        self._options = options
        self._make = make
        self._size = size
        self._clips: OrderedDict[tuple[str, MediaProfile], asyncio.Task[ClipParts[P]]] = (
            OrderedDict()
        )

    async def encode(self, media: Media, profile: MediaProfile) -> ClipParts[P]:
        """The clip's parts; requests that come while it is being encoded wait for the same work."""
        key = (media.receipt.sha256, profile)
        if key not in self._clips:
            work = asyncio.to_thread(encode_clip, media, profile, self._options, self._make)
            self._clips[key] = asyncio.create_task(work)
        self._clips.move_to_end(key)
        while len(self._clips) > self._size:
            self._clips.popitem(last=False)
        return await join(self._clips[key])


def encode_clip(
    media: Media, profile: MediaProfile, options: ClipOptions, make: PartMakers[P]
) -> ClipParts[P]:
    """A sentence with the frames' times, the frames in order as JPEG, the sound as one WAV."""
    pictures = media.frames if options.frames and options.video != "file" else media.frames[:0]
    sound = media.audio if options.audio else None
    jpegs = [_jpeg(frame, options.jpeg_quality) for frame in pictures]
    filmed = make.film is not None and options.video == "jpegs"
    parts = [make.film(jpegs)] if filmed and make.film else [make.picture(j) for j in jpegs]
    if sound is not None:
        parts.append(make.sound(_wav(sound, profile.sample_rate)))
    if parts:
        text = _introduction(media.receipt, len(pictures), sound is not None)
        parts.insert(0, make.text(text))
    sent = f"{_describe_frames(len(pictures), options)}; {_describe_audio(media, options, profile)}"
    return ClipParts(parts, media.receipt.model_copy(update={"sent": sent}))


def _describe_frames(count: int, options: ClipOptions) -> str:
    if not options.frames:
        return "frames: off by option"
    if options.video == "file":
        return "video: the clip's file, of which the server takes the frames that it wants"
    one = " as one video" if options.video else ""
    return f"frames: {count} jpeg q{options.jpeg_quality}{one}"


def _describe_audio(media: Media, options: ClipOptions, profile: MediaProfile) -> str:
    if not options.audio:
        return "audio: off by option"
    if media.audio is None:
        return "audio: none in the clip"
    seconds = len(media.audio) / profile.sample_rate
    return f"audio: wav {profile.sample_rate / 1000:g} kHz {seconds:.1f} s"


def _introduction(receipt: Receipt, frames: int, sound: bool) -> str:
    """What the parts that follow are, with the frames' times, which pictures can't say."""
    if not frames:
        return f"The sound of a video of {receipt.duration:.1f} s:"
    times = ", ".join(f"{time:.1f}" for time in receipt.frame_times)
    text = f"{frames} frames of a video of {receipt.duration:.1f} s, taken at {times} s"
    return f"{text}, then its sound:" if sound else f"{text}:"


def _jpeg(frame: npt.NDArray[np.uint8], quality: int) -> bytes:
    buffer = io.BytesIO()
    # Full chroma resolution: coloured captions would lose their edges otherwise.
    Image.fromarray(frame).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def _wav(signal: npt.NDArray[np.float32], rate: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(signal, -1, 1) * 32767).round().astype("<i2").tobytes())
    return buffer.getvalue()
