"""For tests of rewards on real captions: the recorded outputs of the official repository."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ugcbench.types import Clip, Gold

ROOT = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP") or "../shared/ugc-videocap").resolve()
if "UGCBENCH_UGC_VIDEOCAP" not in os.environ:
    ROOT = Path(__file__).resolve().parents[3] / "shared" / "ugc-videocap"
QUESTIONS = ROOT / "omni_bench_qa" / "benchmark_qa" / "final_caption_qa.json"
SYSTEMS = ROOT / "results" / "omni_infer_caption_result"
TRAINING = ROOT / "train_data"
SOURCES = (
    "UGC_VideoCaptioner_inference",
    "gemini_2.5_flash",
    "gemma3n-e4b_results",
    "omni_baseline",
    "grpo_1k",
    "sft_1k",
)


@dataclass(frozen=True)
class Captioned:
    """Clips with gold, and what was said about each by its id: a dataset for an evaluation."""

    name: str
    golds: dict[str, str]
    captions: dict[str, str]
    revision: str = "1"

    def __iter__(self) -> Iterator[Clip]:
        for clip, gold in self.golds.items():
            yield Clip(id=clip, media=None, gold={"final_caption": Gold(answer=gold)})


def load(source: str, limit: int | None = None) -> Captioned:
    """The recorded captions of a system, or rows for training, of which ever longer beginnings
    stand in for captions; skips the test where the files are absent.
    """
    file = (SYSTEMS if source in SOURCES[:4] else TRAINING) / f"{source}.jsonl"
    if not file.is_file():
        pytest.skip(f"{file} is not there; set UGCBENCH_UGC_VIDEOCAP to the official repository")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()][:limit]
    if file.parent == TRAINING:
        golds = {
            f"row-{n}": row.get("solution") or row["messages"][-1]["content"]
            for n, row in enumerate(rows)
        }
        captions = {
            row: gold[: len(gold) * n // len(golds)] for n, (row, gold) in enumerate(golds.items())
        }
        return Captioned(source, golds, captions)
    samples = json.loads(QUESTIONS.read_text(encoding="utf-8"))["samples"]
    known = {sample["video_id"]: sample["answer"] for sample in samples}
    captions = {row["video_id"]: row["caption"] or "" for row in rows if row["video_id"] in known}
    return Captioned(source, {clip: known[clip] for clip in captions}, captions)
