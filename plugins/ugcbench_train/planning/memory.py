"""How much memory of each GPU will a training take?

A sum of what must lie there at once, by the rules of thumb of Rajbhandari et al. 2020 (ZeRO) and
Korthikanti et al. 2022 (activations); a fifth more or less is nothing unusual. Nothing is measured.
"""

from __future__ import annotations

from collections.abc import Mapping

from ugcbench.types import Frozen
from ugcbench_train.planning.sizes import ModelSize
from ugcbench_train.recipe import Recipe

GIB = 1 << 30
RESERVE = 2.0
"""GiB for the CUDA context, kernels and what the allocator can't use."""

SHARDED: Mapping[str, frozenset[str]] = {
    "single": frozenset(),
    "ddp": frozenset(),
    "zero2": frozenset({"gradients", "optimizer"}),
    "zero3": frozenset({"weights", "reference", "gradients", "optimizer"}),
    "fsdp": frozenset({"weights", "reference", "gradients", "optimizer"}),
}
"""What each strategy shares out among the processes."""


class Memory(Frozen):
    """GiB of each GPU.

    `reference` is the second copy of the weights for the KL of GRPO, `activations` what is kept of
    the forward pass for the backward one, `logits` the scores of the vocabulary, `cache` the keys
    and values while captions are sampled, which are gone before the backward pass begins.
    """

    weights: float
    reference: float
    gradients: float
    optimizer: float
    activations: float
    logits: float
    cache: float
    reserve: float = RESERVE

    @property
    def total(self) -> float:
        """The most that is needed at once."""
        standing = self.weights + self.reference + self.gradients + self.optimizer + self.reserve
        return standing + max(self.activations + self.logits, self.cache)


def estimate_memory(recipe: Recipe, size: ModelSize, prompt: int, caption: int) -> Memory:
    """The memory for prompts of `prompt` tokens and captions of `caption` tokens, the longest."""
    computed = 4 if recipe.tuning.precision == "float32" else 2
    trained = count_trained(recipe, size)
    deepspeed = recipe.launch.strategy.startswith("zero") and computed == 2
    # What moves is held in single precision; DeepSpeed counts that copy among its states.
    held = computed if deepspeed or recipe.tuning.lora is not None else 4
    moving = computed if deepspeed else 4
    second = recipe.stage == "grpo" and recipe.grpo.beta > 0 and recipe.tuning.lora is None
    batch = recipe.optimizer.batch
    amounts: dict[str, float] = {
        "weights": size.parameters * held,
        "reference": size.parameters * held if second else 0,
        "gradients": trained * moving,
        "optimizer": trained * (12 if deepspeed else 8),
        "activations": batch * (prompt + caption) * _bytes_per_token(recipe, size),
        # Scores, the same in single precision, and their gradient.
        "logits": batch * caption * size.vocabulary * (computed + 4 + 4),
        "cache": _sampled(recipe) * (prompt + caption) * _keys_and_values(size) * computed,
    }
    shared = SHARDED[recipe.launch.strategy]
    for name in shared:
        amounts[name] /= recipe.launch.processes
    return Memory(**{name: round(amount / GIB, 2) for name, amount in amounts.items()})


def count_trained(recipe: Recipe, size: ModelSize) -> int:
    """The number of parameters that move."""
    if recipe.tuning.lora is not None:
        return size.adapters(recipe.tuning.lora.rank)
    frozen = {"vision": size.vision, "audio": size.audio}
    return size.parameters - sum(frozen[tower] for tower in recipe.tuning.freeze)


def _bytes_per_token(recipe: Recipe, size: ModelSize) -> int:
    """What the forward pass keeps of a token.

    With checkpoints, each layer's input and all of one layer; attention never keeps its square.
    """
    layer = 20 * size.hidden + 8 * size.intermediate
    if recipe.tuning.gradient_checkpointing:
        return size.layers * 2 * size.hidden + layer
    return size.layers * layer


def _sampled(recipe: Recipe) -> int:
    """Captions that are sampled at once on one device."""
    return recipe.optimizer.batch * recipe.optimizer.accumulation if recipe.stage == "grpo" else 0


def _keys_and_values(size: ModelSize) -> int:
    """How many numbers are kept of a token while the next ones are sampled."""
    return 2 * size.layers * size.keys
