"""How does a model learn from the rewards of groups of its own captions?

TRL (1.16) brings pictures to the rollout and to the loss, but neither video nor sound, and says
nothing. Here every row's clip travels beside its tokens as an item of a list, which TRL permutes
and slices as it does tensors, and is added to the model's inputs at the last moment.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from trl import GRPOTrainer
from trl.models.utils import prepare_deepspeed, prepare_fsdp
from trl.trainer.utils import add_fused_lm_head

from ugcbench.codecs import Codec, Example
from ugcbench_train.recipe import GRPO
from ugcbench_train.trainers.advantages import combine_rewards, weigh_by_softmax
from ugcbench_train.trainers.checkpoints import Resumable
from ugcbench_train.trainers.examples import Examples
from ugcbench_train.trainers.passes import scoring_last_token_only, to_device
from ugcbench_train.trainers.rollouts import ClipRollouts

CLIPS = "clips"
"""The name under which a batch's examples travel."""


class GroupTrainer(Resumable, GRPOTrainer):  # type: ignore[misc]
    """TRL's trainer for rows with clips.

    The dataset has the columns of `ugcbench_train.rows.Row` and the row's number as `row`.
    Completions reach the rewards as the evaluation decodes them, and `completions`, if given, as
    one file of JSON Lines a step.
    """

    def __init__(
        self,
        *,
        examples: Examples,
        keep: int | None,
        settings: GRPO,
        completions: Path | None = None,
        **options: Any,  # noqa: ANN401
    ) -> None:
        self.codec, self.keep = examples.codec, keep
        self._examples, self._settings, self._completions = examples, settings, completions
        self._numbers: list[int] = []
        self._clips: list[Example] = []
        self._rewards: torch.Tensor = torch.empty(0)
        self._rollouts: ClipRollouts | None = None
        super().__init__(processing_class=self.codec.processor, **options)
        self.beta = settings.beta
        if self.beta and not self._is_adapted:  # without its adapters, a model is the reference
            self.ref_model = self._load_reference()
        if self.use_vllm:
            self._rollouts = ClipRollouts(self.vllm_generation, examples)

    def _load_reference(self) -> Any:  # noqa: ANN401
        """The model that the training began with, frozen.

        TRL would make it by the class that the checkpoint's configuration names, which for a full
        Qwen2.5-Omni is the one that speaks too.
        """
        model = self.codec.load(str(self.model.dtype).removeprefix("torch."))
        add_fused_lm_head(model, temperature=self.temperature)
        if self.is_deepspeed_enabled:
            return prepare_deepspeed(model, self.accelerator)
        if self.is_fsdp_enabled:
            return prepare_fsdp(model, self.accelerator)
        return self.accelerator.prepare_model(model, evaluation_mode=True)

    # Data

    def _get_train_sampler(self, dataset: Any = None) -> Any:  # noqa: ANN401
        """TRL's sampler, with an order of its own for each epoch.

        TRL draws the orders one after another, so that a training gone on from its second epoch
        would begin with the order of the first again.
        """
        sampler = super()._get_train_sampler(dataset)
        sampler.set_epoch = lambda epoch: sampler.generator.manual_seed(self.args.seed + epoch)
        return sampler

    # Rollouts

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self._numbers = [row["row"] for row in inputs]
        read = {number: self._examples[number] for number in dict.fromkeys(self._numbers)}
        self._clips = [read[number] for number in self._numbers]
        made: dict[str, Any] = super()._generate_and_score_completions(inputs)
        made[CLIPS] = self._clips
        if self._settings.advantage == "softmax":
            made["advantages"] = self._weigh(len(inputs)).to(made["advantages"])
        return made

    def _tokenize_prompts(
        self, prompts: Sequence[Any]
    ) -> tuple[list[list[int]], None, dict[str, torch.Tensor]]:
        assert len(prompts) == len(self._clips)
        fields = self.codec.join(self._clips)
        tensors = {name: torch.as_tensor(value) for name, value in fields.items()}
        return [list(clip.tokens) for clip in self._clips], None, tensors

    def _generate_single_turn(self, prompt_ids: Any, *others: Any, **more: Any) -> Any:  # noqa: ANN401
        if self._rollouts is not None:
            with self._rollouts.about(self._numbers):
                return super()._generate_single_turn(prompt_ids, *others, **more)
        model = self.accelerator.unwrap_model(self.model)
        with self.accelerator.autocast(), scoring_last_token_only(model):
            return super()._generate_single_turn(prompt_ids, *others, **more)

    def _calculate_rewards(
        self,
        inputs: Any,  # noqa: ANN401
        prompts: Any,  # noqa: ANN401
        completions: Any,  # noqa: ANN401
        completion_ids_list: Sequence[Sequence[int]],
    ) -> torch.Tensor:
        texts = [self.codec.decode(tokens) for tokens in completion_ids_list]
        self._rewards = super()._calculate_rewards(inputs, prompts, texts, completion_ids_list)
        return self._rewards

    def _weigh(self, local: int) -> torch.Tensor:
        """The paper's advantages of this process's completions."""
        advantages = weigh_by_softmax(
            combine_rewards(self._rewards, self.reward_weights),
            self.num_generations if self.model.training else self.num_generations_eval,
            tau=self._settings.tau,
            centred=self._settings.centred,
        )
        first = self.accelerator.process_index * local
        return advantages[first : first + local]

    # Loss

    def _compute_loss(self, model: Any, inputs: Mapping[str, Any]) -> torch.Tensor:  # noqa: ANN401
        self._clips = inputs[CLIPS]
        loss: torch.Tensor = super()._compute_loss(model, inputs)
        return loss

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,  # noqa: ANN401
        input_ids: torch.Tensor,
        *others: Any,  # noqa: ANN401
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        assert len(self._clips) == len(input_ids), "clips and rows out of step"
        watching = _Watching(model, self.codec, self._clips)
        return super()._get_per_token_logps_and_entropies(watching, input_ids, *others, **more)

    # Log

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log a step's numbers, and its completions beside them."""
        if self._completions is not None and self.accelerator.is_main_process and "loss" in logs:
            self._completions.mkdir(parents=True, exist_ok=True)
            file = self._completions / f"step-{self.state.global_step:06d}.jsonl"
            file.write_text("".join(self._lines()), encoding="utf-8")
        super().log(logs, start_time)

    def _lines(self) -> Iterator[str]:
        """The latest generation's completions with their rewards, advantages and reward's notes."""
        logged = self._logs
        columns = {
            "prompt": logged["prompt"],
            "completion": logged["completion"],
            **{f"reward/{name}": values for name, values in logged["rewards"].items()},
            **logged["extra"],
            "advantage": logged["advantages"],
        }
        for values in zip(*columns.values(), strict=False):
            line = {name: _number(value) for name, value in zip(columns, values, strict=True)}
            yield json.dumps(line, ensure_ascii=False, default=str) + "\n"


class _Watching:
    """Stands for the model in a loop over slices of a batch, and adds their clips."""

    def __init__(self, model: Any, codec: Codec, clips: Sequence[Example]) -> None:  # noqa: ANN401
        self._model, self._codec, self._clips = model, codec, clips

    def __call__(self, *, input_ids: torch.Tensor, **inputs: Any) -> Any:  # noqa: ANN401
        """The model's output for the next rows."""
        clips, self._clips = self._clips[: len(input_ids)], self._clips[len(input_ids) :]
        return self._model(
            input_ids=input_ids, **inputs, **to_device(self._codec.join(clips), input_ids.device)
        )


def _number(value: object) -> object:
    """None for what JSON has no number for: a reward that is missing."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
