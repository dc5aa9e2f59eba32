"""Which tasks do a card's protocol and judge make, and which samples of a dataset are asked?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from ugcbench.errors import UgcbenchError
from ugcbench.models import Deferred
from ugcbench.placements import make_bare
from ugcbench.plugins import Registry, create
from ugcbench.protocol import Protocol, digest
from ugcbench.specs import Dataset, Judge, ModelSpec, Setting, Task
from ugcbench.subsets import Subset
from ugcbench.types import Clip, Sample

Samples = Mapping[tuple[str, str], Sample]
"""The samples by the name of the task and their own id."""


def make_tasks(
    registry: Registry, names: Sequence[str], protocol: Protocol, judge: str | None
) -> dict[str, Task]:
    """The tasks of those names that can be made here, whose judge is not made until it is asked.

    Those that no installed plugin brings, or whose judge is not known, are left out.
    """
    tasks = {}
    for name in names:
        try:
            setting = Setting(protocol, find_judge(registry, judge))
            tasks[name] = create(registry.task(name), setting=setting)
        except UgcbenchError:
            continue
    return {name: task for name, task in tasks.items() if isinstance(task, Task)}


def find_judge(registry: Registry, asked: str | None) -> Judge | None:
    """The judge that was asked by a name, or the panel by several; raises `UnknownNameError`."""
    names = [name.strip() for name in (asked or "").split(",") if name.strip()]
    members = tuple(_judge(registry.model(name, "judge"), name) for name in names)
    if len(members) < 2:
        return members[0] if members else None
    return Judge(
        ",".join(member.name for member in members),
        members[0].model,
        all(member.comparable for member in members),
        all(member.recorded for member in members),
        members,
    )


def find_samples(
    dataset: Dataset, tasks: Mapping[str, Task], limit: int | None, subset: Subset | None
) -> dict[tuple[str, str], Sample]:
    """What a run of the tasks asks about a dataset, or about the chosen clips of it."""
    return {
        (name, sample.id): sample
        for clip in _clips(dataset, limit, subset)
        for name, task in tasks.items()
        if (sample := task.sample(clip)) is not None
    }


def digest_gold(samples: Samples) -> str:
    """Twelve hexadecimal digits that change with any answer, choice or question of the gold."""
    whole = hashlib.sha256()
    for (task, name), sample in sorted(samples.items()):
        gold = [task, name, sample.clip, sample.answer, sample.choices, sample.question]
        whole.update(digest(gold, 64).encode())
    return whole.hexdigest()[:12]


def _clips(dataset: Dataset, limit: int | None, subset: Subset | None) -> Iterator[Clip]:
    if subset is None:
        return islice(dataset, limit)
    chosen = subset.choose(dataset)
    return (clip for place, clip in enumerate(dataset) if place in chosen)


def _judge(spec: ModelSpec, name: str) -> Judge:
    reported = name.partition("/")[2] if spec.recorded else name
    model = Deferred(partial(make_bare, spec, name, {}))
    return Judge(reported, model, spec.comparable, spec.recorded)
