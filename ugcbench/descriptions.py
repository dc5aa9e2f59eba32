"""What should somebody know about a task, model, dataset or protocol before using it?"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ugcbench.errors import MissingExtraError, UnknownNameError
from ugcbench.models import Fake
from ugcbench.plugins import Registry, create, load_target, nearest
from ugcbench.protocol import PROTOCOLS, get_protocol
from ugcbench.scorers.judge import JudgedScorer
from ugcbench.specs import DatasetSpec, Judge, ModelSpec, Setting, Spec, Task, TaskSpec
from ugcbench.types import Sample


def describe(registry: Registry, name: str) -> Mapping[str, Any]:
    """Everything worth showing about a name, as an ordered mapping ready for JSON.

    Raises `UnknownNameError` with the nearest names of any kind.
    """
    if name in PROTOCOLS:
        protocol = get_protocol(name)
        return {"protocol": name, "hash": protocol.hash(), **protocol.model_dump(mode="json")}
    everything: list[Mapping[str, Spec]]
    everything = [registry.tasks, registry.models, registry.datasets, registry.executors]
    if "@" in name:
        return {**_describe(registry.dataset(name)), "dataset": name}
    prefix = name.partition("/")[0]
    for specs in everything:
        for spec in specs.values():
            is_prefixed = isinstance(spec, ModelSpec) and spec.prefix and spec.name == prefix
            if name in (spec.name, *spec.aliases) or is_prefixed:
                return _describe(spec)
    names = [*PROTOCOLS, *(name for specs in everything for name in specs)]
    raise UnknownNameError(f"nothing is called {name!r}{nearest(name, names)}")


def _describe(spec: Spec) -> Mapping[str, Any]:
    if isinstance(spec, TaskSpec):
        return {"task": spec.name, **_about(spec), **_task(spec)}
    if isinstance(spec, ModelSpec):
        return {"model": spec.name, **_about(spec), "roles": sorted(spec.roles), **_model(spec)}
    if isinstance(spec, DatasetSpec):
        revisions = {"revisions": dict(spec.revisions)} if spec.revisions else {}
        return {"dataset": spec.name, **_about(spec), "group": spec.group, **revisions}
    return {"executor": spec.name, **_about(spec)}


def _about(spec: Spec) -> Mapping[str, Any]:
    about: dict[str, Any] = {"summary": spec.summary}
    if spec.aliases:
        about["aliases"] = list(spec.aliases)
    if spec.extra:
        about["install"] = f"pip install '{spec.distribution}[{spec.extra}]'"
    if spec.licence:
        about["licence"] = spec.licence
    return about


def _task(spec: TaskSpec) -> Mapping[str, Any]:
    setting = Setting(PROTOCOLS["v1"], Judge("any judge", Fake()))
    task: Task = create(spec, setting=setting)
    sample = Sample(id="", clip="", media=None, answer="", choices=("<option>", "<option>"))
    about = {
        "group": spec.group,
        "in the table": spec.table,
        "version": task.version,
        "columns": [column.label for column in task.columns],
        "prompt (v1)": task.prompt(sample).text,
    }
    if isinstance(task.scorer, JudgedScorer):
        return about | {"rubric": task.scorer.rubric.template}
    return about | {"scorer": task.scorer.fingerprint}


def _model(spec: ModelSpec) -> Mapping[str, Any]:
    try:
        target = load_target(spec)
    except MissingExtraError as error:
        return {"options": f"unknown until installed ({error})"}
    hidden = {"reader", "model", *spec.needs}
    parameters = inspect.signature(target).parameters
    options = [str(parameter) for name, parameter in parameters.items() if name not in hidden]
    return {"options": options, "about": inspect.getdoc(target) or ""}
