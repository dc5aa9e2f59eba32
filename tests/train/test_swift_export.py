"""Is what is written for ms-swift the recipe, in its words and with the same rows?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import av
import pytest

pytest.importorskip("transformers", reason="needs the extra [train] or [swift]")
pytest.importorskip("yaml", reason="needs the extra [train] or [swift]")

from ugcbench.errors import PreflightError, UsageError
from ugcbench_train.data.files import read_rows, write_rows
from ugcbench_train.recipe import Recipe
from ugcbench_train.swift.exporting import export, load_exported

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SWIFT = """\
#!{python}
import json, os, sys
seen = {{"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
open(os.environ["SEEN"], "w").write(json.dumps(seen))
"""


@pytest.fixture
def recipe(tmp_path, tiny_omni, caption_rows):
    """Makes a recipe on the tiny checkpoint with rows of its own."""

    def make(rows=caption_rows, **changes):
        write_rows(rows, tmp_path / "rows.jsonl")
        data = {"train": tmp_path / "rows.jsonl", "test": (), "max_skipped": 0.5}
        fields = {
            "stage": "grpo",
            "output": tmp_path / "the output",
            "path": tiny_omni,
            "data": data | changes.pop("data", {}),
        }
        return Recipe.model_validate(fields | changes)

    return make


@pytest.fixture
def launch(tmp_path):
    """Runs an exported script with a `swift` that writes down how it was called."""
    program = tmp_path / "bin" / "swift"
    program.parent.mkdir()
    program.write_text(SWIFT.format(python=sys.executable))
    program.chmod(0o755)

    def launch(script, *typed):
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "SEEN": str(tmp_path / "seen")}
        subprocess.run(["bash", str(script), *typed], env=environment, check=True)
        return json.loads((tmp_path / "seen").read_text())

    return launch


def arguments(words):
    """The values by name of a command line; of a name that comes twice the last ones."""
    found = {}
    for word in words:
        if word.startswith("--"):
            found[word[2:]] = values = []
        else:
            values.append(word)
    return {name: " ".join(values) for name, values in found.items()}


def test_the_script_says_all_of_the_recipe(recipe, launch, tmp_path, tiny_omni):
    wanted = recipe(
        seed=7,
        optimizer={"batch": 2, "accumulation": 4, "learning_rate": 3e-6, "max_steps": 5},
        grpo={"group": 4, "beta": 0.1, "loss": "dr_grpo", "max_caption_tokens": 99},
        tuning={"precision": "bfloat16", "freeze": ["audio"]},
        launch={"processes": 2, "strategy": "zero2"},
        logging={"to": ["wandb"], "project": "my project's"},
    )
    seen = launch(export(wanted, tmp_path / "for swift").script, "--max_steps", "9")
    assert seen["words"][0] == "rlhf"
    assert seen["folder"] == str(tmp_path / "for swift")
    assert seen["environment"]["WANDB_PROJECT"] == "my project's"
    said = arguments(seen["words"][1:])
    expected = {
        "rlhf_type": "grpo",
        "model": str(tiny_omni),
        "template": "ugcbench_qwen2_5_omni",
        "reward_funcs": "ugc",
        "num_generations": "4",
        "beta": "0.1",
        "loss_type": "dr_grpo",
        "max_completion_length": "99",
        "max_length": "8192",
        "per_device_train_batch_size": "2",
        "gradient_accumulation_steps": "4",
        "learning_rate": "3e-06",
        "seed": "7",
        "bf16": "true",
        "freeze_vit": "false",
        "freeze_parameters": "thinker.audio_tower",
        "deepspeed": "zero2",
        "output_dir": str(tmp_path / "the output"),
        "max_steps": "9",
    }
    assert said.items() >= expected.items()


def test_sound_and_the_numbers_of_the_profile_are_set(recipe, launch, tmp_path):
    environment = launch(export(recipe(), tmp_path / "out").script)["environment"]
    expected = {
        "USE_AUDIO_IN_VIDEO": "True",
        "ENABLE_AUDIO_OUTPUT": "0",
        "FPS": "1",
        "FPS_MAX_FRAMES": "32",
        "VIDEO_MAX_PIXELS": "100176",
    }
    assert environment.items() >= expected.items()
    deaf = export(recipe(media={"audio": False}), tmp_path / "deaf")
    assert launch(deaf.script)["environment"]["USE_AUDIO_IN_VIDEO"] == "False"


def test_adapters_and_two_stages(recipe, launch, tmp_path):
    wanted = recipe(
        stage="sft",
        tuning={
            "lora": {"rank": 4, "targets": ["q_proj", "v_proj"]},
            "freeze": ["vision", "audio"],
        },
        sft={"max_caption_tokens": 100},
        saving={"keep": None},
    )
    words = launch(export(wanted, tmp_path / "out").script)["words"]
    assert words[0] == "sft"
    said = arguments(words[1:])
    expected = {
        "tuner_type": "lora",
        "lora_rank": "4",
        "target_modules": "q_proj v_proj",
        "freeze_vit": "true",
        "max_length": "8292",
    }
    assert said.items() >= expected.items()
    assert not said.keys() & {"rlhf_type", "reward_funcs", "save_total_limit", "torch_dtype"}


@pytest.mark.parametrize("stage", ["sft", "grpo"])
def test_rows_come_back_as_they_were(stage, recipe, tmp_path, caption_rows):
    export(recipe(stage=stage), tmp_path / "out")
    back = {row.video: row for row in read_rows(tmp_path / "out" / "rows.jsonl").rows}
    assert len(back) == len(caption_rows)
    for row in caption_rows:
        assert (back[row.video].prompt, back[row.video].caption) == (row.prompt, row.caption)


def test_the_recipe_inside_is_the_recipe(recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wanted = recipe(output=Path("beside"))
    export(wanted, Path("out"))
    found = load_exported(Path("out"))
    assert found.output == tmp_path / "beside"
    assert found == wanted.model_copy(update={"output": found.output})
    with pytest.raises(UsageError, match="ugcbench train export-swift"):
        load_exported(tmp_path)


def test_a_server_without_a_key_is_no_secret(recipe, tmp_path):
    options = {"base_url": "http://127.0.0.1:1/v1", "api_key": "none"}
    wanted = recipe(rewards={"judge": "openai/judge", "judge_options": options})
    export(wanted, tmp_path / "out")
    assert load_exported(tmp_path / "out").rewards.judge_options == options


def test_silent_clips_are_left_out_and_counted(recipe, tmp_path, caption_rows):
    silent = tmp_path / "silent.mp4"
    strip_sound(caption_rows[0].video, silent)
    rows = [caption_rows[0].model_copy(update={"video": str(silent)}), *caption_rows[1:]]
    done = export(recipe(rows), tmp_path / "out")
    assert done.rows == 3
    assert "1 rows are left out (no sound)" in done.notices
    assert "silent.mp4" not in (tmp_path / "out" / "rows.jsonl").read_text()
    with pytest.raises(PreflightError, match="no sound: 1"):
        export(recipe(rows, data={"max_skipped": 0.2}), tmp_path / "strict")
    assert export(recipe(rows, media={"audio": False}), tmp_path / "deaf").rows == 4


def strip_sound(source, target):
    """Copy the pictures of a clip only."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"grpo": {"advantage": "softmax"}}, "softmax"),
        ({"grpo": {"rollouts": "vllm"}}, "grpo.rollouts=transformers"),
        ({"stage": "sft", "sft": {"normalisation": "captions"}}, "sft.normalisation=tokens"),
        ({"launch": {"processes": 2, "strategy": "fsdp"}}, "zero2"),
        ({"tuning": {"lora": {}, "freeze": ["audio"]}}, "both towers or none"),
        ({"rewards": {"judge_options": {"api_key": "secret"}}}, "holds a key"),
        ({"data": {"test": ("mini",)}}, "no clip in common with mini"),
    ],
)
def test_what_ms_swift_would_do_otherwise_is_refused(changes, complaint, recipe, tmp_path):
    with pytest.raises(UsageError, match=complaint):
        export(recipe(**changes), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("stage", ["sft", "grpo"])
def test_words_that_ms_swift_takes_for_media_are_refused(stage, recipe, tmp_path, caption_rows):
    row = caption_rows[0].model_copy(update={"caption": "A <bbox> is shown."})
    if stage == "sft":
        with pytest.raises(UsageError, match=r"'row-0' says <bbox>"):
            export(recipe([row], stage=stage), tmp_path / "out")
    else:  # what is compared with isn't given to the model
        small = {"optimizer": {"accumulation": 8}}
        assert export(recipe([row], stage=stage, **small), tmp_path / "out").rows == 1


def test_the_command_line_says_what_to_type_next(recipe, tmp_path, ugcbench):
    (tmp_path / "my.json").write_text(recipe().model_dump_json())
    done = ugcbench(
        *("train", "export-swift", "--config", "my.json", "--output", "out"),
        *("--set", "evaluation.every=5", "--set", "evaluation.dataset=mini"),
        *("--set", "evaluation.judge=lexical"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "4 rows; train by: bash out/run.sh\n"
    assert "note: ms-swift doesn't evaluate on the way" in done.stderr
