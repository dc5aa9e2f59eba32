"""Does ms-swift learn from our clips, with sound, by the evaluation's own scores?

Real `swift` trains a tiny checkpoint, started by the exported script.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from processes import run_to_end
from rewarding import prediction_in

import ugcbench
from ugcbench.errors import FatalModelError
from ugcbench.media import read
from ugcbench.models import Fake
from ugcbench.testing import OpenAIServer
from ugcbench.types import MediaProfile, Prompt

pytestmark = [
    pytest.mark.swift,
    pytest.mark.skipif(not find_spec("swift"), reason="needs ms-swift: make test-swift"),
    pytest.mark.filterwarnings("ignore"),  # what ms-swift imports warns a lot
]

SHIMS = Path(__file__).parent.parent / "shims"
ON_CPU = {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
MINUTES = 5 * 60
WEIGHTS = {"ugc/reward/omni": 5.0, "ugc/reward/length": 1.0}

WITNESS = """
import hashlib, json, os
import torch
from transformers.models.qwen2_5_omni import modeling_qwen2_5_omni as omni

Ears, Eyes = omni.Qwen2_5OmniThinkerForConditionalGeneration, omni.Qwen2_5OmniVisionEncoder
listen, look = Ears.get_audio_features, Eyes.forward

def note(name, values):
    values = values.detach().float().contiguous()
    found = {"name": name, "rows": len(values), "learning": torch.is_grad_enabled()}
    found["hash"] = hashlib.sha256(values.numpy().tobytes()).hexdigest()
    with open(os.environ["WITNESS"], "a") as file:
        file.write(json.dumps(found) + "\\n")

def hear(self, input_features, *others, **named):
    note("sound", input_features)
    return listen(self, input_features, *others, **named)

def see(self, hidden_states, *others, **named):
    note("pictures", hidden_states)
    return look(self, hidden_states, *others, **named)

Ears.get_audio_features, Eyes.forward = hear, see
"""
"""A plugin that writes down what the model's ears and eyes are given."""


def any_verdict(call):
    """A verdict that depends on every letter of a caption."""
    digest = hashlib.sha256(prediction_in(call).encode()).digest()
    return json.dumps({"level": 1 + digest[0] % 5, "hallucination": digest[1] < 64})


@pytest.fixture(scope="module")
def judge():
    with OpenAIServer(reply=any_verdict) as server:
        yield server


@pytest.fixture
def make_recipe(tmp_path, tiny_omni, caption_rows, judge):
    from ugcbench_train.data.files import write_rows
    from ugcbench_train.recipe import Recipe

    def make(stage, **changes):
        write_rows(caption_rows, tmp_path / "rows.jsonl")
        optimizer = {"learning_rate": 1e-3, "batch": 2, "accumulation": 2, "max_steps": 4}
        fields = {
            "stage": stage,
            "output": tmp_path / "trained",
            "path": tiny_omni,
            "data": {"train": tmp_path / "rows.jsonl", "test": ()},
            "tuning": {"precision": "float32", "gradient_checkpointing": False},
            "optimizer": optimizer | changes.pop("optimizer", {}),
            "grpo": {"group": 4, "max_caption_tokens": 16, "beta": 0.04},
            "rewards": {
                "weights": WEIGHTS,
                "judge": "openai/judge",
                "judge_options": {"base_url": judge.url},
            },
            "saving": {"every": 2},
            "logging": {"to": ()},
        }
        return Recipe.model_validate(fields | changes)

    return make


@pytest.fixture
def open_template(make_recipe, tiny_omni):
    """The template as ms-swift makes it."""

    def open_template():
        from swift import get_processor, get_template

        from ugcbench_train.swift import template as templates

        templates.register(make_recipe("sft"))
        processor = get_processor(str(tiny_omni), model_type="qwen2_5_omni")
        return get_template(processor, template_type="ugcbench_qwen2_5_omni")

    return open_template


