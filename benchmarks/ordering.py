"""What is it worth to ask about one clip after the other, and what does a run hold in memory?

    python benchmarks/ordering.py [--clips N]

On the CPU, with a tiny random Qwen2.5-Omni through the adapter that runs real checkpoints, asked
six questions about each of N clips, in the order of a run (grouped by clip) and in a shuffled one.
Caches are as small beside these short clips as they are beside long ones in a large run: eight
encoded clips and eight decoded ones. Prints

    decodes, encodings  passes over the clips' files and through the processor for each clip: one
                        where the questions are grouped
    shuffled / grouped  how many times as many, and as much CPU time, the shuffled order takes
    handed over         whether the engine gets the very arrays that the reader decoded into, and
                        which share of the encoding the one copy takes that the engine makes of them
                        (a tensor may be written to; the arrays are shared and must not be)
    in flight           encoded clips that are alive at once, the worst case of all questions about
                        different clips, at 256 questions at a time beside the adapter's bound: the
                        batch that runs, the one that is being prepared, and what is remembered

torchvision must go with torch, as for benchmarks/adapters.py. The exit code is 1 if a target is
missed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import adapters
import numpy as np
import tabulate
import torch

from ugcbench.media import Media, MediaReader, read
from ugcbench.plugins import Registry, create
from ugcbench.protocol import PROTOCOLS
from ugcbench.specs import Setting
from ugcbench.testing import make_tiny_qwen_omni
from ugcbench.types import MediaProfile, Prompt
from ugcbench_models.local.clip_chat import CLIPS_KEPT
from ugcbench_models.local.qwen_omni import QwenOmniEngine

TASKS = ["voice_source", "tone", "ocr"] * 2
"""Six questions that need no judge; one that is put twice is answered twice."""

HERE = Path(__file__).stem
USUAL, MANY = 16, 256
"""Questions at a time."""

BOUND = 2 * adapters.BATCH + CLIPS_KEPT
"""Encoded clips that the adapter may hold."""


@dataclass
class Watch:
    """What an engine was seen to do."""

    encodings: int = 0
    most_alive: int = 0
    shared: int = 0
    seconds: float = 0.0
    alive: weakref.WeakSet = field(default_factory=weakref.WeakSet)
    read: list[Media] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


WATCHES: list[Watch] = []
"""Of the engines that were made, the last one's at the end."""


