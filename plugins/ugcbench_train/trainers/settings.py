"""What do a recipe's settings mean to transformers, TRL and PEFT?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from peft import LoraConfig
from transformers import TrainingArguments
from trl import GRPOConfig, SFTConfig

from ugcbench.errors import UsageError
from ugcbench_train.recipe import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from ugcbench.codecs import Codec

CHECKPOINTING = next(
    name
    for name in ("activation_checkpointing", "gradient_checkpointing")
    if name in TrainingArguments.__dataclass_fields__
)
"""What transformers calls it; since 5.23 it has the first name."""

WAITING = 6 * 3600
"""Seconds that processes wait for one that surveys clips, evaluates or writes the trained model."""


def checkpoints_folder(recipe: Recipe) -> Path:
    """The folder with `checkpoint-<step>`."""
    return recipe.output / "checkpoints"


def find_precision(recipe: Recipe) -> str:
    """The type that is computed in; `auto` is bfloat16 where the GPU can, else float32."""
    chosen = recipe.tuning.precision
    if chosen != "auto":
        return chosen
    able = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return "bfloat16" if able else "float32"


def find_weights_type(recipe: Recipe) -> str:
    """The type that weights are held in.

    Weights that move are held in float32: a step of 1e-5 is lost in bfloat16. Under LoRA only the
    adapters move, and PEFT holds these in float32 by itself.
    """
    return "float32" if recipe.tuning.lora is None else find_precision(recipe)


def make_sft_config(recipe: Recipe) -> SFTConfig:
    """Teacher forcing; rows reach the collator as they are."""
    return SFTConfig(
        **_shared(recipe),
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        average_tokens_across_devices=True,
    )


def make_grpo_config(recipe: Recipe, media_tokens: tuple[int, ...]) -> GRPOConfig:
    """Group sampling in which no media token is ever drawn; the trainer itself adds `beta`."""
    grpo = recipe.grpo
    vllm = grpo.rollouts != "transformers"
    ban: Mapping[str, Any] = {"suppress_tokens": list(media_tokens)}
    if vllm:
        ban = {"logit_bias": dict.fromkeys(media_tokens, -100.0)}
    return GRPOConfig(
        **_shared(recipe),
        beta=0.0,
        num_generations=grpo.group,
        temperature=grpo.temperature,
        top_p=grpo.top_p,
        loss_type=grpo.loss,
        epsilon=grpo.epsilon,
        num_iterations=grpo.iterations,
        max_completion_length=grpo.max_caption_tokens,
        generation_kwargs=ban,
        use_bias_correction_kl=False,
        **(_vllm(recipe) if vllm else {}),
    )


def make_lora_config(recipe: Recipe, codec: Codec) -> LoraConfig | None:
    """Adapters, but in no part that is frozen."""
    lora = recipe.tuning.lora
    if lora is None:
        return None
    frozen = [re.escape(codec.parts[part]) for part in recipe.tuning.freeze]
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.targets if isinstance(lora.targets, str) else list(lora.targets),
        exclude_modules=rf"({'|'.join(frozen)})\..*" if frozen else None,
        task_type="CAUSAL_LM",
    )


@contextmanager
def reporting_to(recipe: Recipe) -> Iterator[None]:
    """Tell TensorBoard and W&B, which read the environment only, where the curves go."""
    wanted = {
        "TENSORBOARD_LOGGING_DIR": str(recipe.output / "tensorboard"),
        "WANDB_PROJECT": recipe.logging.project,
        "WANDB_DIR": str(recipe.output),
    }
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _shared(recipe: Recipe) -> dict[str, Any]:
    optimizer, precision = recipe.optimizer, find_precision(recipe)
    return {
        "output_dir": str(checkpoints_folder(recipe)),
        "run_name": recipe.output.name,
        "seed": recipe.seed,
        "learning_rate": optimizer.learning_rate,
        "lr_scheduler_type": optimizer.schedule,
        "warmup_steps": optimizer.warmup,
        "weight_decay": optimizer.weight_decay,
        "num_train_epochs": optimizer.epochs,
        "max_steps": optimizer.max_steps or -1,
        "per_device_train_batch_size": optimizer.batch,
        "gradient_accumulation_steps": optimizer.accumulation,
        "max_grad_norm": optimizer.max_grad_norm,
        CHECKPOINTING: recipe.tuning.gradient_checkpointing,
        f"{CHECKPOINTING}_kwargs": {"use_reentrant": False},
        "bf16": precision == "bfloat16",
        "fp16": precision == "float16",
        "use_cpu": not torch.cuda.is_available(),
        "logging_steps": recipe.logging.every,
        "report_to": list(recipe.logging.to),
        "save_strategy": "steps",
        "save_steps": _save_steps(recipe),
        "save_total_limit": None,  # the trainer itself drops old ones once a new one is complete
        "remove_unused_columns": False,
        "disable_tqdm": True,
        "log_level": "error",
        "log_level_replica": "error",
        "ddp_timeout": WAITING,
    }


def _save_steps(recipe: Recipe) -> int:
    """Steps between checkpoints, so that none falls between two steps on the same completions."""
    shared = recipe.grpo.iterations if recipe.stage == "grpo" else 1
    return -(-recipe.saving.every // shared) * shared


def _vllm(recipe: Recipe) -> dict[str, Any]:
    colocate = recipe.grpo.rollouts == "vllm"
    if colocate and recipe.grpo.vllm_options.get("tensor_parallel_size", 1) != 1:
        raise UsageError(
            "an engine in the trainer's process samples for that process only: leave "
            "tensor_parallel_size out of grpo.vllm_options, or say grpo.rollouts=vllm-server"
        )
    options = {f"vllm_{name}": value for name, value in recipe.grpo.vllm_options.items()}
    return {"use_vllm": True, "vllm_mode": "colocate" if colocate else "server", **options}
