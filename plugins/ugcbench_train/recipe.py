"""What is to be trained, on what, and how?

A recipe is one YAML file; `ugcbench_train.recipe_files` reads it. What the paper states stands as a
default here; what it leaves open is marked `assumed` in the recipes that come with the package,
with the source of the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationInfo,
    model_validator,
)

from ugcbench.models import Price
from ugcbench.types import Frozen

Share = Annotated[float, Field(ge=0, le=1)]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
Stage = Literal["sft", "grpo"]


class Typed(str):
    """A text from the command line: as a path it starts from the working directory."""

    __slots__ = ()


def _locate(path: object, info: ValidationInfo) -> object:
    """A relative path from the folder that the context names, if it names one."""
    folder = (info.context or {}).get("folder")
    if folder is None or not isinstance(path, str | Path):
        return path
    return Path(Path.cwd() if isinstance(path, Typed) else folder, Path(path).expanduser())


def _locate_if_there(name: str, info: ValidationInfo) -> str:
    """The same for what is a path only if it exists, else a registered name."""
    path = _locate(name, info)
    return str(path) if isinstance(path, Path) and path.exists() else name


File = Annotated[Path, BeforeValidator(_locate)]
"""A path that, if relative, starts from the recipe's folder."""

NameOrPath = Annotated[str, AfterValidator(_locate_if_there)]
"""A registered name, or a path."""


class Data(Frozen):
    """Which clips and captions are trained on.

    `train` is a file of rows (the package's own schema, or the official `sft_1k.jsonl` and
    `grpo_1k.jsonl`), `media` the folder in which clips lie that a row names otherwise. Of it the
    first `limit` rows in a seeded order are taken, so that 1k is part of 10k and of 20k. `test`
    are datasets, by name or path, that must have no clip in common with it, `apart_from` files of
    rows of another stage likewise.
    """

    train: File
    media: File | None = None
    limit: PositiveInt | None = None
    test: tuple[NameOrPath, ...] = ("ugc-videocap",)
    apart_from: tuple[File, ...] = ()
    max_skipped: Share = 0.05
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
    """Steps: `batch` rows a device, `accumulation` of them a step; `max_steps`, if given, is their
    number, whatever `epochs` says.
    """

    learning_rate: PositiveFloat = 1e-5
    schedule: Literal["cosine", "linear", "constant", "constant_with_warmup"] = "cosine"
    warmup: Share = 0.05
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
    completions among the last `window` exceeds `max_unscored`. A task of weight 0 is scored and
    logged, and not paid for. `options` are the tasks' own by task name, such as the length's
    `unit`. `concurrency`, `requests_per_minute` and `max_cost` (US dollars, with the judge's
    `prices`) hold for all processes together.
    """

    weights: Mapping[str, float] = {"ugc/reward/omni": 5.0, "ugc/reward/length": 1.0}
    options: Mapping[str, Mapping[str, Any]] = {}
    judge: str | None = "gemini/gemini-2.5-flash"
    judge_options: Mapping[str, Any] = {}
    protocol: str = "v1"
    concurrency: PositiveInt = 64
    requests_per_minute: PositiveFloat | None = None
    attempts: PositiveInt = 5
    timeout: PositiveFloat = 300.0
    max_cost: NonNegativeFloat | None = None
    prices: Mapping[str, Price] = {}
    max_unscored: Share = 0.1
    window: PositiveInt = 256
    known_verdicts: tuple[File, ...] = ()
    """Runs, or rewards of other trainings, whose stored verdicts need not be asked for again."""


class Evaluation(Frozen):
    """A seeded, stratified part of a dataset that is evaluated every so many steps."""

    every: PositiveInt
    dataset: NameOrPath = "ugc-videocap"
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

    stage: Stage
    model: str = "qwen2.5-omni-3b"
    path: File | None = None
    revision: str | None = None
    output: File
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
        if self.stage == "grpo" and self.rows_per_step % self.grpo.group:
            raise ValueError(
                f"a step has {self.rows_per_step} completions (optimizer.batch x accumulation x "
                f"launch.processes), which is no multiple of grpo.group={self.grpo.group}"
            )
        if self.stage == "grpo" and not self.rewards.weights:
            raise ValueError("rewards.weights names no task, so there is nothing to learn from")
        if self.launch.processes > 1 and self.launch.strategy == "single":
            raise ValueError(
                f"launch.strategy=single is one process, not {self.launch.processes}: say ddp, "
                "zero2, zero3 or fsdp"
            )
        return self

    @property
    def rows_per_step(self) -> int:
        """Captions, or with GRPO sampled completions, that an optimiser's step learns from."""
        return self.optimizer.batch * self.optimizer.accumulation * self.launch.processes

    @property
    def checkpoint(self) -> str:
        """What is trained, in words: the directory, or the model's name and revision."""
        at = f"@{self.revision}" if self.revision else ""
        return f"{self.model}{at}" if self.path is None else f"{self.path} ({self.model})"
