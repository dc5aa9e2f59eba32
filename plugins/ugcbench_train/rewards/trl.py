"""How does TRL's GRPO trainer get its rewards?

    mixture = Mixture.open(recipe.rewards, output / "rewards")
    GRPOTrainer(reward_funcs=reward_function(mixture), ...)

TRL calls a reward function with the completions of a batch and with the dataset's columns as lists.
`None` stands for no reward, and only a completion for which all functions return it is left out; of
several functions, one `None` counts as 0, less than a judge's lowest level. Hence one function for
all scorers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ugcbench_train.rewards.columns import Columns, Sampled
from ugcbench_train.rewards.mixture import Mixture
from ugcbench_train.rewards.monitors import Monitor
from ugcbench_train.rewards.scored import Scored
from ugcbench_train.rewards.tasks import GOLD
from ugcbench_train.rewards.watching import Tell, warn, watch

CAPTIONS: Mapping[str, str] = {GOLD: "caption"}
"""Which column holds the gold of which key, where rows have the package's own schema."""

Extra = Callable[[str, list[Any]], None]
Metric = Callable[[str, float], None]


class RewardFunction(Protocol):
    """What TRL calls: completions and columns of a batch in, one number or None for each out."""

    __name__: str

    async def __call__(
        self,
        *,
        completions: Sequence[Sampled],
        **columns: Any,  # noqa: ANN401
    ) -> list[float | None]:
        """The rewards in the batch's order."""
        ...


def reward_function(
    mixture: Mixture,
    *,
    name: str = "ugc",
    id_column: str = "id",
    gold_columns: Mapping[str, str] = CAPTIONS,
    monitor: Monitor | None = None,
    tell: Tell = warn,
) -> RewardFunction:
    """The mixture as one asynchronous reward function, logged by TRL as `rewards/<name>`.

    Each scorer's mean, share unscored and value for each completion go to TRL's log, and so do the
    monitor's numbers; what it warns of is given to `tell`. Rows with the same id make up a group.
    """
    columns = Columns(id_column, gold_columns)
    monitor = monitor or Monitor()

    async def reward(
        *,
        completions: Sequence[Sampled],
        log_metric: Metric | None = None,
        log_extra: Extra | None = None,
        trainer_state: Any = None,  # noqa: ANN401
        **given: Any,  # noqa: ANN401
    ) -> list[float | None]:
        batch = columns.read(completions, given)
        scored = await mixture.score(batch)
        step = getattr(trainer_state, "global_step", None)
        metrics = watch(monitor, batch, scored, tell, step)
        if log_metric is not None:
            for metric, number in metrics.items():
                log_metric(metric, number)
        if log_extra is not None:
            _log_completions(scored, log_extra)
        return list(scored.values)

    reward.__name__ = name
    return reward


def reward_functions(
    mixture: Mixture,
    *,
    id_column: str = "id",
    gold_columns: Mapping[str, str] = CAPTIONS,
) -> tuple[list[RewardFunction], list[float]]:
    """A reward function for each scorer, and their weights for `GRPOConfig.reward_weights`.

    Dangerous where a scorer can fail: a completion without the judge's verdict then counts as if
    the judge had given 0, below its lowest level. With 30 % of verdicts missing, that held a
    judge's score at 2.1 where `reward_function` reached 4.9. It is for what sums up no weights,
    such as `multi_objective_aggregation="normalize_then_sum"`. Nothing is monitored.
    """
    columns = Columns(id_column, gold_columns)
    functions = [_one_of(mixture, task, columns) for task in mixture.tasks]
    return functions, [mixture.settings.weights[task] for task in mixture.tasks]


def _one_of(mixture: Mixture, task: str, columns: Columns) -> RewardFunction:
    async def reward(
        *,
        completions: Sequence[Sampled],
        **given: Any,  # noqa: ANN401
    ) -> list[float | None]:
        scored = await mixture.score(columns.read(completions, given), only=[task])
        return list(scored.counted[task])

    reward.__name__ = task
    return reward


def _log_completions(scored: Scored, log_extra: Extra) -> None:
    """Columns of TRL's table of completions: every score, and what a judge said about it."""
    for name, numbers in scored.counted.items():
        log_extra(name, list(numbers))
        if name in scored.judged:
            log_extra(f"{name} said", [score.note or "" for score in scored.scores[name]])
