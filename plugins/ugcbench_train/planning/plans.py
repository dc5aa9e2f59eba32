"""What will a stage do and take, as it can be shown before anything is spent?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from ugcbench.errors import MediaError
from ugcbench.estimates import CHARACTERS_PER_TOKEN
from ugcbench.models import Price
from ugcbench.plugins import Registry
from ugcbench.protocol import PROFILES, get_protocol
from ugcbench.types import Frozen
from ugcbench_train.planning.clip_tokens import count_all
from ugcbench_train.planning.hours import Hours, estimate_hours
from ugcbench_train.planning.memory import Memory, count_trained, estimate_memory
from ugcbench_train.planning.reward_tasks import make_reward_tasks
from ugcbench_train.planning.sizes import ModelSize, find_size
from ugcbench_train.planning.steps import count_completions, count_steps, count_steps_of_epoch
from ugcbench_train.planning.verdicts import Verdicts, estimate_verdicts
from ugcbench_train.recipe import Recipe
from ugcbench_train.rows import Row

TEMPLATE_TOKENS = 40
"""What a chat template writes around a prompt."""


class Tokens(Frozen):
    """Tokens of a row: means and longest. `media` is the clip's part of the prompt."""

    media: int
    prompt: int
    longest_prompt: int
    caption: int
    longest_caption: int
    total: int
    """Of all rows of all epochs; with GRPO of all completions, their prompts included."""


class StagePlan(Frozen):
    """What a stage will do and take. Tokens are estimated from headers and lengths of texts.

    `rows` are left of `found`, without `unreadable` clips and those that are `too_long`. `trained`
    is the number of parameters that move. What is None is not known or not needed.
    """

    stage: str
    checkpoint: str
    output: str
    found: int
    unreadable: int
    too_long: int
    rows: int
    steps: int
    rows_per_step: int
    processes: int
    strategy: str
    completions: int
    tokens: Tokens
    size: ModelSize | None
    trained: int | None
    memory: Memory | None
    hours: Hours | None
    verdicts: Verdicts | None


def make_plan(
    recipe: Recipe, rows: Sequence[Row], registry: Registry, prices: Mapping[str, Price]
) -> StagePlan:
    """The plan for `rows`, whose clips are looked at but not decoded; raises a `UsageError`."""
    measured = _measure(recipe, rows)
    kept = [each for each in measured if _fits(recipe, each)]
    steps = count_steps(recipe, len(kept))
    completions = count_completions(recipe, steps) if recipe.stage == "grpo" else 0
    tokens = _add_up(recipe, kept, steps)
    size = find_size(registry.model(recipe.model), recipe.path, recipe.revision)
    longest = tokens.longest_prompt, tokens.longest_caption
    return StagePlan(
        stage=recipe.stage,
        checkpoint=recipe.checkpoint,
        output=str(recipe.output),
        found=len(rows),
        unreadable=len(rows) - len(measured),
        too_long=len(measured) - len(kept),
        rows=len(kept),
        steps=steps,
        rows_per_step=recipe.rows_per_step,
        processes=recipe.launch.processes,
        strategy=recipe.launch.strategy,
        completions=completions,
        tokens=tokens,
        size=size,
        trained=count_trained(recipe, size) if size else None,
        memory=estimate_memory(recipe, size, *longest) if size else None,
        hours=estimate_hours(recipe, size, steps, tokens.total, tokens.caption) if size else None,
        verdicts=_verdicts(recipe, rows, registry, completions, prices),
    )


class _Measured(Frozen):
    """A row in tokens."""

    media: int
    prompt: int
    caption: int


def _measure(recipe: Recipe, rows: Sequence[Row]) -> list[_Measured]:
    """Every row whose clip can be opened."""
    profile = PROFILES[recipe.media.profile]
    media = count_all([row.video for row in rows], profile, audio=recipe.media.audio)
    return [
        _Measured(
            media=found,
            prompt=found + TEMPLATE_TOKENS + _tokens(row.prompt),
            caption=_tokens(row.caption or ""),
        )
        for row, found in zip(rows, media, strict=True)
        if not isinstance(found, MediaError)
    ]


def _fits(recipe: Recipe, row: _Measured) -> bool:
    if row.prompt > recipe.media.max_prompt_tokens:
        return False
    return recipe.stage == "grpo" or row.caption <= recipe.sft.max_caption_tokens


def _add_up(recipe: Recipe, rows: Sequence[_Measured], steps: int) -> Tokens:
    prompts, captions = [row.prompt for row in rows] or [0], [row.caption for row in rows] or [0]
    longest_caption = max(captions)
    if recipe.stage == "grpo":
        longest_caption = recipe.grpo.max_caption_tokens
    each = fmean(prompts) + fmean(captions)
    return Tokens(
        media=round(fmean([row.media for row in rows] or [0])),
        prompt=round(fmean(prompts)),
        longest_prompt=max(prompts),
        caption=round(fmean(captions)),
        longest_caption=longest_caption,
        total=round(each * _rows_learned(recipe, len(rows), steps)),
    )


def _rows_learned(recipe: Recipe, rows: int, steps: int) -> float:
    """How many rows the steps take in; the last step of an epoch of SFT may be a smaller one."""
    if recipe.stage == "grpo":
        return steps * recipe.rows_per_step
    return rows * steps / max(count_steps_of_epoch(recipe, rows), 1)


def _verdicts(
    recipe: Recipe,
    rows: Sequence[Row],
    registry: Registry,
    completions: int,
    prices: Mapping[str, Price],
) -> Verdicts | None:
    settings = recipe.rewards
    if recipe.stage != "grpo" or settings.judge is None:
        return None
    tasks = make_reward_tasks(settings, registry)
    votes = get_protocol(settings.protocol).judge.votes
    return estimate_verdicts(settings.judge, tasks, rows, completions, votes, prices)


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)
