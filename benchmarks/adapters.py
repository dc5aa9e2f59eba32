"""What does the harness cost beside the engine of a local model, and does it keep its promises?

    python benchmarks/adapters.py [--clips N]

On the CPU, with a tiny random Qwen2.5-Omni, so that the engine is as fast as it will ever be and
the harness shows. Prints

    overhead   wall time of a whole run beside that of calling the engine directly for the same
               answers, in batches of 8: decoding, processing and generation are in both
    decodes    passes over clips' files in a run of eight tasks, beside the number of clips
    tensors    whether the frames and sound that the adapters are given are the same bits
    memory     resident memory after N clips beside that after 20

torchvision must go with torch (on a machine without CUDA: a build without it, or the shim that the
tests use, `PYTHONPATH=tests/shims`). The exit code is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from statistics import median

import tabulate
import torch

import ugcbench
from ugcbench.media import MediaReader, read
from ugcbench.plugins import Registry, create
from ugcbench.protocol import PROFILES, PROTOCOLS
from ugcbench.specs import Setting
from ugcbench.testing import make_tiny_gemma3n, make_tiny_minicpm_o, make_tiny_qwen_omni
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.clip_chat import ClipChat
from ugcbench_models.local.gemma3n import Gemma3nEngine
from ugcbench_models.local.minicpm_o import open_engine
from ugcbench_models.local.qwen_omni import QwenOmniEngine

BATCH = 8
TASKS = [
    *("ugc/voice_source", "ugc/tone", "ugc/ocr", "ugc/background", "ugc/objects", "ugc/caption"),
    *("ugc/audio_caption", "ugc/visual_caption"),
]
HERE = Path(__file__).stem
SEEN: dict[str, list[str]] = {}
"""By engine, the digests of the frames and the sound that it was given, in the order of ids."""


def main() -> int:
    """Measure and print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=200, help="for the memory; 200 by default")
    parser.add_argument("--rounds", type=int, default=3, help="for the overhead; 3 by default")
    given = parser.parse_args()
    torch.set_num_threads(1)
    sys.modules.setdefault(HERE, sys.modules["__main__"])
    with tempfile.TemporaryDirectory() as name:
        ratios, (decodes, count), same, (before, after) = asyncio.run(measure(Path(name), given))
    rows = [
        ["wall, run / engine alone (median)", median(ratios), "<= 1.05", median(ratios) <= 1.05],
        [f"decodes of {count} clips for 8 tasks", decodes, f"= {count}", decodes == count],
        ["adapters given the same bits", same, "= 3", same == 3],
        [f"memory, {given.clips} clips / 20", after / before, "<= 1.05", after / before <= 1.05],
    ]
    print(tabulate.tabulate(rows, ["what", "seen", "target", "met"], floatfmt=".3f"))
    print("overhead by round: " + ", ".join(f"{ratio:.3f}" for ratio in ratios))
    print(f"resident memory: {before:.0f} MB after 20 clips, {after:.0f} MB after {given.clips}")
    return int(not all(row[3] for row in rows))


async def measure(folder: Path, given: argparse.Namespace) -> tuple:
    """All four measurements, in one event loop."""
    tiny = make_tiny_qwen_omni(folder / "qwen", says="A person talks to the camera in a room.")
    clips = [copy_clip(folder / "clips", number) for number in range(max(given.clips, 24))]
    ratios = [await measure_overhead(folder, tiny, clips[:24], n) for n in range(given.rounds)]
    decodes = await count_decodes(folder, tiny, clips[:12])
    same = await compare_tensors(folder, tiny, clips[:12])
    return ratios, decodes, same, await measure_memory(folder, tiny, clips[: given.clips])


def copy_clip(folder: Path, number: int) -> Path:
    """One of the twelve mini clips under a name and a digest of its own."""
    folder.mkdir(exist_ok=True)
    path = folder / f"clip-{number:04}.mp4"
    source = resources.files("ugcbench_tasks") / "mini" / "videos"
    free = b"free" + number.to_bytes(8, "big")  # an MP4 box that readers pass over
    clip = source / f"mini-{number % 12 + 1:02}.mp4"
    path.write_bytes(clip.read_bytes() + (len(free) + 4).to_bytes(4, "big") + free)
    return path


def dataset(folder: Path, clips: list[Path]) -> Path:
    """The clips with gold for every task, as a dataset file."""
    gold = {
        "voice_source": "Narration",
        "tone": "Positive",
        "ocr": ["hello"],
        "background": "A room.",
        "objects": "ball (count: 1, color: red)",
        "final_caption": "A person talks.",
        "audio_caption": "A person talks.",
        "visual_caption": "A room.",
    }
    path = folder / f"{len(clips)}.jsonl"
    rows = ({"id": clip.stem, "media": f"clips/{clip.name}", **gold} for clip in clips)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def chat(checkpoint: Path, reader: MediaReader | None = None, **options: object) -> ClipChat:
    """The adapter as the command line would make it."""
    engine = "ugcbench_models.local.qwen_omni:QwenOmniEngine"
    given = {"engine": engine, "model": "tiny", "path": str(checkpoint), **options}
    return ClipChat(**given, batch_size=BATCH, reader=reader)


