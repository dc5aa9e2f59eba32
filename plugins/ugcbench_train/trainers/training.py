"""How does one stage of a training run, from rows to a directory that the evaluation loads?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accelerate.utils import gather_object
from datasets import Dataset
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from ugcbench.codecs import Codec
from ugcbench.errors import UsageError
from ugcbench.plugins import Registry
from ugcbench_train.planning.steps import check_steps
from ugcbench_train.recipe import Recipe
from ugcbench_train.rows import Row
from ugcbench_train.trainers import guards, settings
from ugcbench_train.trainers.checkpoints import drop_incomplete, export, find_last
from ugcbench_train.trainers.examples import Examples, Survey, open_codec, survey
from ugcbench_train.trainers.grpo import GroupTrainer
from ugcbench_train.trainers.sft import CaptionTrainer

CHECKED = 4
"""Rows whose labels are read back."""


def train(
    recipe: Recipe,
    rows: Sequence[Row],
    *,
    reward: Any = None,  # noqa: ANN401
    callbacks: Sequence[TrainerCallback] = (),
    resume: bool = False,
    registry: Registry | None = None,
) -> Path:
    """Train as the recipe says; returns `<output>/final`, which the evaluation loads.

    `rows` hold paths of clips that can be opened from here. `reward` is TRL's reward function, for
    GRPO. A callback that has a method `watch` gets the trainer by it,
    and adds itself. With `resume`, the last
    complete checkpoint under `<output>/checkpoints` is gone on from. Every process of a
    distributed training calls this.

    Raises:
        UsageError: something of the recipe doesn't fit together.
        PreflightError: a check before the first step failed, and nothing was trained.
        FatalModelError: the model can't be loaded, or would get another clip than the evaluation.
        RunError: a checkpoint can't be written; the earlier ones are as they were.

    """
    guards.check_rows(recipe, rows)
    if (recipe.stage == "grpo") != (reward is not None):
        raise UsageError("GRPO needs a reward function, and SFT takes none")
    codec = open_codec(recipe, registry)
    arguments = _make_arguments(recipe, codec)
    start = _find_start(recipe, arguments, resume=resume)
    found = _survey(recipe, codec, rows, arguments)
    examples = Examples(codec, recipe.media, found.usable)
    guard = _check(recipe, examples, found)
    with settings.reporting_to(recipe):
        trainer = _make_trainer(recipe, examples, arguments, reward)
        trainer.remove_callback(PrinterCallback)
        for callback in callbacks:
            if hasattr(callback, "watch"):
                callback.watch(trainer)
            else:
                trainer.add_callback(callback)
        guard.watch(trainer)
        trainer.train(resume_from_checkpoint=None if start is None else str(start))
    return _finish(recipe, trainer, codec)


def _make_arguments(recipe: Recipe, codec: Codec) -> TrainingArguments:
    if recipe.stage == "sft":
        return settings.make_sft_config(recipe)
    arguments = settings.make_grpo_config(recipe, codec.media_tokens)
    guards.check_bans(arguments.generation_kwargs, codec)
    return arguments


def _find_start(recipe: Recipe, arguments: TrainingArguments, *, resume: bool) -> Path | None:
    """The checkpoint to go on from, if any; raises `UsageError` if one would be lost."""
    folder = settings.checkpoints_folder(recipe)
    last = find_last(folder)
    if last is not None and not resume:
        raise UsageError(
            f"{folder} holds {last.name} of an earlier training; say --resume to go on from it, or "
            "take another output"
        )
    with arguments.main_process_first(desc="clearing what was cut off"):
        if arguments.should_save:
            drop_incomplete(folder)
    return last


def _survey(
    recipe: Recipe, codec: Codec, rows: Sequence[Row], arguments: TrainingArguments
) -> Survey:
    """What was found about all rows; each process looks at its part of them."""
    count, number = arguments.world_size, arguments.process_index
    found = survey(
        Examples(codec, recipe.media, rows),
        recipe,
        file=recipe.output / "survey.json",
        share=gather_object if count > 1 else None,
        part=slice(len(rows) * number // count, len(rows) * (number + 1) // count),
    )
    found.check(recipe.data.max_skipped)
    check_steps(recipe, len(found.usable))
    return found


def _check(recipe: Recipe, examples: Examples, found: Survey) -> guards.MediaGuard:
    """The checks before a model is there; returns the one for when it is."""
    guards.check_sound(recipe, found)
    usable = [finding for finding in found.findings if finding.problem is None]
    sounding = next((number for number, each in enumerate(usable) if each.heard), 0)
    for number in {0, sounding}:
        guards.check_example(examples, number)
    if recipe.stage == "sft":
        guards.check_labels(examples, range(len(usable))[:CHECKED])
    return guards.MediaGuard(examples, sounding)


def _make_trainer(
    recipe: Recipe,
    examples: Examples,
    arguments: TrainingArguments,
    reward: Any,  # noqa: ANN401
) -> Trainer:
    codec = examples.codec
    model = codec.load(settings.find_weights_type(recipe))
    for part in recipe.tuning.freeze:
        model.get_submodule(codec.parts[part]).requires_grad_(False)
    shared: dict[str, Any] = {
        "model": model,
        "args": arguments,
        "examples": examples,
        "keep": recipe.saving.keep,
        "train_dataset": make_dataset(examples.rows),
        "peft_config": settings.make_lora_config(recipe, codec),
    }
    if recipe.stage == "sft":
        return CaptionTrainer(normalisation=recipe.sft.normalisation, **shared)
    return GroupTrainer(
        reward_funcs=reward,
        settings=recipe.grpo,
        completions=recipe.output / "completions",
        **shared,
    )


def make_dataset(rows: Sequence[Row]) -> Dataset:
    """The rows' columns as the rewards get them, and their numbers."""
    columns = [row.model_dump(exclude={"provenance"}) for row in rows]
    return Dataset.from_list([{"row": number, **row} for number, row in enumerate(columns)])


def _finish(recipe: Recipe, trainer: Trainer, codec: Codec) -> Path:
    """Make the last checkpoint one that the evaluation loads."""
    final = recipe.output / "final"
    if trainer.args.should_save:
        last = find_last(settings.checkpoints_folder(recipe))
        assert last is not None, "the last step is always saved"
        export(codec, last, final)
    trainer.accelerator.wait_for_everyone()
    return final
