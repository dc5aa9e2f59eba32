"""Answers that nobody should learn from are told apart, each with its reason."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ugcbench.types import Prediction
from ugcbench_train.distillation.gates import Gates, same_caption

OFFICIAL = Path(
    os.environ.get("UGCBENCH_UGC_VIDEOCAP")
    or Path(__file__).resolve().parents[3] / "shared" / "ugc-videocap"
)
CAPTION = " ".join(f"word{number}" for number in range(60))


def fault_of(text, gates=None, **answer):
    prediction = Prediction(task="t", sample_id="s", text=text, **answer)
    fault = (gates or Gates()).find_fault(prediction)
    return None if fault is None else fault.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (CAPTION, None),
        ("", "empty"),
        (" \n", "empty"),
        (f"I'm sorry, but I can't watch this video. {CAPTION}", "refusal"),
        (f"As an AI language model, I have no ears. {CAPTION}", "refusal"),
        (f"The man says \"I'm sorry, I can't do that\". {CAPTION}", None),
        ("A dog runs.", "too_short"),
        ("The man talks to the camera. " * 40, "repeated"),
        (f"{CAPTION} " + "again and again " * 30, "repeated"),
        ("狗在跑。" * 60, "repeated"),
    ],
)
def test_a_text_is_no_caption_for_a_reason(text, reason):
    assert fault_of(text) == reason


@pytest.mark.parametrize("finish", ["length", "MAX_TOKENS"])
def test_an_answer_that_was_cut_off_is_no_caption(finish):
    assert fault_of(CAPTION, finish=finish) == "cut_off"
    assert fault_of(CAPTION, finish="STOP") is None


def test_only_the_teacher_teaches():
    gates = Gates(teacher="gemini-2.5-flash")
    assert fault_of(CAPTION, gates, model="gemini-2.5-flash-preview-05-20") is None
    assert fault_of(CAPTION, gates, model="gemini-2.5-flash-lite") == "other_model"
    assert fault_of(CAPTION, gates, model=None) is None
    assert fault_of(CAPTION, model="anything") is None


def test_the_limits_are_what_they_are_set_to():
    words = CAPTION.split()
    assert fault_of(" ".join(words[:50])) is None
    assert fault_of(" ".join(words[:49])) == "too_short"
    assert fault_of("A dog.", Gates(min_words=2)) is None
    half = " ".join(words + words)
    assert fault_of(half, Gates(max_repeated=0.49)) is None
    assert fault_of(half, Gates(max_repeated=0.47)) == "repeated"


def test_captions_are_the_same_but_for_case_space_and_signs():
    assert same_caption("A dog, running!") == same_caption("a  dog\nrunning")
    assert same_caption("A dog runs") != same_caption("A cat runs")


@pytest.mark.skipif(not (OFFICIAL / "train_data").is_dir(), reason="needs the official files")
def test_every_official_caption_passes():
    for name in ("sft", "grpo"):
        lines = (OFFICIAL / "train_data" / f"{name}_1k.jsonl").read_text().splitlines()
        for line in map(json.loads, lines):
            caption = line.get("solution") or line["messages"][1]["content"]
            assert fault_of(caption) is None


@pytest.mark.skipif(not (OFFICIAL / "results").is_dir(), reason="needs the official files")
@pytest.mark.parametrize(
    ("system", "repeated"),
    [("gemini_2.5_flash", 0), ("UGC_VideoCaptioner_inference", 18), ("omni_baseline", 18)],
)
def test_recorded_loops_are_found(system, repeated):
    file = OFFICIAL / "results" / "omni_infer_caption_result" / f"{system}.jsonl"
    captions = [json.loads(line)["caption"] for line in file.read_text().splitlines()]
    assert [fault_of(caption) for caption in captions].count("repeated") == repeated
