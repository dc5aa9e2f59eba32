"""What do a recipe's settings mean to ms-swift?

Names and defaults are those of ms-swift 4.6; what a recipe says is always typed out, since many of
its defaults differ (it freezes the towers, shortens prompts from the left, takes the model's own
length limit).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ugcbench.errors import UsageError
from ugcbench.types import MediaProfile
from ugcbench_train.recipe import Recipe

REWARD = "ugc"
"""The name under which ms-swift knows and logs the reward."""

TEMPLATE = "ugcbench_qwen2_5_omni"
ARCHITECTURE = "qwen2_5_omni"
"""The kind of model, in ms-swift's own words."""

PRECISIONS = ("float32", "bfloat16", "float16")
TOWERS = {"vision": "thinker.visual", "audio": "thinker.audio_tower"}

Arguments = Mapping[str, Any]


def refuse_unsupported(recipe: Recipe) -> None:
    """Raise `UsageError` for a setting that ms-swift lacks or would take in another sense."""
    for wrong, why in _unsupported(recipe):
        if wrong:
            raise UsageError(f"ms-swift can't train this recipe: {why}")


def _unsupported(recipe: Recipe) -> Iterator[tuple[bool, str]]:
    grpo = recipe.grpo
    if recipe.stage == "grpo":
        yield (
            grpo.advantage != "grpo",
            "it has no softmax advantages; say grpo.advantage=grpo, or train with TRL",
        )
        yield (
            grpo.rollouts != "transformers",
            f"with grpo.rollouts={grpo.rollouts} it gives vLLM the sound and the pictures in "
            "another order than the loss; say grpo.rollouts=transformers, or train with TRL",
        )
    else:
        yield (
            recipe.sft.normalisation != "tokens",
            "it knows only the mean over tokens; say sft.normalisation=tokens, or train with TRL",
        )
    yield (
        recipe.launch.strategy == "fsdp",
        "launch.strategy=fsdp isn't translated; say ddp, zero2 or zero3",
    )
    yield (
        recipe.tuning.lora is not None and len(set(recipe.tuning.freeze)) == 1,
        "with adapters it leaves out both towers or none; say tuning.freeze=[vision, audio] or []",
    )


def make_arguments(recipe: Recipe, model: str) -> dict[str, Any]:
    """The arguments of `swift sft` or `swift rlhf` by name; values as `spell` takes them.

    `model` is a checkpoint's directory or its id on the hub. Those of the exported files are not
    among them.
    """
    return {
        **({"rlhf_type": "grpo"} if recipe.stage == "grpo" else {}),
        **_model(recipe, model),
        **_data(recipe),
        **_tuning(recipe),
        **_optimizer(recipe),
        **(_grpo(recipe) if recipe.stage == "grpo" else {}),
        **_records(recipe),
    }


def make_environment(recipe: Recipe, profile: MediaProfile) -> dict[str, str]:
    """The environment variables by which ms-swift is set up beside its arguments.

    Frames and sound come from ugcbench's own reader. The profile's numbers stand there for what
    ms-swift reads by itself, such as `swift infer` on the checkpoint.
    """
    found = {
        "USE_HF": "1",
        "USE_AUDIO_IN_VIDEO": str(recipe.media.audio),  # ms-swift's default is off, in silence
        "ENABLE_AUDIO_OUTPUT": "0",
        "FPS": f"{profile.fps:g}",
        "FPS_MIN_FRAMES": "2",
        "FPS_MAX_FRAMES": str(profile.max_frames),
        "VIDEO_MIN_PIXELS": str(profile.factor**2),
        "VIDEO_MAX_PIXELS": str(profile.max_pixels),
    }
    if recipe.launch.processes > 1:
        found["NPROC_PER_NODE"] = str(recipe.launch.processes)
    if "wandb" in recipe.logging.to:
        found["WANDB_PROJECT"] = recipe.logging.project
    return found


