"""How are the clips of these tests made?

Small ones, by PyAV, so that no file has to be kept and no ffmpeg has to be installed. Every picture
shows its own number as eight bars, bright for 1 and dark for 0, over a moving texture.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

BARS = 8
SIZE = 128, 96


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
    sound: np.ndarray | None = None,
    sound_codec: str = "aac",
    sound_rate: int = 48_000,
    layout: str = "stereo",
    sound_start: float = 0.0,
) -> Path:
    """A clip whose pictures are shown at `pts`, in units of `tick`, with `sound` [channels, N]."""
    with av.open(str(path), "w", options=dict(muxer_options or {})) as container:
        video = container.add_stream(codec, rate=round(1 / tick), options=dict(options or {}))
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
        if audio is not None:
            for block in _blocks(sound, sound_rate, layout, sound_start):
                container.mux(audio.encode(block))
            container.mux(audio.encode(None))
    return path


def draw(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Picture `number`, uint8 [H, W, 3]: its bars above, moving texture below."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    texture = (x * 7 + y * 13 + number * 9) % 96 + 60
    picture = np.stack([texture, np.roll(texture, number, 0), texture[:, ::-1]], axis=2)
    bars = np.array([number >> bit & 1 for bit in range(BARS)])
    picture[: height // 2] = np.where(bars[np.arange(width) * BARS // width, None], 235, 16)
    return picture.astype(np.uint8)


def read_number(picture: np.ndarray) -> int:
    """The number that a picture shows."""
    height, width = picture.shape[:2]
    centres = (np.arange(BARS) * 2 + 1) * width // (2 * BARS)
    bars = picture[height // 8 : height * 3 // 8, centres].mean(axis=(0, 2)) > 128
    return int(sum(1 << bit for bit in range(BARS) if bars[bit]))


def tone(seconds: float, *, channels: Sequence[float] = (440, 660), rate: int = 48_000):
    """A sine of its own frequency, in Hz, on each channel; float32 [channels, N]."""
    t = np.arange(round(seconds * rate)) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * f * t) for f in channels]).astype(np.float32)


def add_cover(clip: Path, path: Path) -> Path:
    """A copy of `clip` at `path` with cover art as its first track."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        cover = target.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        copies = {s.index: target.add_stream_from_template(s) for s in source.streams}
        target.mux(cover.encode(av.VideoFrame(64, 64, "yuvj420p")))
        target.mux(cover.encode(None))
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    return path


def set_display_matrix(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Overwrite the display matrix of an MP4's first track."""
    data = bytearray(path.read_bytes())
    one, unit = 1 << 16, 1 << 30
    matrix = [a * one, b * one, 0, c * one, d * one, 0, 0, 0, unit]
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, *matrix)
    path.write_bytes(data)


def _blocks(sound: np.ndarray, rate: int, layout: str, start: float) -> Iterable[av.AudioFrame]:
    for at in range(0, sound.shape[1], 1024):
        packed = sound[:, at : at + 1024].T.reshape(1, -1)
        block = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        block.sample_rate, block.pts = rate, round(start * rate) + at
        block.time_base = Fraction(1, rate)
        yield block
