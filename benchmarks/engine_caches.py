"""How often do vLLM's own caches hit when a run asks about one clip after the other?

    .venv-vllm/bin/python benchmarks/engine_caches.py [--blocks N]

A tiny random Qwen2.5-Omni in vLLM's own engine is asked the questions of UGC-VideoCap about each
of the twelve mini clips, eight at a time, in the order of a run (grouped by clip) and in a shuffled
one. It has room for N blocks of tokens only, which is as little beside these clips as an engine's
memory is beside those of a large run. Prints the share of the prompts' tokens that came from the
prefix cache, the share of clips that came from the multimodal cache (which holds all twelve: where
it dropped a clip's pictures and not its sound, vLLM 0.32 would refuse that clip), and CPU seconds.
Run it where `make test-vllm` runs; it takes a minute or two on a CPU. The exit code is 1 if grouped
questions don't find at least half as many tokens again as shuffled ones.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import tabulate

from ugcbench import Judge, Prompt, Setting
from ugcbench.models import Fake
from ugcbench.plugins import Registry, create
from ugcbench.protocol import PROTOCOLS
from ugcbench.testing import make_tiny_qwen_omni

CONCURRENCY, CONTEXT = 8, 4096
COUNTERS = {
    "tokens from the prefix cache": "prefix_cache",
    "clips from the multimodal cache": "mm_cache",
}


def main() -> int:
    """Measure and print; 1 if the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=200, help="of 32 tokens; 200 by default")
    given = parser.parse_args()
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    grouped = questions()
    shuffled = random.Random(0).sample(grouped, len(grouped))
    with tempfile.TemporaryDirectory() as name:
        tiny = make_tiny_qwen_omni(Path(name) / "tiny", says="A person talks in a room.")
        seen = [
            asyncio.run(ask_all(tiny, prompts, given.blocks)) for prompts in (grouped, shuffled)
        ]
    rows = [[what, *(each[what] for each in seen)] for what in seen[0]]
    print(tabulate.tabulate(rows, ["share of", "grouped", "shuffled"], floatfmt=".3f"))
    first, second = (each["tokens from the prefix cache"] for each in seen)
    return int(first < 1.5 * second)


def questions() -> list[Prompt]:
    """What a run asks about the mini clips, in its order."""
    registry = Registry()
    setting = Setting(PROTOCOLS["v1"], Judge("none", Fake()))
    specs = [spec for spec in registry.tasks.values() if spec.group == "ugc" and spec.table]
    tasks = [create(spec, setting=setting) for spec in specs]
    samples = [
        (task, sample)
        for clip in create(registry.dataset("mini"))
        for task in tasks
        if (sample := task.sample(clip)) is not None
    ]
    return [task.prompt(sample) for task, sample in samples]


async def ask_all(checkpoint: Path, prompts: Sequence[Prompt], blocks: int) -> dict[str, float]:
    """Shares of what came from the caches, and CPU seconds of this process and the engine's."""
    from ugcbench_models.local.vllm_chat import VLLMChat

    engine_options = {
        "enforce_eager": True,
        "skip_mm_profiling": True,
        "max_num_seqs": CONCURRENCY,
        "max_model_len": CONTEXT,
        "block_size": 32,
        "num_gpu_blocks_override": blocks,
        "disable_log_stats": False,
    }
    model = VLLMChat(model=str(checkpoint), dtype="float32", engine_options=engine_options)
    await model.generate(Prompt(task="t", sample_id="warm", text="Hello"))
    before, started = counters(), cpu_seconds()
    waiting = iter(prompts)
    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(ask_on(model, waiting))
    after = counters()
    await model.close()
    shares = {
        what: (after[f"{name}_hits"] - before[f"{name}_hits"])
        / (after[f"{name}_queries"] - before[f"{name}_queries"])
        for what, name in COUNTERS.items()
    }
    return {**shares, "CPU seconds (not a share)": cpu_seconds() - started}


async def ask_on(model: object, prompts: Iterable[Prompt]) -> None:
    """Ask until no question is left."""
    for prompt in prompts:
        await model.generate(prompt)


def counters() -> dict[str, float]:
    """What vLLM has counted in this process so far."""
    from vllm.v1.metrics.reader import Counter, get_metrics_snapshot

    found = [each for each in get_metrics_snapshot() if isinstance(each, Counter)]
    totals: dict[str, float] = {}
    for each in found:
        name = each.name.removeprefix("vllm:")
        totals[name] = totals.get(name, 0) + each.value
    return totals


def cpu_seconds() -> float:
    """User and system time of this process and of those that it has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.exit(main())
