"""How are the clips of these tests made? By PyAV, from the clips of the mini benchmark."""

from __future__ import annotations

from fractions import Fraction
from importlib import resources
from pathlib import Path

import av
import numpy as np

VIDEOS = Path(str(resources.files("ugcbench_tasks") / "mini/videos"))
RATE = 44_100


def recode(
    source: Path,
    target: Path,
    *,
    sound: Path | None = None,
    shrink: int = 1,
    skip: float = 0.0,
    crf: int = 32,
    gain: float = 1.0,
) -> Path:
    """The clip, encoded anew: smaller, without its first seconds, with the sound of another."""
    with av.open(str(source)) as clip, av.open(str(target), "w") as made:
        stream = clip.streams.video[0]
        rate = Fraction(stream.average_rate)
        video = made.add_stream("libx264", rate=rate, options={"crf": str(crf)})
        video.width = stream.width // shrink // 2 * 2
        video.height = stream.height // shrink // 2 * 2
        video.pix_fmt = "yuv420p"
        audio = made.add_stream("aac", rate=RATE, layout="mono")
        audio.bit_rate = 48_000
        shown = [frame for frame in clip.decode(stream) if frame.time >= skip]
        for number, frame in enumerate(shown):
            small = frame.reformat(video.width, video.height, "yuv420p")
            small.pts, small.time_base = number, 1 / rate
            made.mux(video.encode(small))
        made.mux(video.encode(None))
        for block in _blocks(read_sound(sound or source)[round(skip * RATE) :] * gain):
            made.mux(audio.encode(block))
        made.mux(audio.encode(None))
    return target


def write_grey_clip(path: Path, seconds: float, sound: np.ndarray) -> Path:
    """A clip of one small grey picture a second with mono sound at `RATE`."""
    with av.open(str(path), "w") as made:
        video = made.add_stream("libx264", rate=1)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = made.add_stream("aac", rate=RATE, layout="mono")
        for number in range(round(seconds)):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1)
            made.mux(video.encode(frame))
        made.mux(video.encode(None))
        for block in _blocks(sound.astype(np.float32)):
            made.mux(audio.encode(block))
        made.mux(audio.encode(None))
    return path


def read_sound(path: Path, rate: int = RATE) -> np.ndarray:
    """The sound of a clip, float32 [N], mono."""
    resampler = av.AudioResampler("flt", "mono", rate)
    with av.open(str(path)) as clip:
        frames = [part for frame in clip.decode(audio=0) for part in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def _blocks(sound: np.ndarray):
    for at in range(0, len(sound), 1024):
        part = np.ascontiguousarray(sound[at : at + 1024], np.float32).reshape(1, -1)
        block = av.AudioFrame.from_ndarray(part, format="flt", layout="mono")
        block.sample_rate, block.pts, block.time_base = RATE, at, Fraction(1, RATE)
        yield block
