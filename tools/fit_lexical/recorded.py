"""Which captions did the recorded judge see, and what did it say?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ugcbench_tasks.importing.checkout import read_checkout
from ugcbench_tasks.importing.problems import Problems

DIMENSIONS = ("audio", "visual", "details")
GOLD = "omni_bench_qa/benchmark_qa/final_caption_qa.json"
TRAINING = ("train_data/sft_1k.jsonl", "train_data/grpo_1k.jsonl")
USED = (GOLD, *TRAINING, "results/caption_score/*", "results/omni_infer_caption_result/*")


@dataclass(frozen=True, slots=True)
class Judged:
    """A system's caption of a video beside the gold, and the levels it got, by `DIMENSIONS`."""

    system: str
    video: str
    reference: str
    prediction: str
    levels: tuple[float, ...]


def read_judged(checkout: Path) -> list[Judged]:
    """The recorded captions that have text, gold and verdict, by system and video."""
    problems = Problems()
    gold = {row["video_id"]: row["answer"] for row in _json(checkout / GOLD)["samples"]}
    found = []
    for recording in read_checkout(checkout, {}, problems):
        for (task, video), verdict in recording.verdicts.items():
            answer = recording.predictions.get((task, video))
            if video in gold and answer is not None and answer.text:
                levels = tuple(float(str(verdict[name])) for name in DIMENSIONS)
                pair = (gold[video], answer.text)
                found.append(Judged(recording.system, video, *pair, levels))
    problems.stop()
    return sorted(found, key=lambda judged: (judged.system, judged.video))


def read_training_captions(checkout: Path) -> list[str]:
    """The captions of the videos for training, none of which is in the benchmark."""
    return [text for name in TRAINING for text in _captions(checkout / name)]


def hash_inputs(checkout: Path) -> dict[str, str]:
    """SHA-256 by name of every file that is read."""
    files = sorted(path for pattern in USED for path in checkout.glob(pattern))
    return {
        str(path.relative_to(checkout)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def list_systems(pairs: Sequence[Judged]) -> list[str]:
    """The systems, by name."""
    return sorted({pair.system for pair in pairs})


def _captions(file: Path) -> Iterator[str]:
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row.get("solution") or row["messages"][-1]["content"]


def _json(file: Path) -> Any:  # noqa: ANN401
    return json.loads(file.read_text(encoding="utf-8"))
