"""How are small clips of known content made for tests?

By PyAV, so that no file has to be kept and no ffmpeg has to be installed. Every picture shows its
own number as eight bars, bright for 1 and dark for 0, over a moving texture, so that a test can
tell which pictures arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

BARS = 8
SIZE = 128, 96
Picture = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.float32]


def write_clip(
    path: Path,
    *,
    pts: Iterable[int] = range(40),
    tick: Fraction = Fraction(1, 10),
    size: tuple[int, int] = SIZE,
    codec: str = "libx264",
    options: Mapping[str, str] | None = None,
    muxer_options: Mapping[str, str] | None = None,
    pixel_aspect: Fraction | None = None,
    sound: Sound | None = None,
    sound_codec: str = "aac",
    sound_rate: int = 48_000,
    layout: str = "stereo",
    sound_start: float = 0.0,
) -> Path:
    """Write a clip and return its path: by default four seconds of ten pictures each, silent.

    The pictures, of `size` width and height in pixels, are shown at `pts`, in units of `tick`
    seconds, and each shows its own number; `sound` is float32 [channels, N] at `sound_rate` Hz,
    beginning `sound_start` seconds into the clip. `options` are the video codec's,
    `muxer_options` the container's, which the path's ending names.
    """
    with av.open(str(path), "w", options=dict(muxer_options or {})) as container:
        added = container.add_stream(codec, rate=round(1 / tick), options=dict(options or {}))
        video = cast(VideoStream, added)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = tick
        if pixel_aspect is not None:
            video.codec_context.sample_aspect_ratio = pixel_aspect
        audio = None
        if sound is not None:
            audio = container.add_stream(sound_codec, rate=sound_rate, layout=layout)
        for number, when in enumerate(pts):
            frame = av.VideoFrame.from_ndarray(draw(number, size), format="rgb24")
            frame.pts, frame.time_base = when, tick
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None:
            for block in (*_blocks(sound, sound_rate, layout, sound_start), None):
                container.mux(cast(AudioStream, audio).encode(block))
    return path


def tone(seconds: float, *, channels: Sequence[float] = (440, 660), rate: int = 48_000) -> Sound:
    """A sine of its own frequency, in Hz, on each channel; float32 [channels, N]."""
    t = np.arange(round(seconds * rate)) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * f * t) for f in channels]).astype(np.float32)


def read_number(picture: Picture) -> int:
    """The number that a picture shows, uint8 [H, W, 3], after any codec and any resizing."""
    height, width = picture.shape[:2]
    centres = (np.arange(BARS) * 2 + 1) * width // (2 * BARS)
    bars = picture[height // 8 : height * 3 // 8, centres].mean(axis=(0, 2)) > 128
    return int(sum(1 << bit for bit in range(BARS) if bars[bit]))


def draw(number: int, size: tuple[int, int] = SIZE) -> Picture:
    """Picture `number`, uint8 [H, W, 3]: its bars above, moving texture below."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    texture = (x * 7 + y * 13 + number * 9) % 96 + 60
    picture = np.stack([texture, np.roll(texture, number, 0), texture[:, ::-1]], axis=2)
    bars = np.array([number >> bit & 1 for bit in range(BARS)])
    picture[: height // 2] = np.where(bars[np.arange(width) * BARS // width, None], 235, 16)
    return picture.astype(np.uint8)


def _blocks(sound: Sound, rate: int, layout: str, start: float) -> Iterable[av.AudioFrame]:
    for at in range(0, sound.shape[1], 1024):
        packed = sound[:, at : at + 1024].T.reshape(1, -1)
        block = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        block.sample_rate, block.pts = rate, round(start * rate) + at
        block.time_base = Fraction(1, rate)
        yield block