def spell(arguments: Arguments) -> list[str]:
    """A command line's words: lists become several, truth values `true` and `false`."""
    words: list[str] = []
    for name, value in arguments.items():
        values = value if isinstance(value, list | tuple) else [value]
        words += [f"--{name}", *(str(v).lower() if isinstance(v, bool) else str(v) for v in values)]
    return words


def _model(recipe: Recipe, model: str) -> Arguments:
    found: dict[str, Any] = {"model": model, "model_type": ARCHITECTURE, "template": TEMPLATE}
    if recipe.path is None and recipe.revision is not None:
        found["model_revision"] = recipe.revision
    if (precision := recipe.tuning.precision) in PRECISIONS:
        found |= {
            "torch_dtype": precision,
            "bf16": precision == "bfloat16",
            "fp16": precision == "float16",
        }
    return found


def _data(recipe: Recipe) -> Arguments:
    """Rows that don't fit were left out before; what is found nevertheless isn't shortened."""
    caption = recipe.sft.max_caption_tokens if recipe.stage == "sft" else 0
    return {
        "split_dataset_ratio": 0,
        "load_from_cache_file": False,
        "max_length": recipe.media.max_prompt_tokens + caption,
        "truncation_strategy": "delete",
        "strict": True,  # else another row stands in for one that fails, in silence
        "data_seed": recipe.seed,
        "seed": recipe.seed,
    }


def _tuning(recipe: Recipe) -> Arguments:
    tuning = recipe.tuning
    both = set(tuning.freeze) == set(TOWERS)
    found: dict[str, Any] = {
        "tuner_type": "full" if tuning.lora is None else "lora",
        "freeze_vit": both,
        "freeze_aligner": both,
        "gradient_checkpointing": tuning.gradient_checkpointing,
    }
    if tuning.freeze and not both:
        found["freeze_parameters"] = [TOWERS[tower] for tower in tuning.freeze]
    if (lora := tuning.lora) is not None:
        targets = lora.targets if isinstance(lora.targets, str) else list(lora.targets)
        found |= {
            "lora_rank": lora.rank,
            "lora_alpha": f"{lora.alpha:g}",
            "lora_dropout": lora.dropout,
            "target_modules": targets,
        }
    return found


def _optimizer(recipe: Recipe) -> Arguments:
    optimizer = recipe.optimizer
    found: dict[str, Any] = {
        "learning_rate": optimizer.learning_rate,
        "lr_scheduler_type": optimizer.schedule,
        "warmup_ratio": optimizer.warmup,
        "weight_decay": optimizer.weight_decay,
        "num_train_epochs": f"{optimizer.epochs:g}",
        "per_device_train_batch_size": optimizer.batch,
        "gradient_accumulation_steps": optimizer.accumulation,
        "max_grad_norm": optimizer.max_grad_norm,
    }
    if optimizer.max_steps is not None:
        found["max_steps"] = optimizer.max_steps
    if recipe.launch.strategy in ("zero2", "zero3"):
        found["deepspeed"] = recipe.launch.strategy
    return found


def _grpo(recipe: Recipe) -> Arguments:
    grpo = recipe.grpo
    return {
        "reward_funcs": REWARD,
        "num_generations": grpo.group,
        "temperature": grpo.temperature,
        "top_p": grpo.top_p,
        "max_completion_length": grpo.max_caption_tokens,
        "beta": grpo.beta,
        "loss_type": grpo.loss,
        "epsilon": grpo.epsilon,
        "num_iterations": grpo.iterations,
        "use_vllm": False,
        "log_completions": True,
    }


def _records(recipe: Recipe) -> Arguments:
    saving = recipe.saving
    found: dict[str, Any] = {
        "output_dir": str(recipe.output),
        "add_version": False,
        "save_strategy": "steps",
        "save_steps": saving.every,
        "eval_strategy": "no",
        "logging_steps": recipe.logging.every,
        "report_to": list(recipe.logging.to) or "none",
    }
    if saving.keep is not None:
        found["save_total_limit"] = saving.keep
    return found
