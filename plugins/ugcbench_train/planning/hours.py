"""How long will a training take on a GPU of today?

Arithmetic is six operations for each trained parameter and token, two more where the forward pass
is made again (gradient checkpointing); sampling is bound by the reading of weights. Source: Kaplan
et al. 2020, section 2.1.
"""

from __future__ import annotations

from ugcbench.types import Frozen
from ugcbench_train.planning.sizes import ModelSize
from ugcbench_train.recipe import Recipe

USED_FLOPS = 0.3 * 989e12
"""Operations a second of an H100 in bfloat16, at the share of its peak that such runs reach."""

SECONDS_PER_TOKEN = 0.03
"""For the next token of all rows of a batch, by transformers on one GPU; vLLM is faster."""


class Hours(Frozen):
    """Hours of wall time: `learning` for the steps, `sampling` for the captions of GRPO."""

    learning: float
    sampling: float

    @property
    def total(self) -> float:
        """Both, one after the other."""
        return self.learning + self.sampling


def estimate_hours(recipe: Recipe, size: ModelSize, steps: int, tokens: int, caption: int) -> Hours:
    """Hours for so many steps with `tokens` in all, and captions of `caption` tokens."""
    passes = 8 if recipe.tuning.gradient_checkpointing else 6
    if recipe.stage == "grpo":
        # The probabilities of the policy that sampled, and of the reference, are computed too.
        passes += 2 + (2 if recipe.grpo.beta > 0 else 0)
    learning = passes * size.language * tokens / USED_FLOPS / recipe.launch.processes
    sampled = steps / recipe.grpo.iterations if recipe.stage == "grpo" else 0
    sampling = sampled * caption * SECONDS_PER_TOKEN
    return Hours(learning=round(learning / 3600, 4), sampling=round(sampling / 3600, 4))
