"""What does one way of reading a clip cost, measured in a process of its own?

`benchmarks/media.py` starts this file once for each measurement; the result is JSON on stdout.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

SAMPLE_RATE = 16_000
FRAME_SIZE = 224, 420
"""9:16, within 100,176 pixels, sides multiples of 28. Not asked of ugcbench, so that the references
import nothing of it."""


@dataclass(frozen=True)
class Case:
    """One clip: seconds, pixels, bits a second, and pictures from one keyframe to the next."""

    seconds: int
    width: int
    height: int
    bit_rate: int
    interval: int = 30

    @property
    def name(self) -> str:
        """The head of a table's column."""
        return f"{self.seconds} s {self.width}x{self.height} /{self.interval}"

    @property
    def typical(self) -> bool:
        """Whether the targets hold for it: keyframes lie at most two seconds apart."""
        return self.interval <= 60

    @property
    def frames(self) -> int:
        """How many pictures the clip has."""
        return self.seconds * 30

    @property
    def opencv_bytes(self) -> int:
        """What a list of all frames and their stack take together."""
        return 2 * self.frames * self.width * self.height * 3

    @property
    def wanted(self) -> int:
        """How many of them the protocol wants."""
        return min(self.seconds, 32) // 2 * 2


def measure_cost(
    load: Callable[[Path, Case], tuple[Any, Any]], *modules: str
) -> Callable[[Path, Case], dict[str, Any]]:
    """A method that loads a clip twice and reports what each took, after importing `modules`."""

    def method(clip: Path, case: Case) -> dict[str, Any]:
        for module in modules:
            import_module(module)
        ready = cpu_seconds()
        frames, sound = load(clip, case)
        first, memory = cpu_seconds(), peak_megabytes()
        shape = (*frames.shape, round(len(sound) / SAMPLE_RATE))
        del frames, sound
        start = time.perf_counter()
        load(clip, case)
        return {
            "import": ready,
            "first": first - ready,
            "again": cpu_seconds() - first,
            "wall": time.perf_counter() - start,
            "memory": memory,
            "shape": shape,
        }

    return method


def cpu_seconds() -> float:
    """User and system time of this process so far, and of its children that have ended."""
    usages = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def peak_megabytes() -> float:
    """The peak resident set of this process or of a child, whichever is more."""
    usages = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(usage.ru_maxrss for usage in usages) / 1024


def load_ugcbench(clip: Path, case: Case) -> tuple[Any, Any]:
    """Frames and sound as a model adapter gets them here."""
    from ugcbench.media import read
    from ugcbench.protocol import PROFILES

    media = read(clip, PROFILES["paper"])
    return media.frames, media.audio


def load_opencv(clip: Path, case: Case) -> tuple[Any, Any]:
    """Frames and sound as the loader of the paper's evaluation makes them."""
    import cv2
    import librosa
    import numpy as np

    capture, frames = cv2.VideoCapture(str(clip)), []
    while True:
        there, frame = capture.read()
        if not there:
            break
        frames.append(frame)
    capture.release()
    stacked = np.stack(frames)
    picked = stacked[np.linspace(0, len(stacked) - 1, case.wanted, dtype=int)]
    small = [cv2.cvtColor(cv2.resize(f, FRAME_SIZE), cv2.COLOR_BGR2RGB) for f in picked]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns of the way by which it reads MP4
        return np.stack(small), librosa.load(clip, sr=SAMPLE_RATE)[0]


def load_ffmpeg(clip: Path, case: Case) -> tuple[Any, Any]:
    """The same frames and sound out of one run of the ffmpeg program."""
    import numpy as np

    width, height = FRAME_SIZE
    picks = np.linspace(0, case.frames - 1, case.wanted, dtype=int)
    select = "+".join(f"eq(n\\,{i})" for i in picks)
    scale = f"scale={width}:{height}:flags=bicubic+full_chroma_int+accurate_rnd"
    with tempfile.NamedTemporaryFile() as sound:
        command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(clip)]
        command += ["-map", "0:v:0", "-vf", f"select='{select}',{scale}"]
        command += ["-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
        command += ["-map", "0:a:0", "-af", "pan=mono|c0=0.5*c0+0.5*c1", "-ar", str(SAMPLE_RATE)]
        command += ["-f", "f32le", sound.name]
        pixels = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        samples = np.fromfile(sound.name, np.float32)
    return np.frombuffer(pixels, np.uint8).reshape(-1, height, width, 3), samples


def make_clip(clip: Path, case: Case) -> dict[str, Any]:
    """Make the clip itself, unless it is there."""
    from media_clips import make_clip

    make_clip(clip, **asdict(case))
    return {}


def measure_identity(clip: Path, case: Case) -> dict[str, Any]:
    """The share of frames that equal, bit for bit, those of a decode of the whole clip."""
    import av
    import numpy as np
    from PIL import Image

    from ugcbench.media import read
    from ugcbench.protocol import PROFILES

    media = read(clip, PROFILES["paper"])
    wanted = {
        round(time * 30): frame for time, frame in zip(media.times, media.frames, strict=True)
    }
    same = 0
    with av.open(str(clip)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for number, frame in enumerate(container.decode(video=0)):
            if number in wanted:
                full = Image.fromarray(frame.to_ndarray(format="rgb24"))
                small = full.resize(media.receipt.frame_size, Image.Resampling.BICUBIC)
                same += np.array_equal(np.asarray(small), wanted[number])
    return {"share": same / len(media.frames)}


def measure_parallel(clip: Path, case: Case) -> dict[str, Any]:
    """How much faster two threads read two clips than one does; each the best of four rounds."""
    from ugcbench.media import MediaReader
    from ugcbench.protocol import PROFILES

    async def seconds(threads: int) -> float:
        reader = MediaReader(threads=threads, cache_bytes=0)
        # Another name makes another clip; the work is the same.
        profiles = [PROFILES["paper"].model_copy(update={"name": name}) for name in "ab"]
        start = time.perf_counter()
        await asyncio.gather(*(reader.read(clip, profile) for profile in profiles))
        took = time.perf_counter() - start
        reader.close()
        return took

    rounds = [(asyncio.run(seconds(1)), asyncio.run(seconds(2))) for _ in range(4)]
    one, two = (min(times) for times in zip(*rounds, strict=True))
    return {"speedup": one / two}


METHODS: dict[str, Callable[[Path, Case], dict[str, Any]]] = {
    "clip": make_clip,
    "ugcbench": measure_cost(load_ugcbench, "ugcbench.media", "ugcbench.protocol"),
    "ffmpeg": measure_cost(load_ffmpeg, "numpy"),
    "opencv": measure_cost(load_opencv, "cv2", "librosa", "numpy"),
    "identity": measure_identity,
    "parallel": measure_parallel,
}


if __name__ == "__main__":
    print(json.dumps(METHODS[sys.argv[1]](Path(sys.argv[2]), Case(*map(int, sys.argv[3:])))))
