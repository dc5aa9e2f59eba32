"""Do two processes train as one does?"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from processes import run_to_end

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"),
]


def start(recipe, rows, folder):
    """A training in two processes, which talk by gloo."""
    file = folder / "job.json"
    content = {"recipe": recipe.model_dump(mode="json"), "rows": [r.model_dump() for r in rows]}
    file.write_text(json.dumps(content))
    script = str(Path(__file__).with_name("run_training.py"))
    launched = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "1"}
    command = [sys.executable, *launched, script, str(file)]
    done = run_to_end(command, env=environment, timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]
    return Path(done.stdout.splitlines()[-1])


def test_captions_are_learned_as_by_one(make_recipe, small_rows, tmp_path):
    """The loss is divided by what all processes have, so the weights agree but for rounding."""
    from safetensors.torch import load_file

    from ugcbench_train.trainers.training import train

    shared = {"max_steps": 2, "warmup": 0, "learning_rate": 1e-3}
    recipe = make_recipe(
        sft={"normalisation": "captions"},
        optimizer={**shared, "batch": 1},
        launch={"processes": 2, "strategy": "ddp"},
    )
    ours = load_file(start(recipe, small_rows, tmp_path) / "model.safetensors")
    single = make_recipe(
        sft={"normalisation": "captions"},
        optimizer={**shared, "batch": 2},
        output=str(tmp_path / "single"),
    )
    theirs = load_file(train(single, small_rows) / "model.safetensors")
    far = max(float((ours[name] - theirs[name]).abs().max()) for name in theirs)
    assert far < 2e-4, "a tenth of one step of Adam"


def test_groups_are_split_over_processes(make_recipe, small_rows, tmp_path):
    """A group of four, two of which are sampled by each; several updates from each rollout."""
    recipe = make_recipe(
        "grpo",
        grpo={
            "group": 4,
            "advantage": "softmax",
            "max_caption_tokens": 8,
            "iterations": 2,
            "beta": 0.04,
        },
        optimizer={"max_steps": 2, "batch": 2, "accumulation": 2},
        launch={"processes": 2, "strategy": "ddp"},
    )
    final = start(recipe, small_rows, tmp_path)
    assert (final / "model.safetensors").is_file()
    (first, *_) = sorted((recipe.output / "completions").iterdir())
    lines = [json.loads(line) for line in first.read_text().splitlines()]
    assert len(lines) == 8
    for group in (lines[:4], lines[4:]):
        rewards = [line["reward/count_letters"] for line in group]
        if len(set(rewards)) == 1:
            continue
        best = max(group, key=lambda line: line["reward/count_letters"])
        assert best["advantage"] == max(line["advantage"] for line in group)
