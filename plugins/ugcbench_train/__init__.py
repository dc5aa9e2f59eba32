"""Training captioners with the scorers of the evaluation: distillation, SFT, GRPO."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ugcbench import TaskSpec, hookimpl

if TYPE_CHECKING:
    import click

    from ugcbench_train.callbacks.answering import answer_from_checkpoints, answer_in_place
    from ugcbench_train.callbacks.evaluation import EvaluationCallback

_MODULES = {
    "EvaluationCallback": "ugcbench_train.callbacks.evaluation",
    "answer_from_checkpoints": "ugcbench_train.callbacks.answering",
    "answer_in_place": "ugcbench_train.callbacks.answering",
}
__all__ = ["EvaluationCallback", "answer_from_checkpoints", "answer_in_place"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """What needs transformers is imported when it is asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


@hookimpl
def ugcbench_tasks() -> Iterable[TaskSpec]:
    """What a completion is rewarded by; an evaluation reports it when it is asked for by name."""
    yield _reward("omni", "reward: the caption as a whole, judged by one level from 1 to 5")
    yield _reward("length", "reward: 0, 0.5 or 1 by the caption's length beside the reference's")
    yield _reward("repetition", "guard: less for a caption that repeats itself")
    yield _reward("overlong", "guard: less for a caption far longer than the reference")
    yield _reward("refusal", "guard: nothing for a text that declines to describe the clip")


@hookimpl
def ugcbench_commands(group: click.Group) -> None:
    """Add `ugcbench distill` and `ugcbench train`."""
    from ugcbench_train.commands import add_commands

    add_commands(group)


def _reward(name: str, summary: str) -> TaskSpec:
    return TaskSpec(
        name=f"ugc/reward/{name}",
        target=f"ugcbench_train.rewards.tasks:{name}",
        summary=summary,
        group="ugc-reward",
        table=False,
    )
