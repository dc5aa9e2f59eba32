"""What is to be trained, on what, and how?

A recipe is one YAML file. What the paper states stands as a default here; what it leaves open is
marked `assumed` in the recipes that come with the package, with the source of the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic import model_validator

from ugcbench.types import Frozen

Share = float
Precision = Literal["auto", "float32", "bfloat16", "float16"]


class Data(Frozen):
    """Which clips and captions are trained on.

    `train` is a file of rows (the package's own schema, or the official `sft_1k.jsonl` and
    `grpo_1k.jsonl`), `media` the folder in which clips lie that a row names otherwise. Of it the
    first `limit` rows in a seeded order are taken, so that 1k is part of 10k and of 20k. `test`
    are datasets, by name or path, that must have no clip in common with it, `apart_from` files of
    rows of another stage likewise.
    """

    train: Path
    media: Path | None = None
    limit: PositiveInt | None = None
    test: tuple[str, ...] = ("ugc-videocap",)
    apart_from: tuple[Path, ...] = ()
    max_skipped: Share = Field(0.05, ge=0, le=1)
    """The largest share of rows that may be left out (unreadable clip, prompt too long)."""


class Media(Frozen):
    """What of a clip the model gets: the evaluation's own profile, and whether it hears."""

    profile: str = "paper"
    audio: bool = True
    max_prompt_tokens: PositiveInt = 8192


class LoRA(Frozen):
    """Low-rank adapters in place of full weights; see `peft.LoraConfig`."""

    rank: PositiveInt = 8
    alpha: PositiveFloat = 32
    dropout: NonNegativeFloat = 0.05
    targets: tuple[str, ...] | Literal["all-linear"] = "all-linear"


class Tuning(Frozen):
    """Which weights move: all, or adapters; towers that are frozen stay as they are."""

    lora: LoRA | None = None
    freeze: tuple[Literal["vision", "audio"], ...] = ()
    precision: Precision = "auto"
    gradient_checkpointing: bool = True


class Optimizer(Frozen):
    """Steps: `batch` rows a device, `accumulation` of them a step; `max_steps` ends before
    `epochs` does.
    """

    learning_rate: PositiveFloat = 1e-5
    schedule: Literal["cosine", "linear", "constant", "constant_with_warmup"] = "cosine"
    warmup: Share = Field(0.05, ge=0, le=1)
    weight_decay: NonNegativeFloat = 0.1
    epochs: PositiveFloat = 1
    max_steps: PositiveInt | None = None
    batch: PositiveInt = 1
    accumulation: PositiveInt = 16
    max_grad_norm: PositiveFloat = 1.0


class SFT(Frozen):
    """Teacher forcing on captions; longer ones are left out, and counted, never cut.

    `normalisation`: `tokens` is the mean over the step's caption tokens, `captions` the paper's sum
    over a caption's tokens, mean over captions (Eq. 1-2).
    """

    max_caption_tokens: PositiveInt = 1024
    normalisation: Literal["tokens", "captions"] = "tokens"


class GRPO(Frozen):
    """Groups of sampled captions, their rewards, and how these become advantages (Eq. 3).

    `advantage`: `grpo` is the reward's deviation from its group's mean in standard deviations,
    `softmax` the paper's weights with temperature `tau`, less their mean if `centred`. `loss` as
    in TRL; `dr_grpo` has exactly the gradient of Eq. 3. `rollouts`: transformers, or vLLM in the
    trainer's process (`vllm`) or as a server (`vllm-server`).
    """

    group: int = Field(8, ge=2)
    temperature: PositiveFloat = 1.0
    top_p: float = Field(1.0, gt=0, le=1)
    beta: NonNegativeFloat = 0.04
    loss: Literal["grpo", "dr_grpo", "dapo", "bnpo"] = "grpo"
    advantage: Literal["grpo", "softmax"] = "grpo"
    tau: PositiveFloat = 1.0
    centred: bool = True
    epsilon: PositiveFloat = 0.2
    iterations: PositiveInt = 1
    max_caption_tokens: PositiveInt = 1024
    rollouts: Literal["transformers", "vllm", "vllm-server"] = "transformers"
    vllm_options: Mapping[str, Any] = {}


class Rewards(Frozen):
    """The scorers of a completion by task name, each with its weight, and who judges.

    A score lies in [0, 1]; weight 5 gives a level from 1 to 5 back. The reward is the weighted sum;
    a completion of which any score is missing has none. The run stops where the share of such
    completions among the last `window` exceeds `max_unscored`.
    """

    weights: Mapping[str, float] = {"ugc/reward/omni": 5.0, "ugc/reward/length": 1.0}
    judge: str | None = "gemini/gemini-2.5-flash"
    judge_options: Mapping[str, Any] = {}
    protocol: str = "v1"
    concurrency: PositiveInt = 64
    requests_per_minute: PositiveFloat | None = None
    attempts: PositiveInt = 5
    timeout: PositiveFloat = 300.0
    max_unscored: Share = Field(0.1, ge=0, le=1)
    window: PositiveInt = 256
    known_verdicts: tuple[Path, ...] = ()
    """Runs, or rewards of other trainings, whose stored verdicts need not be asked for again."""


class Evaluation(Frozen):
    """A seeded, stratified part of a dataset that is evaluated every so many steps."""

    every: PositiveInt
    dataset: str = "ugc-videocap"
    tasks: str = "ugc/caption"
    subset: PositiveInt | None = 300
    judge: str | None = None
    judge_options: Mapping[str, Any] = {}
    protocol: str = "v1"
    concurrency: PositiveInt = 8


class Saving(Frozen):
    """Checkpoints: after how many steps, and how many of them stay."""

    every: PositiveInt = 100
    keep: PositiveInt | None = 3


class Logging(Frozen):
    """Where the curves go, every so many steps; completions are written beside them."""

    every: PositiveInt = 1
    to: tuple[Literal["tensorboard", "wandb"], ...] = ("tensorboard",)
    project: str = "ugcbench"


class Launch(Frozen):
    """On how many processes; `strategy` is one of the accelerate configurations of the package."""

    processes: PositiveInt = 1
    strategy: Literal["single", "ddp", "zero2", "zero3", "fsdp"] = "single"


class Recipe(Frozen):
    """One stage of a training.

    `model` is a registered model that can be trained, `path` a directory with a checkpoint in
    place of its published one, such as that of the stage before.
    """

    stage: Literal["sft", "grpo"]
    model: str = "qwen2.5-omni-3b"
    path: Path | None = None
    revision: str | None = None
    output: Path
    seed: NonNegativeInt = 0
    data: Data
    media: Media = Media()
    tuning: Tuning = Tuning()
    optimizer: Optimizer = Optimizer()
    sft: SFT = SFT()
    grpo: GRPO = GRPO()
    rewards: Rewards = Rewards()
    evaluation: Evaluation | None = None
    saving: Saving = Saving()
    logging: Logging = Logging()
    launch: Launch = Launch()
    backend: Literal["trl", "swift"] = "trl"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse what would fail hours later."""
        per_step = self.optimizer.batch * self.optimizer.accumulation * self.launch.processes
        if self.stage == "grpo" and per_step % self.grpo.group:
            raise ValueError(
                f"a step has {per_step} completions (batch x accumulation x processes), which is "
                f"no multiple of the group of {self.grpo.group}"
            )
        return self
