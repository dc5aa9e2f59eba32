"""For tests of group sampling: a trainer for the tiny model, and a reward without a judge."""

from __future__ import annotations

import math


def count_letters(completions, **columns):
    """A reward without a judge."""
    return [float(text.count("s")) for text in completions]


def make_trainer(recipe, examples, reward=count_letters, kind=None):
    from ugcbench_train.trainers import settings
    from ugcbench_train.trainers.grpo import GroupTrainer
    from ugcbench_train.trainers.training import make_dataset

    return (kind or GroupTrainer)(
        model=examples.codec.load(),
        args=settings.make_grpo_config(recipe, examples.codec.media_tokens),
        examples=examples,
        keep=None,
        settings=recipe.grpo,
        train_dataset=make_dataset(examples.rows),
        reward_funcs=reward,
        peft_config=settings.make_lora_config(recipe, examples.codec),
    )


def weigh_by_hand(rewards, tau):
    """K w for each reward of one group of K."""
    mean = sum(rewards) / len(rewards)
    spread = math.sqrt(sum((r - mean) ** 2 for r in rewards) / (len(rewards) - 1))
    powers = [math.exp((r - mean) / (spread + 1e-4) / tau) for r in rewards]
    return [len(rewards) * power / sum(powers) for power in powers]
