"""Does a training that was killed, or ran out of disk, go on as if nothing had happened?"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from group_training import count_letters
from processes import run_to_end

from ugcbench.errors import RunError, UsageError

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"),
]
STEPS = {"max_steps": 6, "batch": 2, "warmup": 0.5}


def weights(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def differences(folder, other):
    """Names of the weights that are not equal to the bit."""
    import torch

    ours, theirs = weights(folder), weights(other)
    assert ours.keys() == theirs.keys()
    return [name for name in ours if not torch.equal(ours[name], theirs[name])]


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def start(recipe, rows, folder, **job):
    """A training in a process of its own, ended."""
    file = folder / "job.json"
    content = {"recipe": recipe.model_dump(mode="json"), "rows": [r.model_dump() for r in rows]}
    file.write_text(json.dumps(content | job))
    command = [sys.executable, str(Path(__file__).with_name("run_training.py")), str(file)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    return run_to_end(command, env=environment, timeout=240)


@pytest.fixture
def unbroken(make_recipe, small_rows, tmp_path):
    """Trains a recipe to its end in another folder, and returns what came out."""
    from ugcbench_train.trainers.training import train

    def run(recipe, **options):
        whole = recipe.model_copy(update={"output": tmp_path / "unbroken"})
        return train(whole, small_rows, **options)

    return run


def test_a_killed_training_ends_with_the_weights_of_an_unbroken_one(
    make_recipe, small_rows, tmp_path, unbroken
):
    """Rows in four batches of one, so that the order of the data matters."""
    from ugcbench_train.trainers.training import train

    recipe = make_recipe(optimizer=STEPS, saving={"every": 2, "keep": 2})
    killed = start(recipe, small_rows, tmp_path, die_at=6)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    folder = recipe.output / "checkpoints"
    assert names_in(folder) == ["checkpoint-2", "checkpoint-4"]
    final = train(recipe, small_rows, resume=True)
    assert differences(final, unbroken(recipe)) == []
    assert names_in(folder) == ["checkpoint-4", "checkpoint-6"]


@pytest.mark.parametrize("lora", [None, {"rank": 4}])
def test_group_sampling_goes_on_to_the_bit(make_recipe, small_rows, tmp_path, unbroken, lora):
    from ugcbench_train.trainers.training import train

    recipe = make_recipe(
        "grpo",
        grpo={"group": 2, "beta": 0.04, "max_caption_tokens": 8},
        optimizer={"max_steps": 4, "batch": 4},
        saving={"every": 2, "keep": None},
        tuning={"lora": lora},
    )
    whole = unbroken(recipe, reward=count_letters)
    shutil.copytree(tmp_path / "unbroken" / "checkpoints", recipe.output / "checkpoints")
    shutil.rmtree(recipe.output / "checkpoints" / "checkpoint-4")
    final = train(recipe, small_rows, reward=count_letters, resume=True)
    assert differences(final, whole) == []


def test_a_torn_checkpoint_is_not_taken_for_a_good_one(make_recipe, small_rows, unbroken):
    """The last one lacks the end of a file, as after a kill or a full disk."""
    from ugcbench_train.trainers.checkpoints import find_last, is_complete
    from ugcbench_train.trainers.training import train

    recipe = make_recipe(optimizer=STEPS, saving={"every": 2, "keep": None})
    whole = train(recipe, small_rows)
    whole = whole.rename(whole.with_name("whole"))
    folder = recipe.output / "checkpoints"
    last = folder / "checkpoint-6"
    assert find_last(folder) == last
    optimizer = last / "optimizer.pt"
    optimizer.write_bytes(optimizer.read_bytes()[:-100])
    assert not is_complete(last)
    assert find_last(folder) == folder / "checkpoint-4"
    (folder / "checkpoint-4" / "complete.json").unlink()
    assert find_last(folder) == folder / "checkpoint-2"
    final = train(recipe, small_rows, resume=True)
    assert differences(final, whole) == []


def test_a_full_disk_loses_no_checkpoint(make_recipe, small_rows, tmp_path):
    """The system refuses to write more than so many bytes to a file, in the middle of one."""
    from ugcbench_train.trainers.checkpoints import find_last
    from ugcbench_train.trainers.training import train

    recipe = make_recipe(optimizer={"max_steps": 2}, saving={"every": 2})
    train(recipe, small_rows)
    longer = recipe.model_copy(
        update={"optimizer": recipe.optimizer.model_copy(update={"max_steps": 4})}
    )
    done = start(longer, small_rows, tmp_path, resume=True, limit=1_000_000)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "a checkpoint can't be written" in last
    assert f"the last complete one is {recipe.output}/checkpoints/checkpoint-2" in last
    assert "--resume" in last
    folder = recipe.output / "checkpoints"
    assert names_in(folder) == ["checkpoint-2"]
    assert find_last(folder) == folder / "checkpoint-2"


def test_an_earlier_training_is_not_overwritten(make_recipe, small_rows):
    from ugcbench_train.trainers.training import train

    recipe = make_recipe()
    train(recipe, small_rows)
    with pytest.raises(UsageError, match=r"checkpoint-2 of an earlier training; say --resume"):
        train(recipe, small_rows)


def test_disk_errors_are_told_from_others(tmp_path):
    from ugcbench_train.trainers.checkpoints import explaining

    with pytest.raises(RunError, match="No space left"), explaining(tmp_path / "x", "it"):
        raise OSError(28, "No space left on device")
    with pytest.raises(RuntimeError, match="shapes"), explaining(tmp_path / "x", "it"):
        raise RuntimeError("shapes differ")


def test_transformers_still_restores_none_of_the_weights(
    make_recipe, small_rows, tiny_omni, tmp_path
):
    """Once this fails, transformers' own way of resuming may do."""
    import torch
    from transformers import Trainer, TrainingArguments

    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec
    from ugcbench_train.trainers.training import train

    recipe = make_recipe()
    train(recipe, small_rows)
    model = QwenOmniCodec(model="none/none", path=str(tiny_omni)).load()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    trainer = Trainer(model=model, args=TrainingArguments(str(tmp_path / "own"), report_to=[]))
    trainer._load_from_checkpoint(str(recipe.output / "checkpoints" / "checkpoint-2"))
    after = model.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)
