"""What exactly is to be done, before anything is done?

A `Request` is what the user typed; `prepare` turns it into a `Plan`: names resolved, the run
directory opened and locked, judge, tasks and model made. Whatever can be wrong with a request is
found here, before the first question is sent.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import ValidationError

from ugcbench.asking import make_judge, make_model
from ugcbench.compatibility import tell_newer
from ugcbench.complaints import describe
from ugcbench.continuation import changed_options, kept_options, refuse_changes
from ugcbench.datasets import default_dataset, open_dataset
from ugcbench.errors import RunCorruptError, RunError, UsageError
from ugcbench.models import Purse
from ugcbench.plugins import Registry, create
from ugcbench.protocol import Protocol
from ugcbench.provenance import git_state, versions
from ugcbench.redaction import redact, refuse_redacted
from ugcbench.requests import LOCAL, Request, name_of
from ugcbench.specs import Dataset, Judge, Model, Setting, Task, TaskSpec
from ugcbench.store import Store
from ugcbench.subsets import Subset
from ugcbench.types import Clip, Frozen, Sample

UNBEGUN = frozenset({"lock", "run.json.partial"})
"""All that a run leaves that was killed before it had written its configuration."""


class RunConfig(Frozen):
    """What run.json holds: all that is needed to go on with a run and to say how it was made.

    `source` is `recorded` for answers that were imported. `questions` says how many each task has,
    so that nobody who goes on with the run has to count them again. A relative `dataset` that
    exists in the run directory is meant: a run may carry its own gold.
    """

    created: str
    source: Literal["run", "recorded"] = "run"
    model: str
    options: Mapping[str, Any]
    tasks: tuple[str, ...]
    dataset: str
    dataset_revision: str
    dataset_options: Mapping[str, Any]
    judge: str | None
    judge_options: Mapping[str, Any]
    protocol: Protocol
    protocol_hash: str
    limit: int | None
    subset: Subset | None = None
    questions: Mapping[str, int] | None = None
    concurrency: int
    executor: str = LOCAL
    workers: int = 1
    attempts: int
    timeout: float | None
    versions: Mapping[str, str]
    git: str | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All parts of a run, made and ready; `close` frees them."""

    request: Request
    config: RunConfig
    store: Store
    dataset: Dataset
    tasks: tuple[Task, ...]
    judge: Judge | None
    model: Model | None
    purse: Purse
    registry: Registry

    def work(self) -> Iterator[tuple[Task, Sample]]:
        """Every question, clip by clip, so that a clip's questions are asked together."""
        for clip in self.clips():
            for task in self.tasks:
                sample = task.sample(clip)
                if sample is not None:
                    yield task, sample

    def clips(self) -> Iterator[Clip]:
        """The clips of the run, in the order of the dataset."""
        wanted = self.chosen
        if wanted is None:
            return islice(self.dataset, self.config.limit)
        return (clip for place, clip in enumerate(self.dataset) if place in wanted)

    @cached_property
    def questions(self) -> Mapping[str, int]:
        """How many questions each task has."""
        names = [task.name for task in self.tasks]
        known = self.config.questions
        if known is not None and sorted(known) == sorted(names):
            return known
        counts = Counter(task.name for task, _ in self.work())
        return {name: counts[name] for name in names}

    @cached_property
    def chosen(self) -> frozenset[int] | None:
        """The places of the drawn clips in the dataset, or None where there is no drawing."""
        subset = self.config.subset
        return None if subset is None else subset.choose(self.dataset)

    async def close(self) -> None:
        """Close model, judge and files."""
        try:
            if self.model is not None:
                await self.model.close()
            if self.judge is not None:
                await self.judge.model.close()
        finally:
            self.store.close()


