"""What did somebody ask for, as it was typed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ugcbench.models import Price
from ugcbench.plugins import Registry
from ugcbench.protocol import Protocol, get_protocol
from ugcbench.specs import Dataset, Model, Task

LOCAL = "local"
"""The executor that is no plugin: the model runs in the run's own process."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to run; every field is a keyword argument of `ugcbench.run`.

    Args:
        model: a registered name, or a `Model`.
        tasks: `all`, a group, task names (comma-separated or a list), or `Task`s.
        dataset: a registered name, a path, or a `Dataset`; by default the tasks' own.
        judge: a model's name or a `Model`, for the tasks that need one; a panel of judges if it is
            a sequence of them, or names with commas between.
        votes: how often each judge is asked about an answer; by default as the protocol says.
        quorum: how many judges of a panel must come to a verdict; by default more than half.
        allow_rerouted: go on when a judge's provider lets another model reply than was asked.
        ask_again: content addresses of stored replies of the judge that are asked for once more.
        known_verdicts: other runs, or folders of rewards, whose verdicts need no asking.
        protocol: a preset's name, or a `Protocol`.
        options: the model adapter's options; `judge_options`, `dataset_options` likewise. An option
            `<judge>:<name>` is only for that judge of a panel.
        limit: only the first so many clips.
        subset: so many clips, drawn by `subset_seed` and spread over the golds of multiple choices.
        concurrency: requests under way at once.
        executor: where the model runs: `local` is this process, others are registered names.
        workers: how many instances of the model the executor runs, each with `concurrency`
            requests under way at once.
        executor_options: the executor's options.
        attempts: how often a request is tried when the failure may pass.
        timeout: seconds for each attempt.
        requests_per_minute: start no more than this, for the model and for the judge each.
        prices: `Price`s by model name.
        max_cost: US dollars for model and judge together.
        output: the run directory; by default a new one under `runs/`.
        resume: an unfinished run directory; then the fields that say what to run are read from it.
        registry: the plugins; by default all installed ones.

    """

    model: str | Model | None = None
    tasks: str | Sequence[str | Task] = "all"
    dataset: str | Path | Dataset | None = None
    judge: str | Model | Sequence[str | Model] | None = None
    votes: int | None = None
    quorum: int | None = None
    allow_rerouted: bool = False
    ask_again: frozenset[str] = frozenset()
    known_verdicts: Sequence[str | Path] = ()
    protocol: str | Protocol = "v1"
    options: Mapping[str, Any] = field(default_factory=dict)
    judge_options: Mapping[str, Any] = field(default_factory=dict)
    dataset_options: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    subset: int | None = None
    subset_seed: int = 0
    concurrency: int = 8
    executor: str = LOCAL
    workers: int = 1
    executor_options: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 5
    timeout: float | None = 300.0
    requests_per_minute: float | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    max_cost: float | None = None
    output: str | Path | None = None
    resume: str | Path | None = None
    registry: Registry | None = None

    @property
    def judges(self) -> Sequence[str | Model]:
        """The judges one by one; none, one, or those of a panel."""
        if self.judge is None:
            return ()
        if isinstance(self.judge, str):
            return [name.strip() for name in self.judge.split(",") if name.strip()]
        return self.judge if isinstance(self.judge, Sequence) else [self.judge]

    @property
    def rules(self) -> Protocol:
        """The protocol, with the request's own number of votes and quorum; raises
        `UnknownNameError`.
        """
        rules = get_protocol(self.protocol) if isinstance(self.protocol, str) else self.protocol
        given = {"votes": self.votes, "quorum": self.quorum}
        changes = {name: value for name, value in given.items() if value is not None}
        if not changes:
            return rules
        return rules.model_copy(update={"judge": rules.judge.model_copy(update=changes)})


def name_of(thing: object) -> str:
    """The name of a model, dataset or protocol, given by name or as an object."""
    if isinstance(thing, str | Path):
        return str(thing)
    return str(getattr(thing, "name", None) or type(thing).__name__)
