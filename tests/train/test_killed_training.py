"""kill -9 and a full disk in the middle of a training lose no checkpoint."""

from __future__ import annotations

import os
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import Program

if not all(map(find_spec, ("torch", "torchvision", "trl", "yaml"))):
    pytest.skip("needs the extra [train]", allow_module_level=True)

from ugcbench_train.data.files import write_rows
from ugcbench_train.record import read_record

STEPS = 8
RECIPE_TEXT = """
stage: sft
path: {path}
output: out
data: {{train: rows.jsonl, test: []}}
tuning: {{gradient_checkpointing: false}}
optimizer: {{batch: 1, accumulation: 1, max_steps: 8, epochs: 9, learning_rate: 0.001}}
saving: {{every: 1, keep: 2}}
"""
TRAIN = ["train", "sft", "--config", "sft.yaml", "--quiet"]
UGCBENCH = [sys.executable, "-m", "ugcbench"]
FULL_DISK = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))"
"""No file may grow beyond a size between that of the weights and of the optimizer's states."""

ON_FULL_DISK = [sys.executable, "-c", f"{FULL_DISK}; from ugcbench.cli import main; main()"]
SHIMS = Path(__file__).parent.parent / "shims"


@pytest.fixture
def start(tmp_path, tiny_omni, caption_rows):
    """Starts the training in a process of its own."""
    write_rows(caption_rows, tmp_path / "rows.jsonl")
    (tmp_path / "sft.yaml").write_text(RECIPE_TEXT.format(path=tiny_omni))
    environment = {**os.environ, "PYTHONPATH": str(SHIMS), "OMP_NUM_THREADS": "1"}

    def run(*more, program=UGCBENCH):
        return Program([*program, *TRAIN, *more], cwd=tmp_path, env=environment)

    return run


def complete(folder):
    return {path.parent.name for path in folder.glob("checkpoint-*/complete.json")}


def test_a_killed_training_goes_on(start, tmp_path):
    checkpoints = tmp_path / "out" / "checkpoints"
    process = start()
    until = time.monotonic() + 120
    while not complete(checkpoints) and process.poll() is None:
        if time.monotonic() > until:
            process.finish(timeout=0)
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = complete(checkpoints)
    assert kept
    assert f"checkpoint-{STEPS}" not in kept

    full = start("--resume", program=ON_FULL_DISK)
    _, said = full.finish(timeout=120)
    assert full.returncode == 2, said
    error = next(line for line in said.splitlines() if line.startswith("error: "))
    assert "free some space on the disk" in error
    assert "Traceback" not in said
    assert "go on with: ugcbench train sft --config sft.yaml --resume" in said
    assert complete(checkpoints) == kept

    process = start("--resume")
    _, said = process.finish(timeout=120)
    assert process.returncode == 0, said
    assert complete(checkpoints) == {f"checkpoint-{STEPS - 1}", f"checkpoint-{STEPS}"}
    record = read_record(tmp_path / "out")
    assert len(record.started) == 3
    assert Path(record.checkpoint, "model.safetensors").is_file()
