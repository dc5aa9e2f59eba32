"""Does group sampling see its clips in rollout and loss, and do rewards move the model?"""

from __future__ import annotations

import json

import pytest
from group_training import count_letters, make_trainer
from rewarding import JUDGE, prediction_in

from ugcbench_train.recipe import Rewards

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"),
]
LONG = " ".join(f"word{number}" for number in range(12))
"""A gold of twelve words; a random model begins with captions of a few."""


def letters_to_level(call):
    """A judge who likes the letter s."""
    level = 1 + min(prediction_in(call).count("s") // 2, 4)
    return json.dumps({"level": level, "hallucination": False})


def test_rewards_of_length_and_judge_more_than_double(make_recipe, small_rows):
    import asyncio

    from transformers import TrainerCallback

    from ugcbench.testing import OpenAIServer
    from ugcbench_train.rewards.mixture import Mixture
    from ugcbench_train.rewards.trl import reward_function
    from ugcbench_train.trainers.training import train

    log = []

    class Listen(TrainerCallback):
        def on_log(self, *_, logs, **__):
            log.extend([logs["reward"]] if "reward" in logs else [])

    recipe = make_recipe(
        "grpo",
        grpo={"group": 4, "beta": 0.0, "max_caption_tokens": 24},
        optimizer={"max_steps": 60, "batch": 8, "warmup": 0, "schedule": "constant"},
    )
    rows = [row.model_copy(update={"caption": LONG}) for row in small_rows]
    with OpenAIServer() as server:
        server.reply = letters_to_level
        judged = {"judge": JUDGE, "judge_options": {"base_url": server.url}}
        mixture = Mixture.open(Rewards(**judged), recipe.output / "rewards")
        final = train(recipe, rows, reward=reward_function(mixture), callbacks=[Listen()])
        asyncio.run(mixture.close())
    assert (final / "model.safetensors").is_file()
    first, last = sum(log[:5]) / 5, sum(log[-5:]) / 5
    assert len(log) == 60
    assert last >= 2 * first, f"from {first:.2f} to {last:.2f}"
    lines = (recipe.output / "completions" / "step-000060.jsonl").read_text().splitlines()
    assert {"prompt", "completion", "reward/ugc", "advantage"} <= json.loads(lines[0]).keys()
    assert len(lines) == 8


def measure_alignment(recipe, examples, *, rotate):
    """Log-probabilities of the first step's completions, computed in four ways."""
    import torch
    from trl import GRPOTrainer

    from ugcbench_train.trainers.grpo import CLIPS, GroupTrainer

    found = {"ratio": [], "batched": [], "single": [], "bare": []}

    class Measured(GroupTrainer):
        def _compute_loss(self, model, inputs):
            clips = inputs[CLIPS]
            if rotate:
                clips = clips[1:] + clips[:1]
            ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1)
            mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1)
            kept, real = inputs["completion_ids"].shape[1], inputs["completion_mask"].bool()

            def score(rows, ids, mask, kept):
                self._clips = rows
                return self._get_per_token_logps_and_entropies(model, ids, mask, kept)[0]

            with torch.no_grad():
                batched = score(clips, ids, mask, kept)
                found["ratio"].append((batched - inputs["old_per_token_logps"]).exp()[real])
                found["batched"].append(batched[real])
                for row, clip in enumerate(clips):
                    seen = mask[row].bool()
                    count = int(real[row].sum())
                    alone = score([clip], ids[row][seen][None], mask[row][seen][None], count)
                    found["single"].append(alone[0])
                bare = GRPOTrainer._get_per_token_logps_and_entropies(self, model, ids, mask, kept)[
                    0
                ]
                found["bare"].append(bare[real])
            return super()._compute_loss(model, {**inputs, CLIPS: clips})

    make_trainer(recipe, examples, kind=Measured).train()
    return {name: torch.cat(parts) for name, parts in found.items()}


@pytest.fixture
def loud_rows(small_rows):
    """Eight rows, of which pairs have equally long clips."""
    return [small_rows[number % 4].model_copy(update={"id": f"r{number}"}) for number in range(8)]


def test_rows_keep_their_clips_through_shuffling(make_recipe, examples, loud_rows):
    """Four numbers: the ratio to old log-probabilities; the same with clips one place off; batched
    against one by one; with clips against without.
    """
    from ugcbench_train.trainers.examples import Examples

    recipe = make_recipe(
        "grpo",
        grpo={"group": 2, "iterations": 2, "max_caption_tokens": 8},
        optimizer={"max_steps": 1, "batch": 8, "accumulation": 1},
    )
    ours = Examples(examples.codec, recipe.media, loud_rows)
    right = measure_alignment(recipe, ours, rotate=False)
    assert (right["ratio"] - 1).abs().max() == 0
    assert (right["batched"] - right["single"]).abs().max() < 1e-5
    assert (right["batched"] - right["bare"]).abs().max() > 0.05


