"""Which tasks give the reward, before anything is asked of their judge?"""

from __future__ import annotations

from typing import NoReturn, cast

from ugcbench.errors import UsageError
from ugcbench.models import Deferred
from ugcbench.plugins import Registry, create
from ugcbench.protocol import get_protocol
from ugcbench.requests import Request, name_of
from ugcbench.specs import Judge, Setting, Task
from ugcbench_train.recipe import Rewards


def make_reward_tasks(settings: Rewards, registry: Registry) -> list[Task]:
    """The tasks of the weights, with a judge that is known by name but can't be asked.

    Raises `UnknownNameError` or another `UsageError` for a task or judge that can't be.
    """
    judge = None
    names = [name_of(each) for each in Request(judge=settings.judge).judges]
    for name in names:
        registry.model(name, "judge")
    if names:
        judge = Judge(",".join(names), Deferred(_refuse))
    setting = Setting(get_protocol(settings.protocol), judge)
    return [
        cast(Task, create(registry.task(name), settings.options.get(name), setting=setting))
        for name in settings.weights
    ]


def _refuse() -> NoReturn:
    raise UsageError("a plan asks no judge")