def prepare(request: Request, *, asking: bool = True) -> Plan:
    """Make the plan of a request; raises a `UsageError` or `RunError` for what is wrong with it.

    Without `asking`, no model is made: the plan is only for scoring what is stored.
    """
    registry = request.registry or Registry()
    stored = read_config(Path(request.resume)) if request.resume else None
    if stored is not None:
        request = _resumed(request, stored)
        if asking:
            refuse_redacted(request.options, "--option")
            refuse_redacted(request.judge_options, "--judge-option")
    _check(request, registry, asking=asking)
    dataset, group = _dataset(request, registry)
    if stored is not None and dataset.revision != stored.dataset_revision:
        raise RunError(
            f"the dataset changed since {request.resume} began (revision {dataset.revision} "
            f"instead of {stored.dataset_revision}); start a new run"
        )
    parts = _task_parts(request, registry, group)
    config = stored or _config(request, registry, dataset, parts)
    store = Store(_directory(request, config))
    try:
        if stored is not None:
            config = _with_options(stored, request, registry, store)
        plan = _assemble(request, registry, config, store, dataset, parts, asking=asking)
        if asking and stored is not None and config is not stored:
            store.write_config(config)  # with options that model and judge took
        return plan
    except BaseException:
        store.close()
        raise


def _assemble(
    request: Request,
    registry: Registry,
    config: RunConfig,
    store: Store,
    dataset: Dataset,
    parts: Sequence[TaskSpec | Task],
    *,
    asking: bool,
) -> Plan:
    purse = Purse(request.max_cost, spent=store.spent)
    judge = make_judge(request, registry, store, purse, asking=asking)
    setting = Setting(config.protocol, judge)
    plan = Plan(
        request=request,
        config=config,
        store=store,
        dataset=dataset,
        tasks=tuple(part if isinstance(part, Task) else _task(part, setting) for part in parts),
        judge=judge,
        model=None,
        purse=purse,
        registry=registry,
    )
    if asking:
        plan = replace(plan, model=make_model(request, registry, purse, plan.work))
    if not (store.path / "run.json").exists():
        plan = replace(plan, config=config.model_copy(update={"questions": plan.questions}))
        store.write_config(plan.config)
    return plan