def main() -> int:
    """Measure and print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=24, help="24 by default")
    count = parser.parse_args().clips
    torch.set_num_threads(1)
    sys.modules.setdefault(HERE, sys.modules["__main__"])
    with tempfile.TemporaryDirectory() as name:
        rows = asyncio.run(measure(Path(name), count))
    met = [[*row, seen_well(row[1], row[2])] for row in rows]
    print(tabulate.tabulate(met, ["what", "seen", "target", "met"], floatfmt=".3f"))
    return int(not all(row[3] for row in met))


def seen_well(seen: float, target: str) -> bool:
    """Whether `seen` is as the target, such as `<= 1.05`, wants it."""
    sign, number = target.split()
    wanted = float(number)
    return {"=": seen == wanted, "<=": seen <= wanted, ">=": seen >= wanted}[sign]


async def measure(folder: Path, count: int) -> list[list]:
    """The rows of the table."""
    tiny = make_tiny_qwen_omni(folder / "tiny", says="A person talks to the camera in a room.")
    clips = [adapters.copy_clip(folder / "clips", number) for number in range(count)]
    profile = PROTOCOLS["v1"].profile
    grouped = prompts_of(folder, clips)
    shuffled = random.Random(0).sample(grouped, len(grouped))
    size = max(read(clip, profile).nbytes for clip in clips[:12])
    await ask(tiny, grouped[:6], USUAL, size)  # imports
    by_order = [await ask(tiny, prompts, USUAL, size) for prompts in (grouped, shuffled)]
    (decodes, encodings, cpu), (other_decodes, other_encodings, other_cpu) = by_order
    await ask(tiny, sorted(grouped, key=lambda prompt: prompt.task), MANY, size)
    crowded = WATCHES[-1]
    return [
        ["decodes of a clip, grouped", decodes / count, "= 1"],
        ["encodings of a clip, grouped", encodings / count, "= 1"],
        ["decodes, shuffled / grouped", other_decodes / decodes, ">= 2"],
        ["encodings, shuffled / grouped", other_encodings / encodings, ">= 2"],
        ["CPU time, shuffled / grouped", other_cpu / cpu, ">= 1.2"],
        ["clips handed over without a copy", crowded.shared / crowded.encodings, "= 1"],
        ["share of the engine's own copy", share_of_copy(tiny, clips[:12], profile), "<= 0.03"],
        [f"encoded clips alive, {MANY} at a time", crowded.most_alive, f"<= {BOUND}"],
    ]


def prompts_of(folder: Path, clips: Sequence[Path]) -> list[Prompt]:
    """What a run asks about the clips, in its order."""
    registry = Registry()
    table = adapters.dataset(folder, [*clips])
    rows = list(create(registry.dataset("file"), {}, path=str(table)))
    specs = [registry.task(f"ugc/{name}") for name in TASKS]
    tasks = [create(spec, setting=Setting(PROTOCOLS["v1"])) for spec in specs]
    return [task.prompt(task.sample(clip)) for clip in rows for task in tasks]


async def ask(
    checkpoint: Path, prompts: Iterable[Prompt], concurrency: int, size: int
) -> tuple[int, int, float]:
    """Decodes, encodings and CPU seconds for all answers, so many at a time; no loading."""
    reader = MediaReader(cache_bytes=8 * size)
    model = adapters.chat(checkpoint, reader, engine=f"{HERE}:watch")
    waiting = iter(prompts)
    await model.generate(Prompt(task="t", sample_id="warm", text="Hello"))
    WATCHES[-1].read = decoded(reader)
    started = time.process_time()  # of all threads, and of nothing else on the machine
    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(ask_on(model, waiting))
    seconds = time.process_time() - started
    await model.close()
    reader.close()
    return reader.decoded, WATCHES[-1].encodings, seconds


async def ask_on(model: object, prompts: Iterable[Prompt]) -> None:
    """Ask until no question is left."""
    for prompt in prompts:
        await model.generate(prompt)


def decoded(reader: MediaReader) -> list[Media]:
    """A list of what the reader hands out from now on."""
    found: list[Media] = []
    give = reader.read

    async def note(*given: object, **more: object) -> Media:
        media = await give(*given, **more)
        found.append(media)
        return media

    reader.read = note
    return found


def watch(*given: object) -> QwenOmniEngine:
    """Qwen2.5-Omni's engine, watched."""
    engine, seen = QwenOmniEngine(*given), Watch()
    WATCHES.append(seen)
    encode = engine.encode

    def note(media: Media, profile: MediaProfile) -> object:
        shared = any(np.shares_memory(media.frames, other.frames) for other in [*seen.read])
        clip = Alive(encode(media, profile))
        with seen.lock:
            seen.encodings += 1
            seen.shared += shared
            seen.alive.add(clip)
            seen.most_alive = max(seen.most_alive, len(seen.alive))
        return clip

    engine.encode = note
    return engine


class Alive:
    """An encoded clip that can be watched."""

    def __init__(self, clip: object) -> None:
        self._clip = clip

    def __getattr__(self, name: str) -> object:
        return getattr(self._clip, name)


def share_of_copy(checkpoint: Path, clips: Sequence[Path], profile: MediaProfile) -> float:
    """Seconds of copying the frames into a tensor over those of encoding the clips."""
    engine = QwenOmniEngine(adapters.Source(name=str(checkpoint)), {})
    medias = [read(clip, profile) for clip in clips]
    engine.encode(medias[0], profile)
    started = time.perf_counter()
    for media in medias:
        torch.tensor(media.frames)
    copied = time.perf_counter()
    for media in medias:
        engine.encode(media, profile)
    done = time.perf_counter()
    engine.close()
    return (copied - started) / (done - copied)


if __name__ == "__main__":
    sys.exit(main())
