"""How many steps will a stage take?"""

from __future__ import annotations

import math

from ugcbench_train.recipe import Recipe


def count_steps(recipe: Recipe, rows: int) -> int:
    """The optimiser's steps for so many rows.

    SFT ends an epoch with a smaller step where rows are left over; GRPO leaves over the rows that
    don't fill a step.
    """
    optimizer = recipe.optimizer
    per_step = recipe.rows_per_step
    if recipe.stage == "sft":
        batches = math.ceil(rows / (optimizer.batch * recipe.launch.processes))
        each = math.ceil(batches / optimizer.accumulation)
    else:
        prompts = per_step // recipe.grpo.group
        each = rows // prompts * recipe.grpo.iterations
    steps = math.ceil(each * optimizer.epochs)
    return min(steps, optimizer.max_steps or steps)


def count_completions(recipe: Recipe, steps: int) -> int:
    """The captions that GRPO samples, and has judged, in so many steps."""
    return math.ceil(steps / recipe.grpo.iterations) * recipe.rows_per_step