@pytest.fixture
def is_evaluated(ugcbench):
    """Evaluates a checkpoint from the command line; every question must get an answer."""

    def is_evaluated(checkpoint):
        done = ugcbench(
            *("run", "--model", "ugc-videocaptioner-3b", "--tasks", "ugc/caption"),
            *("--option", f"path={checkpoint}", "--dataset", "mini"),
            *("--judge", "lexical", "--limit", 2, "--format", "json", "--output", "run"),
            timeout=MINUTES,
        )
        assert done.returncode == 0, done.stderr
        assert {cell["coverage"] for cell in json.loads(done.stdout)["cells"]} == {1.0}

    return is_evaluated


def run_bash(*words, code=0, **environment):
    """A bash that finds `swift`; returns what it says on stderr."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"PATH": path, "PYTHONPATH": str(SHIMS), **environment}
    environment = {**os.environ, **ON_CPU, **own}
    done = run_to_end(["bash", *words], env=environment, timeout=MINUTES)
    assert done.returncode == code, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stderr


@pytest.fixture
def launch(tmp_path):
    """Exports a recipe and trains by the script; returns what the model was given, or the error."""
    from ugcbench_train.swift.exporting import export

    (tmp_path / "witness.py").write_text(WITNESS)

    def launch(recipe, *typed, code=0):
        script = export(recipe, tmp_path / "exported").script
        seen = tmp_path / "witness.jsonl"
        seen.unlink(missing_ok=True)
        plugins = (str(script.parent / "ugcbench_plugin.py"), str(tmp_path / "witness.py"))
        given = ("--use_cpu", "true", "--external_plugins", *plugins, *typed)
        said = run_bash(str(script), *given, code=code, WITNESS=str(seen))
        if code:
            return said
        return [json.loads(line) for line in seen.read_text().splitlines()]

    return launch


def read_log(recipe, name):
    return [json.loads(line) for line in (recipe.output / name).read_text().splitlines()]


def test_the_model_gets_what_the_evaluation_gives(open_template, caption_rows, tiny_omni):
    """Tokens and tensors of prompt and clip, and the caption as what is learned."""
    import torch

    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec

    template = open_template()
    template.set_mode("train")
    codec = QwenOmniCodec(model="", path=str(tiny_omni))
    for row in caption_rows:
        prompt = Prompt(task="t", sample_id="s", text=row.prompt, profile=MediaProfile())
        wanted = codec.encode(prompt, read(row.video, MediaProfile()))
        assert wanted.heard > 0
        messages = [{"role": "user", "content": f"<video>{row.prompt}"}]
        messages.append({"role": "assistant", "content": row.caption})
        made = template.encode({"messages": messages, "videos": [row.video]})
        count = len(wanted.tokens)
        assert made["input_ids"][:count] == list(wanted.tokens)
        assert set(made["labels"][:count]) == {-100}
        learned = [label for label in made["labels"][count:] if label != -100]
        reply = codec.encode_reply(row.caption)
        assert learned[: len(reply)] == reply
        assert codec.decode(learned).strip() == row.caption
        for name, tensor in wanted.inputs.items():
            assert torch.equal(made[name], tensor), name


def test_vllm_is_refused(open_template, caption_rows):
    template = open_template()
    template.set_mode("vllm")
    messages = [{"role": "user", "content": "<video>Describe."}]
    with pytest.raises(FatalModelError, match="--use_vllm false"):
        template.encode({"messages": messages, "videos": [caption_rows[0].video]})


def test_sft_learns_resumes_bit_by_bit_and_is_evaluated(
    make_recipe, launch, tmp_path, is_evaluated
):
    from safetensors.torch import load_file

    recipe = make_recipe("sft", optimizer={"max_steps": 4})
    seen = launch(recipe)
    losses = [line["loss"] for line in read_log(recipe, "logging.jsonl") if "loss" in line]
    assert all(float(later) < float(before) for before, later in pairwise(losses)), losses
    assert {note["name"] for note in seen if note["learning"]} == {"sound", "pictures"}

    whole = load_file(recipe.output / "checkpoint-4" / "model.safetensors")
    again = ("--output_dir", str(tmp_path / "again"))
    launch(
        recipe.model_copy(update={"output": tmp_path / "elsewhere"}),
        *again,
        *("--resume_from_checkpoint", str(recipe.output / "checkpoint-2")),
    )
    resumed = load_file(tmp_path / "again" / "checkpoint-4" / "model.safetensors")
    assert whole.keys() == resumed.keys()
    assert all(bool((whole[name] == resumed[name]).all()) for name in whole)

    is_evaluated(recipe.output / "checkpoint-4")


def test_adapters_are_merged_by_the_command_that_is_told(make_recipe, launch, is_evaluated):
    from safetensors.torch import load_file

    from ugcbench_train.swift.exporting import MERGE

    tuning = {"precision": "float32", "lora": {"rank": 4, "targets": ["q_proj", "v_proj"]}}
    recipe = make_recipe("sft", optimizer={"max_steps": 2}, tuning=tuning)
    launch(recipe)
    checkpoint = recipe.output / "checkpoint-2"
    run_bash("-c", MERGE.format(checkpoint), WITNESS=str(recipe.output / "witness.jsonl"))
    merged = checkpoint.with_name("checkpoint-2-merged")
    is_evaluated(merged)
    before = load_file(recipe.path / "model.safetensors")
    after = load_file(merged / "model.safetensors")
    moved = {name for name in before if not bool((before[name] == after[name]).all())}
    assert after.keys() == before.keys()
    assert moved
    assert all("q_proj" in name or "v_proj" in name for name in moved)


async def test_grpo_is_paid_what_the_evaluation_scores(
    make_recipe, launch, caption_rows, judge, tmp_path, tiny_omni
):
    recipe = make_recipe("grpo", optimizer={"batch": 4, "max_steps": 2})
    seen = launch(recipe)

    heard = {note["hash"] for note in seen if note["name"] == "sound" and note["rows"] == 4}
    for learning in (False, True):  # to write completions, and to learn from them
        names = {note["name"] for note in seen if note["learning"] is learning}
        assert names == {"sound", "pictures"}
    assert heard & {sound_of(row.video, tiny_omni) for row in caption_rows}

    batches = {batch["step"][0]: batch for batch in read_log(recipe, "completions.jsonl")}
    assert sorted(batches) == ["1", "2"]
    for number, batch in batches.items():
        pairs = list(zip(batch["completion"], batch["solution"], strict=True))
        rewards = await evaluate(pairs, judge, tmp_path / f"run-{number}")
        assert batch["ugc"] == [float(np.float32(reward)) for reward in rewards]
        assert len(set(rewards)) > 1


def test_a_dead_judge_ends_the_training_and_says_why(make_recipe, launch):
    with OpenAIServer() as gone:
        url = gone.url
    rewards = {"judge": "openai/judge", "judge_options": {"base_url": url}, "attempts": 1}
    said = launch(make_recipe("grpo", rewards={**rewards, "window": 8}), code=1)
    assert f"no answer from {url}" in said
    assert "start the server" in said


def sound_of(video, checkpoint):
    """The hash of the spectrograms of a batch of four completions about one clip."""
    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec

    codec = QwenOmniCodec(model="", path=str(checkpoint))
    prompt = Prompt(task="t", sample_id="s", text="Describe.", profile=MediaProfile())
    sound = codec.encode(prompt, read(video, MediaProfile())).inputs["input_features"]
    return hashlib.sha256(sound.repeat(4, 1, 1).numpy().tobytes()).hexdigest()


async def evaluate(pairs, judge, output):
    """The weighted sums of what an evaluation gives for captions, each with its gold."""
    dataset = output.with_suffix(".jsonl")
    clips = [
        {"id": str(place), "media": "none.mp4", "final_caption": gold}
        for place, (_, gold) in enumerate(pairs)
    ]
    dataset.write_text("".join(json.dumps(clip) + "\n" for clip in clips))
    result = await ugcbench.arun(
        model=Fake(lambda prompt: pairs[int(prompt.sample_id)][0]),
        tasks=list(WEIGHTS),
        dataset=str(dataset),
        judge="openai/judge",
        judge_options={"base_url": judge.url},
        output=output,
    )
    totals = dict.fromkeys(range(len(pairs)), 0.0)
    for record in result.records():
        assert record.score.status == "ok"
        totals[int(record.sample_id)] += WEIGHTS[record.task] * record.score.value
    return list(totals.values())