def read_config(path: Path) -> RunConfig:
    """The configuration of a run directory; raises `RunError`, `RunCorruptError`."""
    file = path / "run.json"
    try:
        return RunConfig.model_validate_json(text := file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(f"{path} is no run directory: it has no run.json") from None
    except OSError as error:
        raise RunError(f"{file}: {error.strerror}") from None
    except ValidationError as error:
        remedy = tell_newer(text) or (
            "put a whole copy of the file back and go on, or begin a new run, with "
            f"--verdicts {path} for the judge's replies"
        )
        raise RunCorruptError(f"{file}: {describe(error)}; {remedy}") from error


def _resumed(request: Request, stored: RunConfig) -> Request:
    """The request with everything that says what to run taken from the stored configuration."""
    given_tasks = request.tasks if _are_objects(request.tasks) else stored.tasks
    return replace(
        request,
        model=stored.model if isinstance(request.model, str | None) else request.model,
        tasks=given_tasks,
        dataset=own_dataset(Path(request.resume or ""), stored)
        if isinstance(request.dataset, str | None)
        else request.dataset,
        judge=stored.judge if isinstance(request.judge, str | None) else request.judge,
        votes=None,
        quorum=None,
        protocol=stored.protocol,
        options=kept_options(stored.options) | dict(request.options),
        judge_options=kept_options(stored.judge_options) | dict(request.judge_options),
        dataset_options=kept_options(stored.dataset_options) | dict(request.dataset_options),
        limit=stored.limit,
        subset=stored.subset.size if stored.subset else None,
        subset_seed=stored.subset.seed if stored.subset else 0,
    )


def _with_options(
    stored: RunConfig, request: Request, registry: Registry, store: Store
) -> RunConfig:
    """The configuration with the options that changed since; raises `UsageError` for one that is
    fixed.
    """
    changed = changed_options(stored.options, request.options)
    changed_judge = changed_options(stored.judge_options, request.judge_options)
    if store.predictions.settled:
        refuse_changes(changed, "model", [request.model], registry)
    if store.verdicts.settled:
        refuse_changes(changed_judge, "judge", request.judges, registry)
    options = {
        "options": {**stored.options, **changed},
        "judge_options": {**stored.judge_options, **changed_judge},
    }
    return stored.model_copy(update=options) if changed or changed_judge else stored


def own_dataset(path: Path, stored: RunConfig) -> str:
    """The dataset of a run: a file in its own directory, or the name or path it was given."""
    inside = path / stored.dataset
    return str(inside) if inside.is_file() else stored.dataset


def _are_objects(tasks: str | Sequence[str | Task]) -> bool:
    return not isinstance(tasks, str) and any(isinstance(task, Task) for task in tasks)


def _check(request: Request, registry: Registry, *, asking: bool) -> None:
    if request.model is None:
        raise UsageError("no model given; add --model NAME (see `ugcbench list models`)")
    sizes = (request.concurrency, request.workers, request.limit, request.subset)
    if any(size is not None and size < 1 for size in sizes) or request.subset_seed < 0:
        raise UsageError(
            "concurrency, workers, limit and subset must be at least 1, the seed at least 0"
        )
    if request.limit is not None and request.subset is not None:
        raise UsageError("limit takes the first clips and subset draws them; give one of them")
    panel = request.judges
    if len(set(map(name_of, panel))) < len(panel):
        raise UsageError("a judge sits twice on the panel; ask it more often with --votes K")
    if request.quorum is not None and request.quorum > max(len(panel), 1):
        raise UsageError(f"a quorum of {request.quorum} can't be reached by {len(panel)} judges")
    named: list[tuple[object, Literal["model", "judge"]]]
    named = [(judge, "judge") for judge in request.judges]
    if asking:
        named.append((request.model, "model"))
    for name, role in named:
        if isinstance(name, str):
            spec = registry.model(name, role)
            if request.max_cost is not None and not spec.free and name not in request.prices:
                raise UsageError(
                    f"no price is known for {name}; add to the price file:\n"
                    f'["{name}"]\ninput = ...\noutput = ...   # US dollars per million tokens'
                )


def _dataset(request: Request, registry: Registry) -> tuple[Dataset, str]:
    """The dataset and the group of tasks that `all` means on it."""
    wanted = request.dataset
    if wanted is not None and not isinstance(wanted, str | Path):
        return wanted, getattr(wanted, "group", "")
    if wanted is None:
        spec = default_dataset(registry, request.tasks)
        return create(spec, request.dataset_options), spec.group
    return open_dataset(registry, wanted, request.dataset_options)


def _task_parts(request: Request, registry: Registry, group: str) -> Sequence[TaskSpec | Task]:
    if isinstance(request.tasks, str):
        return registry.tasks_named(request.tasks, group)
    parts: dict[str, TaskSpec | Task] = {}
    for task in request.tasks:
        found = [task] if isinstance(task, Task) else registry.tasks_named(task, group)
        parts.update({part.name: part for part in found})
    return list(parts.values())


def _task(spec: TaskSpec, setting: Setting) -> Task:
    return cast(Task, create(spec, setting=setting))


def _config(
    request: Request, registry: Registry, dataset: Dataset, parts: Sequence[TaskSpec | Task]
) -> RunConfig:
    protocol = request.rules
    plugins = {info.distribution for info in registry.plugins if info.distribution}
    named = isinstance(request.dataset, str | Path)
    return RunConfig(
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        model=name_of(request.model),
        options=redact(request.options),
        tasks=tuple(part.name for part in parts),
        dataset=str(request.dataset) if named else dataset.name,
        dataset_revision=dataset.revision,
        dataset_options=redact(request.dataset_options),
        judge=",".join(map(name_of, request.judges)) or None,
        judge_options=redact(request.judge_options),
        protocol=protocol,
        protocol_hash=protocol.hash(),
        limit=request.limit,
        subset=Subset(size=request.subset, seed=request.subset_seed) if request.subset else None,
        concurrency=request.concurrency,
        executor=request.executor,
        workers=request.workers,
        attempts=request.attempts,
        timeout=request.timeout,
        versions=versions(sorted(plugins)),
        git=git_state(),
    )


def _directory(request: Request, config: RunConfig) -> Path:
    if request.resume:
        return Path(request.resume)
    if request.output is None:
        stamp = re.sub(r"\D", "", config.created[:19])
        parts = (config.model, Path(config.dataset).name, stamp[:8], stamp[8:])
        return _unused(Path("runs") / re.sub(r"[^\w.-]+", "-", "-".join(parts)))
    path = Path(request.output)
    if path.exists() and not (path.is_dir() and {p.name for p in path.iterdir()} <= UNBEGUN):
        hint = f"go on with it by --resume {path}" if (path / "run.json").exists() else "not empty"
        raise UsageError(f"{path} is in use ({hint}); choose another --output")
    return path


def _unused(path: Path) -> Path:
    """`path`, or `path-2`, `path-3`, ... if a run of the same second has it."""
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate
