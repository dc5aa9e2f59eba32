"""Does a plan foresee what a training takes?"""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

pytest.importorskip("yaml", reason="needs the extra [train]")

from ugcbench import Registry
from ugcbench.errors import UnknownNameError
from ugcbench.models import Price
from ugcbench.protocol import PROFILES
from ugcbench_train.planning.clip_tokens import count_tokens
from ugcbench_train.planning.hours import USED_FLOPS
from ugcbench_train.planning.memory import GIB, count_trained, estimate_memory
from ugcbench_train.planning.plans import make_plan
from ugcbench_train.planning.sizes import KNOWN, find_size
from ugcbench_train.planning.steps import count_completions, count_steps
from ugcbench_train.planning.tables import show_plan
from ugcbench_train.recipe_files import load_recipe

needs_torch = pytest.mark.skipif(
    not all(map(find_spec, ("torch", "torchvision", "trl"))), reason="needs the extra [train]"
)
GEMINI = {"gemini/gemini-2.5-flash": Price(input=0.3, output=2.5)}
SMALL = KNOWN["Qwen/Qwen2.5-Omni-3B"]


@pytest.mark.parametrize(
    ("settings", "rows", "steps"),
    [
        ([], 1000, 189),  # 125 batches on 8 processes, 63 steps an epoch
        (["optimizer.epochs=1"], 1000, 63),
        (["optimizer.epochs=0.5"], 1000, 32),
        (["optimizer.max_steps=7"], 1000, 7),
        (["optimizer.max_steps=500"], 1000, 500),  # begins another epoch, as TRL and ms-swift do
        ([], 1, 3),
    ],
)
def test_steps_of_sft(settings, rows, steps):
    assert count_steps(load_recipe("sft-1k", settings), rows) == steps


@pytest.mark.parametrize(
    ("settings", "rows", "steps", "completions"),
    [
        ([], 1000, 125, 8000),
        ([], 1007, 125, 8000),  # what doesn't fill a step is left over
        (["grpo.iterations=2"], 1000, 250, 8000),
        (["grpo.group=16"], 1000, 250, 16_000),
        (["optimizer.max_steps=500"], 1000, 500, 32_000),
        (["optimizer.max_steps=500"], 7, 0, 0),
    ],
)
def test_steps_of_grpo(settings, rows, steps, completions):
    recipe = load_recipe("rl-1k", settings)
    assert count_steps(recipe, rows) == steps
    assert count_completions(recipe, steps) == completions


@needs_torch
@pytest.mark.parametrize(
    ("name", "width"), [("Qwen/Qwen2.5-Omni-3B", 2048), ("Qwen/Qwen2.5-Omni-7B", 3584)]
)
def test_known_sizes_are_those_of_the_architecture(name, width):
    import torch
    from transformers import Qwen2_5OmniThinkerConfig, Qwen2_5OmniThinkerForConditionalGeneration

    size = KNOWN[name]
    text = {
        "hidden_size": size.hidden,
        "intermediate_size": size.intermediate,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.hidden // 128,
        "num_key_value_heads": size.keys // 128,
        "vocab_size": size.vocabulary,
        "tie_word_embeddings": False,
    }
    config = Qwen2_5OmniThinkerConfig(
        text_config=text,
        vision_config={"hidden_size": 1280, "out_hidden_size": width},
        audio_config={"output_dim": width},
    )
    with torch.device("meta"):
        model = Qwen2_5OmniThinkerForConditionalGeneration(config)
    counts = {name: weight.numel() for name, weight in model.named_parameters()}
    assert sum(counts.values()) == size.parameters
    assert sum(count for name, count in counts.items() if "visual" in name) == size.vision
    assert sum(count for name, count in counts.items() if "audio_tower" in name) == size.audio
    linear = [
        sum(weight.shape)
        for name, weight in model.named_parameters()
        if name.endswith("proj.weight") and "language_model" in name
    ]
    assert size.adapters(rank=8) == 8 * sum(linear)


@needs_torch
def test_a_checkpoints_own_files_say_its_size(tiny_omni):
    from ugcbench_train.trainers.examples import open_codec

    recipe = load_recipe("sft-1k", [f"path={tiny_omni}"])
    size = find_size(Registry().model(recipe.model), recipe.path)
    model = open_codec(recipe).load()
    assert size.parameters == sum(weight.numel() for weight in model.parameters())
    assert str(tiny_omni) in size.source
    assert count_trained(recipe, size) == size.language


@needs_torch
def test_clips_have_the_tokens_that_were_foreseen(tiny_omni, mini_clips, caption_rows):
    from ugcbench_train.trainers.examples import Examples, open_codec

    recipe = load_recipe("sft-1k", [f"path={tiny_omni}"])
    examples = Examples(open_codec(recipe), recipe.media, caption_rows)
    for number, row in enumerate(caption_rows):
        found = examples[number].seen + examples[number].heard
        foreseen = count_tokens(row.video, PROFILES["paper"], audio=True)
        assert foreseen == pytest.approx(found, rel=0.03, abs=6)
    silent = count_tokens(mini_clips[0], PROFILES["paper"], audio=False)
    assert silent < count_tokens(mini_clips[0], PROFILES["paper"], audio=True)


def test_memory_by_hand():
    """All weights on one GPU: 4 bytes each, 4 for the gradient and 8 for Adam where they move."""
    one = ["launch.processes=1", "launch.strategy=single", "tuning.freeze=[]"]
    memory = estimate_memory(load_recipe("sft-1k", one), SMALL, 4000, 300)
    parameters = 4_703_464_448
    assert memory.weights == pytest.approx(4 * parameters / GIB, abs=0.01)
    assert memory.gradients + memory.optimizer == pytest.approx(12 * parameters / GIB, abs=0.02)
    assert memory.logits == pytest.approx(300 * 151_936 * 10 / GIB, abs=0.01)
    assert (memory.reference, memory.cache) == (0, 0)
    assert memory.total > sum((memory.weights, memory.gradients, memory.optimizer))


def test_what_is_shared_out_or_frozen_takes_less():
    def need(name="sft-1k", *settings):
        return estimate_memory(load_recipe(name, settings), SMALL, 4000, 300).total

    by_strategy = [need("sft-1k", f"launch.strategy={name}") for name in ("ddp", "zero2", "zero3")]
    assert by_strategy == sorted(by_strategy, reverse=True)
    assert need("sft-1k", "tuning.lora.rank=8", "launch.strategy=ddp") < by_strategy[0] / 3
    assert need("sft-1k", "tuning.gradient_checkpointing=false") > need()
    assert need("rl-1k") > need("rl-1k", "grpo.beta=0") >= need()


def test_a_plan_counts_rows_tokens_verdicts_and_money(caption_rows, tmp_path):
    rows = caption_rows * 64
    recipe = load_recipe("rl-1k", [f"output={tmp_path / 'out'}"])
    plan = make_plan(recipe, rows, Registry(), GEMINI)
    assert (plan.found, plan.rows, plan.steps, plan.completions) == (256, 256, 32, 2048)
    verdicts = plan.verdicts
    assert verdicts.requests == 2048
    cost = (verdicts.input_tokens * 0.3 + verdicts.output_tokens * 2.5) / 1e6
    assert verdicts.cost_usd == pytest.approx(cost)
    total = 2048 * (plan.tokens.prompt + plan.tokens.caption)
    assert plan.tokens.total == pytest.approx(total, rel=0.01)
    passes = 12 * SMALL.language * plan.tokens.total / USED_FLOPS / 8 / 3600
    assert plan.hours.learning == pytest.approx(passes, abs=0.01)
    assert plan.hours.sampling > 0
    text = show_plan(plan)
    for words in ("32 of 64 completions", "the published sizes of Qwen2.5-Omni-3B", "2,048 of gem"):
        assert words in text
    assert type(plan).model_validate_json(plan.model_dump_json()) == plan


def test_rows_that_will_not_be_trained_on_are_counted(caption_rows, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip")
    rows = [*caption_rows, caption_rows[0].model_copy(update={"video": str(broken)})]
    plan = make_plan(load_recipe("sft-1k"), rows, Registry(), {})
    assert (plan.found, plan.rows, plan.unreadable, plan.too_long) == (5, 4, 1, 0)
    settings = [f"media.max_prompt_tokens={plan.tokens.longest_prompt - 1}"]
    plan = make_plan(load_recipe("sft-1k", settings), rows, Registry(), {})
    assert (plan.rows, plan.too_long) == (3, 1)
    plan = make_plan(load_recipe("sft-1k", ["sft.max_caption_tokens=1"]), rows, Registry(), {})
    assert (plan.rows, plan.steps, plan.too_long) == (0, 0, 4)


def test_a_model_of_unknown_size_is_said_to_be_one(caption_rows, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "other"}))
    own = load_recipe("sft-1k", ["model=qwen2.5-omni-3b"])
    plan = make_plan(own.model_copy(update={"model": "gemma-3n-e4b"}), caption_rows, Registry(), {})
    assert plan.memory is None
    assert "neither the checkpoint's files are here nor is its name known" in show_plan(plan)


def test_a_mistyped_reward_gets_the_nearest_one(caption_rows):
    recipe = load_recipe("rl-1k", ["rewards.weights={ugc/reward/onmi: 5}"])
    with pytest.raises(UnknownNameError, match="did you mean ugc/reward/omni"):
        make_plan(recipe, caption_rows, Registry(), {})