async def run(model: ClipChat, clips: list[Path], output: Path, tasks: list[str]) -> None:
    """A whole run of the harness."""
    await ugcbench.arun(
        model=model,
        tasks=tasks,
        dataset=dataset(output.parent, clips),
        judge="lexical",
        output=output,
        concurrency=2 * BATCH,
    )
    shutil.rmtree(output)


async def measure_overhead(folder: Path, checkpoint: Path, clips: list[Path], number: int) -> float:
    """Wall time of a run over that of the engine alone; loading is in neither."""
    async with kept(chat(checkpoint)) as model:
        await run(model, clips[:1], folder / "warm", ["ugc/ocr"])
        started = time.perf_counter()
        await run(model, clips, folder / f"run-{number}", ["ugc/ocr"])
        harness = time.perf_counter() - started
    engine = QwenOmniEngine(Source(name=str(checkpoint)), {})
    prompts = list(prompts_of(folder, clips))
    ask_directly(engine, prompts[:1])
    started = time.perf_counter()
    ask_directly(engine, prompts)
    alone = time.perf_counter() - started
    engine.close()
    return harness / alone


@asynccontextmanager
async def kept(model: ClipChat) -> AsyncIterator[ClipChat]:
    """The adapter, not closed by the runs in it."""
    close = model.close

    async def stay() -> None:
        """Stay loaded."""

    model.close = stay
    yield model
    await close()


def prompts_of(folder: Path, clips: list[Path]):
    """What a run asks about the clips."""
    registry = Registry()
    task = create(registry.task("ugc/ocr"), setting=Setting(PROTOCOLS["v1"]))
    rows = create(registry.dataset("file"), {}, path=str(dataset(folder, clips)))
    return (task.prompt(task.sample(clip)) for clip in rows)


def ask_directly(engine: QwenOmniEngine, prompts: list) -> None:
    """The same answers with nothing between: read, encode, and generate in batches, by hand."""
    for at in range(0, len(prompts), BATCH):
        requests = []
        for prompt in prompts[at : at + BATCH]:
            media = read(prompt.media, prompt.profile)
            requests.append(engine.prepare(prompt, engine.encode(media, prompt.profile)))
        by_kind: dict = {}
        for request in requests:
            by_kind.setdefault(request.kind, []).append(request)
        for batch in by_kind.values():
            engine.answer(batch, lambda: False)


async def count_decodes(folder: Path, checkpoint: Path, clips: list[Path]) -> tuple[int, int]:
    """Passes over the clips' files in a run of eight tasks, and the number of clips."""
    reader = MediaReader()
    await run(chat(checkpoint, reader), clips, folder / "decodes", TASKS)
    reader.close()
    return reader.decoded, len(clips)


async def compare_tensors(folder: Path, qwen: Path, clips: list[Path]) -> int:
    """How many adapters were given the frames and the sound of our reader, bit for bit."""
    checkpoints = {
        "Qwen": qwen,
        "Gemma": make_tiny_gemma3n(folder / "gemma"),
        "MiniCPM": make_tiny_minicpm_o(folder / "minicpm"),
    }
    reference = sorted(digest(read(clip, PROFILES["paper"])) for clip in clips)
    for name, checkpoint in checkpoints.items():
        SEEN[name] = []
        model = chat(checkpoint, engine=f"{HERE}:watch_{name.lower()}", trust_remote_code=True)
        await run(model, clips, folder / f"tensors-{name}", ["ugc/ocr"])
    return sum(sorted(seen) == reference for seen in SEEN.values())


def digest(media: ugcbench.media.Media) -> str:
    """Changes with any bit of the frames or the sound."""
    sound = b"" if media.audio is None else media.audio.tobytes()
    return hashlib.sha256(media.frames.tobytes() + b"|" + sound).hexdigest()


def watched(name: str, engine: object) -> object:
    """The engine, noting what it is given to encode."""
    encode = engine.encode

    def note(media, profile):
        SEEN[name].append(digest(media))
        return encode(media, profile)

    engine.encode = note
    return engine


def watch_qwen(*given: object) -> object:
    """Qwen2.5-Omni's engine, watched."""
    return watched("Qwen", QwenOmniEngine(*given))


def watch_gemma(*given: object) -> object:
    """Gemma-3n's engine, watched."""
    return watched("Gemma", Gemma3nEngine(*given))


def watch_minicpm(*given: object) -> object:
    """MiniCPM-o's engine, watched."""
    return watched("MiniCPM", open_engine(*given))


async def measure_memory(folder: Path, checkpoint: Path, clips: list[Path]) -> tuple[float, float]:
    """Resident megabytes after 20 clips and after all of them, in one process."""
    async with kept(chat(checkpoint)) as model:
        await run(model, clips[:20], folder / "few", ["ugc/ocr"])
        before = resident()
        await run(model, clips, folder / "many", ["ugc/ocr"])
        return before, resident()


def resident() -> float:
    """Megabytes of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
