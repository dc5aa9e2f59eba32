"""How are the clips of the media benchmark made?"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

RATE = 30


def make_clip(
    path: Path, seconds: int, width: int, height: int, bit_rate: int, interval: int
) -> None:
    """Make a clip unless it is there, with a keyframe for every `interval` pictures."""
    if path.exists():
        return
    options = {"preset": "fast", "g": str(interval), "sc_threshold": "0"}
    options |= {"maxrate": str(bit_rate), "bufsize": str(2 * bit_rate)}
    part = path.with_suffix(".part")
    with av.open(str(part), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=RATE, options=options)
        video.width, video.height, video.bit_rate = width, height, bit_rate
        audio = container.add_stream("aac", rate=44_100, layout="stereo")
        for frame in draw_pictures(seconds * RATE, width, height):
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for block in play_sound(seconds):
            container.mux(audio.encode(block))
        container.mux(audio.encode(None))
    part.rename(path)


def draw_pictures(count: int, w: int, h: int) -> Iterator[av.VideoFrame]:
    """A camera that pans over a textured scene with film grain, and things that move in front."""
    random = np.random.default_rng(7)
    margin = 256
    scene = [paint_texture(random, w + margin, h + margin)]
    scene += [paint_texture(random, (w + margin) // 2, (h + margin) // 2) // 3 + 85 for _ in "uv"]
    grain = random.normal(0, 4, (8, h, w)).astype(np.int8)
    things = random.uniform(0, 2 * np.pi, (6, 3))
    side = w // 7
    for number in range(count):
        angle = number / RATE
        x = int((1 + np.sin(angle * 0.7)) * margin / 4) * 2
        y = int((1 + np.cos(angle * 0.5)) * margin / 4) * 2
        luma = scene[0][y : y + h, x : x + w].astype(np.int16)
        for index, (p, q, r) in enumerate(things):
            left = int((1 + np.sin(angle * (0.6 + p / 9) + q)) / 2 * (w - side))
            top = int((1 + np.sin(angle * (0.5 + q / 9) + r)) / 2 * (h - side))
            luma[top : top + side, left : left + side] = 60 + index * 25 + luma[:side, :side] // 4
        luma += grain[number % 8]
        planes = [np.clip(luma, 16, 235).astype(np.uint8)]
        half = np.s_[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2]
        planes += [np.ascontiguousarray(scene[k][half]) for k in (1, 2)]
        flat = np.concatenate([plane.reshape(-1, w) for plane in planes])
        frame = av.VideoFrame.from_ndarray(flat, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        yield frame


def paint_texture(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Noise of many scales, as natural pictures have; uint8 [height, width]."""
    total = np.zeros((height, width), np.float32)
    for scale in (2, 5, 12, 30, 80, 200):
        small = random.normal(0, 1, (height // scale + 2, width // scale + 2)).astype(np.float32)
        total += scale**0.5 * np.asarray(Image.fromarray(small).resize((width, height), 3))
    low, high = np.percentile(total, [1, 99])
    return np.clip(30 + 190 * (total - low) / (high - low), 16, 235).astype(np.uint8)


def play_sound(seconds: int) -> Iterator[av.AudioFrame]:
    """A chord on two channels under noise that comes and goes as speech does."""
    rate = 44_100
    random = np.random.default_rng(8)
    t = np.arange(seconds * rate) / rate
    chord = sum(np.sin(2 * np.pi * f * t) for f in (261.6, 329.6, 392.0)) / 12
    speech = random.normal(0, 0.1, len(t)) * np.clip(np.sin(2 * np.pi * 3 * t), 0, 1)
    sound = np.stack([chord + speech, 0.8 * chord + speech]).astype(np.float32)
    for at in range(0, len(t), 1024):
        samples = np.ascontiguousarray(sound[:, at : at + 1024])
        block = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        block.sample_rate, block.pts, block.time_base = rate, at, Fraction(1, rate)
        yield block
