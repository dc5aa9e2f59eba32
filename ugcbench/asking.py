"""How does a name become a model or a judge that can be asked?

Both stand behind the same wrappers: rate limit, retries, budget; a judge's replies are stored by
content address, and it must be the model that was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, cast

from ugcbench.errors import UsageError
from ugcbench.identity import Identified
from ugcbench.models import Budgeted, Deferred, Purse, RateLimited, Remembering, Retrying
from ugcbench.placements import Placement, make_bare
from ugcbench.plugins import Registry, create
from ugcbench.requests import LOCAL, Request, name_of
from ugcbench.specs import Judge, Model, ModelSpec, Task
from ugcbench.store import Store, read_verdicts
from ugcbench.types import Prediction, Prompt, Sample

Question: TypeAlias = tuple[Task, Sample]


def make_model(
    request: Request, registry: Registry, purse: Purse, work: Callable[[], Iterator[Question]]
) -> Model:
    """The model of a request; `work` iterates the run's questions, for those that need them.

    Raises a `UsageError` for what is wrong with its name or options.
    """
    if request.executor != LOCAL:
        return _made_elsewhere(request, registry, purse)
    if request.workers > 1 or request.executor_options:
        raise UsageError(
            "several workers, and options of an executor, need one: add --executor NAME "
            "(see `ugcbench list executors`)"
        )
    if not isinstance(request.model, str):
        return _guarded(cast(Model, request.model), name_of(request.model), request, purse)
    spec = registry.model(request.model)
    given = {"work": work} if "work" in spec.needs else {}
    return make_named(spec, request.model, request, purse, **given)


def _made_elsewhere(request: Request, registry: Registry, purse: Purse) -> Model:
    executor, name = registry.executor(request.executor), name_of(request.model)
    if not isinstance(request.model, str):
        raise UsageError(
            f"{name} is an object and can't be sent to {executor.name}: register the model by a "
            "plugin and give its name, or leave the executor out"
        )
    spec = registry.model(name)
    if spec.needs:
        raise UsageError(
            f"{name} is made from the run's own {' and '.join(spec.needs)} and can't run on "
            f"{executor.name}; leave --executor out"
        )
    placement = Placement(spec, name, request.options, request.concurrency, request.timeout)
    options = request.executor_options
    model = create(executor, options, placement=placement, workers=request.workers)
    # What waits for its worker is in no attempt yet; only the executor knows when that begins.
    return _guarded(model, name, replace(request, timeout=None), purse)


def make_named(
    spec: ModelSpec, name: str, request: Request, purse: Purse, **given: object
) -> Model:
    """What `spec` calls `name`, made with the request's options and whatever else is `given`.

    Raises a `UsageError` for what is wrong with the options.
    """
    return _guarded(make_bare(spec, name, request.options, **given), name, request, purse)


def make_judge(
    request: Request, registry: Registry, store: Store, purse: Purse, *, asking: bool
) -> Judge | None:
    """The judge of a request: its replies are stored, and a panel has its members.

    Without `asking`, it is made only when a verdict is wanted that is not in the store. Raises a
    `UsageError` for what is wrong with its name or, if `asking`, its options.
    """
    members = tuple(
        _one_judge(each, request, registry, store, purse, asking=asking) for each in request.judges
    )
    if len(members) < 2:
        return members[0] if members else None
    names = ",".join(member.name for member in members)
    comparable = all(member.comparable for member in members)
    recorded = all(member.recorded for member in members)
    return Judge(names, _Panel(members), comparable, recorded, members)


def _one_judge(
    given: str | Model,
    request: Request,
    registry: Registry,
    store: Store,
    purse: Purse,
    *,
    asking: bool,
) -> Judge:
    name = name_of(given)
    if not isinstance(given, str):
        return Judge(name, _remembering(given, name, request, store, purse))
    spec = registry.model(name, "judge")
    make = partial(make_bare, spec, name, _options_of(name, request))
    model = make() if asking else Deferred(make)
    if spec.reports_model:
        asked = name.partition("/")[2] if spec.prefix else name
        before = _replied_before(store, name)
        model = Identified(model, asked, before, allow=request.allow_rerouted)
    reported = name.partition("/")[2] if spec.recorded else name
    wrapped = _remembering(model, reported, request, store, purse)
    return Judge(reported, wrapped, spec.comparable, spec.recorded)


def _replied_before(store: Store, judge: str) -> str | None:
    """The model whose reply to `judge` was stored first, if any was."""
    stored = (verdict for verdict in store.all_verdicts() if verdict.judge == judge)
    return next((verdict.prediction.model for verdict in stored), None)


def _options_of(name: str, request: Request) -> Mapping[str, Any]:
    """A judge's own options: those for all, and those that begin with its name and a colon."""
    options = request.judge_options
    heads = [f"{name_of(judge)}:" for judge in request.judges]
    for_all = {k: v for k, v in options.items() if not k.startswith(tuple(heads))}
    head = f"{name}:"
    own = {k.removeprefix(head): v for k, v in options.items() if k.startswith(head)}
    return for_all | own


@dataclass(frozen=True, slots=True)
class _Panel:
    """Stands for several judges where one is expected, and closes them; asked is each of them."""

    members: tuple[Judge, ...]

    async def generate(self, prompt: Prompt) -> Prediction:
        """Never called by a judged scorer; the first judge's reply."""
        return await self.members[0].model.generate(prompt)

    async def close(self) -> None:
        """Close every judge."""
        for member in self.members:
            await member.model.close()


def _remembering(model: Model, name: str, request: Request, store: Store, purse: Purse) -> Model:
    # Answers wait for verdicts by the hundred, while requests to a judge are few at a time.
    places = asyncio.Semaphore(request.concurrency)
    guarded = _guarded(model, name, request, purse, places)
    known = [read_verdicts(Path(path)) for path in request.known_verdicts]
    return Remembering(guarded, name, store.verdicts, again=request.ask_again, known=known)


def _guarded(
    model: Model,
    name: str,
    request: Request,
    purse: Purse,
    places: asyncio.Semaphore | None = None,
) -> Model:
    """The model behind rate limit, budget and retries; the budget is looked at before each attempt,
    when it has its place and its turn.
    """
    if price := request.prices.get(name):
        model = Budgeted(model, price, purse)
    if request.requests_per_minute:
        model = RateLimited(model, request.requests_per_minute)
    return Retrying(model, request.attempts, request.timeout, places=places)