def test_clips_one_place_off_are_noticed(make_recipe, examples, small_rows):
    """Equally long clips, so that nothing but the numbers tells."""
    from ugcbench_train.trainers.examples import Examples

    rows = [small_rows[0], small_rows[2]] * 2
    recipe = make_recipe(
        "grpo",
        grpo={"group": 2, "iterations": 2, "max_caption_tokens": 8},
        optimizer={"max_steps": 1, "batch": 8, "accumulation": 1},
    )
    wrong = measure_alignment(recipe, Examples(examples.codec, recipe.media, rows), rotate=True)
    assert (wrong["ratio"] - 1).abs().max() > 1e-3


def listen(recipe, examples, reward=count_letters, kind=None):
    """Train and return the log and the trainer."""
    trainer = make_trainer(recipe, examples, reward, kind)
    trainer.train()
    return [entry for entry in trainer.state.log_history if "reward" in entry], trainer


@pytest.mark.parametrize("lora", [None, {"rank": 4, "dropout": 0.0}])
def test_the_reference_is_the_model_that_was_begun_with(make_recipe, examples, lora):
    """For full weights it is loaded anew by the right class, else it is the model without adapters.

    Gradient checkpointing and several updates from the same completions are on.
    """
    recipe = make_recipe(
        "grpo",
        grpo={"group": 4, "beta": 0.04, "iterations": 2, "max_caption_tokens": 8},
        optimizer={
            "max_steps": 4,
            "batch": 4,
            "accumulation": 2,
            "learning_rate": 1e-2,
            "warmup": 0,
        },
        tuning={"gradient_checkpointing": True, "lora": lora},
    )
    log, trainer = listen(recipe, examples)
    distances = [entry["kl"] for entry in log]
    assert distances[0] == pytest.approx(0, abs=1e-9)
    assert distances[-1] > 1e-4
    if lora is None:
        assert type(trainer.ref_model) is type(trainer.model)
        assert not any(
            each.requires_grad and each.grad is not None for each in trainer.ref_model.parameters()
        )


def test_media_tokens_are_never_sampled(make_recipe, examples):
    """Even by a model that would draw little else."""
    import torch

    media = list(examples.codec.media_tokens)
    sampled = []

    def note(completions, completion_ids, **columns):
        sampled.extend(token for tokens in completion_ids for token in tokens)
        return [0.0 for _ in completions]

    recipe = make_recipe(
        "grpo",
        grpo={"group": 4, "max_caption_tokens": 8},
        optimizer={"max_steps": 1, "batch": 4},
    )
    trainer = make_trainer(recipe, examples, note)
    head = trainer.model.get_output_embeddings().weight
    with torch.no_grad():
        head[media] = 20 * head[media].sign() * head.abs().max()
    trainer.train()
    assert sampled
    assert not set(sampled) & set(media)


def test_rewards_see_what_the_evaluation_would_read(make_recipe, examples):
    read = []

    def note(completions, completion_ids, caption, id, **columns):  # noqa: A002
        captions = {row.id: row.caption for row in examples.rows}
        assert caption == [captions[each] for each in id]
        read.extend(zip(completions, completion_ids, strict=True))
        return [None for _ in completions]

    recipe = make_recipe(
        "grpo",
        grpo={"group": 2, "max_caption_tokens": 8},
        optimizer={"max_steps": 1, "batch": 4},
    )
    trainer = make_trainer(recipe, examples, note)
    before = {name: each.clone() for name, each in trainer.model.state_dict().items()}
    trainer.train()
    assert all(text == examples.codec.decode(tokens) for text, tokens in read)
    entry = next(entry for entry in trainer.state.log_history if "grad_norm" in entry)
    assert entry["grad_norm"] == pytest.approx(0, abs=1e-6), (
        "nothing was scored, nothing is learned"
    )
    assert before.keys() == trainer.model.state_dict().keys()


def test_the_papers_advantages_reach_the_loss(make_recipe, examples):
    import torch

    from ugcbench_train.trainers.advantages import weigh_by_softmax
    from ugcbench_train.trainers.grpo import GroupTrainer

    seen = []

    class Noted(GroupTrainer):
        def _generate_and_score_completions(self, inputs):
            made = super()._generate_and_score_completions(inputs)
            seen.append((self._rewards[:, 0], made["advantages"]))
            return made

    recipe = make_recipe(
        "grpo",
        grpo={
            "group": 4,
            "max_caption_tokens": 12,
            "advantage": "softmax",
            "tau": 0.5,
            "loss": "dr_grpo",
        },
        optimizer={"max_steps": 1, "batch": 8},
    )
    _, _ = listen(recipe, examples, kind=Noted)
    ((rewards, advantages),) = seen
    assert torch.equal(advantages, weigh_by_softmax(rewards, 4, tau=0.5, centred=True))
    assert advantages.abs().max() > 0
