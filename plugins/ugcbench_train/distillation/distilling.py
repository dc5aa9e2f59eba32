"""How does a distillation go, from a list of clips to a file of rows?

    list        sources.py: the clips that were named
    gather      gathering.py: each content once, hashes kept in clips.jsonl
    ask         a run of the caption's task without gold, by ugcbench.evaluation
    harvest     harvest.py: answers through the gates to rows.jsonl, the rest to rejected.jsonl

The folder is that of a run: it can be killed at any time, and the same call goes on with it. What a
distillation adds to a run is which clips are asked about and what becomes of the answers; workers,
retries, limits, budget and journal are the run's own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ugcbench.errors import RunError, UsageError
from ugcbench.evaluation import Observer, Unobserved, ask, prepared
from ugcbench.lifecycles import announce_shutdown, local_day
from ugcbench.plans import Plan, RunConfig, read_config
from ugcbench.plugins import Registry
from ugcbench.protocol import Protocol, get_protocol
from ugcbench.redaction import SECRET
from ugcbench.requests import Request, name_of
from ugcbench.specs import Model
from ugcbench_train.data.apart import Others, open_others
from ugcbench_train.data.official import OfficialFormat
from ugcbench_train.distillation.forecast import Forecast, forecast
from ugcbench_train.distillation.gates import Gates
from ugcbench_train.distillation.gathering import Gathered, gather
from ugcbench_train.distillation.harvest import Distillation, harvest
from ugcbench_train.distillation.questions import ClipSet, make_question
from ugcbench_train.distillation.sources import Source, list_sources

ADDRESS = frozenset({"base_url"})
"""Options that say where a teacher is reached, which may change, not what it is asked."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to distil.

    Args:
        clips: a folder, a list or a file of rows; see `sources`.
        teacher: a registered model's name, or a `Model`.
        output: the folder of the distillation; if one is there, it is gone on with.
        media: a further folder in which clips of a list or of rows lie.
        task: whose prompt is asked; `wording` stands in its place.
        protocol: the rules of media, wording and sampling.
        gates: what a caption must fulfil.
        test: datasets, by name or path, and
        apart_from: files of rows, whose clips are not asked about.
        limit: only the first so many of the clips that were named.
        styles: official layouts in which rows are written as well.
        asked: further fields of `ugcbench.requests.Request`, such as `options` or `max_cost`.
        registry: the plugins; by default all installed ones.

    """

    clips: str | Path
    teacher: str | Model
    output: str | Path
    media: str | Path | None = None
    task: str = "ugc/caption"
    wording: str | None = None
    protocol: Protocol = field(default_factory=lambda: get_protocol("v1"))
    gates: Gates = field(default_factory=Gates)
    test: Sequence[str] = ()
    apart_from: Sequence[Path] = ()
    limit: int | None = None
    styles: Sequence[OfficialFormat] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)
    registry: Registry = field(default_factory=Registry)


async def distill(order: Order, observer: Observer | None = None) -> Distillation:
    """Ask the teacher about every clip that has no answer yet, and write the rows.

    Rows are written of what is stored, too, when something stops the asking: a `FatalModelError`,
    a `BudgetReachedError`, Ctrl-C. Raises a `UgcbenchError`.
    """
    watching = observer or Unobserved()
    sources, others = _list(order), _open_others(order)
    async with prepared(_request(order), watching) as plan:
        for notice in _warn(order):
            watching.notice(notice)
        gathered = await _gather_aside(order, sources, others, watching)
        plan = _ask_about(plan, _clip_set(order, gathered))
        try:
            if gathered.clips:
                await ask(plan, watching)
        finally:
            found = _harvest(order, plan, gathered)
    return found


def foresee(order: Order, seconds_per_request: float = 3.0) -> Forecast:
    """What `distill` would take; nothing is sent or kept."""
    request, others = _request(order), _open_others(order)
    gathered = gather(_list(order), Path(order.output), others, keep=False)
    return forecast(
        replace(request, dataset=_clip_set(order, gathered)), gathered, seconds_per_request
    )


def _list(order: Order) -> list[Source]:
    return list_sources(order.clips, order.media)[: order.limit]


def _open_others(order: Order) -> Others:
    return open_others(order.test, order.apart_from, order.registry)


async def _gather_aside(
    order: Order, sources: Sequence[Source], others: Others, observer: Observer
) -> Gathered:
    """Gather on a thread, which ends with the next file when this is cancelled."""
    stopped = threading.Event()
    observer.begin("hashing", len(sources))

    def step() -> None:
        if stopped.is_set():
            raise InterruptedError
        observer.step()

    try:
        return await asyncio.to_thread(gather, sources, Path(order.output), others, step=step)
    finally:
        stopped.set()


def _harvest(order: Order, plan: Plan, gathered: Gathered) -> Distillation:
    try:
        return harvest(plan, gathered, _gates(order), order.styles)
    except (OSError, RunError) as error:
        raise RunError(
            f"{error}; the answers are stored: mend that, then type the same again"
        ) from error


def _ask_about(plan: Plan, clips: ClipSet) -> Plan:
    """The plan with clips in it; there may be more than when the folder was begun."""
    config = plan.config.model_copy(update={"questions": None})
    return replace(plan, dataset=clips, config=config)


def _clip_set(order: Order, gathered: Gathered | None = None) -> ClipSet:
    return ClipSet(str(order.clips), gathered.clips if gathered else ())


def _request(order: Order) -> Request:
    """The run behind the distillation: a new one, or that of the folder.

    Raises `UnknownNameError`, and `UsageError` where the folder's differs in what is asked.
    """
    if isinstance(order.teacher, str):
        order.registry.model(order.teacher)
    teacher = name_of(order.teacher)
    task = make_question(order.registry, order.task, order.protocol, teacher, order.wording)
    output = Path(order.output)
    begun = (output / "run.json").exists()
    if begun:
        _refuse_another(order, read_config(output))
    return Request(
        model=order.teacher,
        tasks=[task],
        dataset=_clip_set(order),
        protocol=order.protocol,
        registry=order.registry,
        output=None if begun else output,
        resume=output if begun else None,
        **order.asked,
    )


def _refuse_another(order: Order, stored: RunConfig) -> None:
    """One folder holds what one teacher says by one set of rules."""
    given = {k: v for k, v in order.asked.get("options", {}).items() if not SECRET.search(k)}
    differing = {
        "--teacher": (stored.model, name_of(order.teacher)),
        "--task": (",".join(stored.tasks), order.task),
        "protocol and sampling": (stored.protocol_hash, order.protocol.hash()),
        **{
            f"--option {name}": (stored.options.get(name), value)
            for name, value in given.items()
            if name not in ADDRESS
        },
    }
    for what, (before, now) in differing.items():
        if before != now:
            raise UsageError(
                f"{order.output} was begun with another {what}: {before} instead of {now}; "
                "choose another --output"
            )


def _gates(order: Order) -> Gates:
    """The gates with the id by which the teacher was asked, if it must be the one that answers."""
    if not isinstance(order.teacher, str) or order.asked.get("allow_rerouted"):
        return order.gates
    spec = order.registry.model(order.teacher)
    if not spec.reports_model:
        return order.gates
    asked = order.teacher.partition("/")[2] if spec.prefix else spec.options.get("model")
    return replace(order.gates, teacher=str(asked or order.teacher))


def _warn(order: Order) -> list[str]:
    """What is announced about the teacher's end."""
    life = order.registry.lifecycles.get(name_of(order.teacher))
    end = announce_shutdown(life, local_day()) if life else None
    return [end] if end else []
