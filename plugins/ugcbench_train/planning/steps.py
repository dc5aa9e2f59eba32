"""How many steps will a stage take?"""

from __future__ import annotations

import math

from ugcbench.errors import UsageError
from ugcbench_train.recipe import Recipe


def count_steps(recipe: Recipe, rows: int) -> int:
    """The optimiser's steps for so many rows, 0 if they don't fill a single one.

    `max_steps` stands in place of `epochs`, as it does in TRL and ms-swift.
    """
    each = count_steps_of_epoch(recipe, rows)
    optimizer = recipe.optimizer
    return optimizer.max_steps or math.ceil(each * optimizer.epochs) if each else 0


def check_steps(recipe: Recipe, rows: int) -> None:
    """Raise `UsageError` if so many rows don't fill a step."""
    if not count_steps(recipe, rows):
        raise UsageError(
            f"{rows} rows don't fill one step, which takes {recipe.rows_per_step} completions, "
            f"{recipe.grpo.group} of a row; take more rows, or a smaller optimizer.batch or "
            "optimizer.accumulation"
        )


def count_steps_of_epoch(recipe: Recipe, rows: int) -> int:
    """The steps in which every row is taken once.

    SFT ends an epoch with a smaller step where rows are left over; GRPO leaves over the rows that
    don't fill a step.
    """
    if recipe.stage == "grpo":
        return rows // (recipe.rows_per_step // recipe.grpo.group) * recipe.grpo.iterations
    batches = math.ceil(rows / (recipe.optimizer.batch * recipe.launch.processes))
    return math.ceil(batches / recipe.optimizer.accumulation)


def count_completions(recipe: Recipe, steps: int) -> int:
    """The captions that GRPO samples, and has judged, in so many steps."""
    return math.ceil(steps / recipe.grpo.iterations) * recipe.rows_per_step
