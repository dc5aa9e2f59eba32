"""Which number does a completion get, and when is there none?

A `Mixture` holds registered tasks, each with a weight, and scores completions by the evaluation's
only road, `ugcbench.scoring.score_one`. A judge stands behind the same wrappers as in a run: rate
limit, retries, budget, and verdicts stored by the same content addresses, so that a run can take
them over (`ugcbench run --verdicts FOLDER`) and the other way round.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from ugcbench.asking import make_judge
from ugcbench.errors import UgcbenchError, UsageError
from ugcbench.models import Fake, Purse
from ugcbench.plugins import Registry, create
from ugcbench.protocol import Protocol
from ugcbench.requests import Request, name_of
from ugcbench.scoring import score_all
from ugcbench.specs import Judge, Setting, Task, TaskSpec
from ugcbench.store import Store
from ugcbench.types import Clip, Gold, Prediction, Sample, Score
from ugcbench_train.recipe import Rewards
from ugcbench_train.rewards.loops import OwnLoop
from ugcbench_train.rewards.processes import Process, this_process
from ugcbench_train.rewards.scored import Completion, Scored


class UnscoredError(UgcbenchError):
    """Too many completions have no reward, so the training stops; the message says why."""

    exit_code = 3


class Mixture:
    """Registered tasks with weights; see `open`.

    Attributes:
        settings: as given.
        folder: where this process's verdicts are stored.
        tasks: the tasks by name.
        judge: the judge's name, if any task asks one.
        notices: what was repaired on opening, in words for the user.

    """

    def __init__(
        self,
        settings: Rewards,
        store: Store,
        tasks: Mapping[str, Task],
        judge: Judge | None,
    ) -> None:
        self.settings = settings
        self.folder = store.path
        self.tasks = tasks
        self.judge = judge.name if judge else None
        self.notices = tuple(store.notices)
        self._store = store
        self._asked = judge
        self._rules = _rules(settings)
        self._loop = OwnLoop("ugcbench-rewards")
        self._closed = False
        self._lately: dict[tuple[str, ...], deque[bool]] = defaultdict(
            partial(deque, maxlen=settings.window)
        )

    @classmethod
    def open(cls, settings: Rewards, folder: Path, registry: Registry | None = None) -> Mixture:
        """Make the tasks and the judge, and open `folder` for their verdicts.

        Each process of a training has a folder `rank-N` of its own in there; what is found in those
        of earlier processes, as in `known_verdicts`, is not asked for again. Raises a `UsageError`
        for unknown names, options and weights, `RunLockedError` where another training writes.
        """
        registry = registry or Registry()
        specs = _specs(settings, registry)
        process = this_process()
        asking = _asks_judge(settings, specs)
        store = Store(folder / f"rank-{process.rank}")
        try:
            judge = _judge(settings, store, process, registry) if asking else None
            setting = Setting(_rules(settings), judge)
            tasks = {spec.name: _task(settings, spec, setting) for spec in specs}
            return cls(settings, store, tasks, judge)
        except BaseException:
            store.close()
            raise

    async def score(
        self, completions: Sequence[Completion], only: Collection[str] | None = None
    ) -> Scored:
        """The rewards of a batch; may be awaited on any event loop, and several times at once.

        With `only`, of these tasks. Raises `UnscoredError` once more than `max_unscored` of the
        last `window` completions have no value (those before the first count as scored),
        `UsageError` for a row without a task's gold, and what stops a run: `FatalModelError`,
        `BudgetReachedError`.
        """
        names = tuple(self.tasks if only is None else only)
        scored = await self._loop.run(self._score(completions, names))
        self._stop_if_blind(scored, names)
        return scored

    async def _score(self, completions: Sequence[Completion], names: Sequence[str]) -> Scored:
        scores: dict[str, list[Score]] = {name: [] for name in names}
        # Judged tasks first: a score without a judge is waited for where it stands.
        first = sorted(names, key=lambda name: self.tasks[name].scorer.judge is None)
        work = [
            (self.tasks[name], self._sample(self.tasks[name], each), _prediction(name, each))
            for name in first
            for each in completions
        ]
        async with contextlib.aclosing(score_all(work, self.settings.concurrency)) as scored:
            async for (task, _, _), score in scored:
                scores[task.name].append(score)
        counted = {name: [self._rules.counted(s) for s in scores[name]] for name in names}
        return self._weigh(scores, counted, len(completions))

    def _weigh(
        self,
        scores: Mapping[str, Sequence[Score]],
        counted: Mapping[str, Sequence[float | None]],
        size: int,
    ) -> Scored:
        weights = self.settings.weights
        paid = [name for name in counted if weights[name]]
        columns = [(weights[name], counted[name]) for name in paid]
        rows = ([(weight, column[place]) for weight, column in columns] for place in range(size))
        return Scored(
            values=[_weighted_sum(row) for row in rows],
            scores=scores,
            counted=counted,
            judged=frozenset(name for name in counted if self.tasks[name].scorer.judge),
            held_out=frozenset(counted) - frozenset(paid),
        )

    @staticmethod
    def _sample(task: Task, completion: Completion) -> Sample:
        gold = {key: Gold(answer=answer) for key, answer in completion.gold.items()}
        sample = task.sample(Clip(id=completion.id, media=None, gold=gold))
        if sample is None:
            has = ", ".join(completion.gold) or "none"
            raise UsageError(
                f"row {completion.id!r} has no gold for {task.name}, only: {has}; say which column "
                "holds it by `gold_columns={KEY: COLUMN}`"
            )
        return sample

    def _stop_if_blind(self, scored: Scored, names: tuple[str, ...]) -> None:
        settings, lately = self.settings, self._lately[names]
        lately.extend(value is None for value in scored.values)
        if sum(lately) <= settings.max_unscored * settings.window:
            return
        raise UnscoredError(
            f"{sum(lately)} of the last {len(lately)} completions have no reward, more than "
            f"max_unscored={settings.max_unscored:g} of a window of {settings.window} allows. "
            f"{_most_frequent_reason(scored)}. Checkpoints are kept: mend that, then --resume"
        )

    async def close(self) -> None:
        """Close judge and files; a second call does nothing.

        What is being scored is cancelled, but replies for which the judge was asked are waited for
        and stored.
        """
        if self._closed:
            return
        self._closed = True
        try:
            await self._loop.cancel()
            if self._asked is not None:
                await self._loop.run(self._asked.model.close())
        finally:
            self._loop.stop()
            self._store.close()


def _specs(settings: Rewards, registry: Registry) -> list[TaskSpec]:
    weights = settings.weights
    if not any(weights.values()) or not all(map(math.isfinite, weights.values())):
        raise UsageError(
            f"the rewards' weights are {dict(weights)}; give finite numbers, and at least one "
            "that is not 0"
        )
    specs = [registry.task(name) for name in weights]
    if aliases := [name for name, spec in zip(weights, specs, strict=True) if name != spec.name]:
        raise UsageError(f"give the tasks of a reward by their own names, not {aliases}")
    if unknown := settings.options.keys() - weights.keys():
        raise UsageError(f"there are options for {sorted(unknown)}, which the weights do not name")
    return specs


def _task(settings: Rewards, spec: TaskSpec, setting: Setting) -> Task:
    return cast(Task, create(spec, settings.options.get(spec.name), setting=setting))


def _asks_judge(settings: Rewards, specs: Sequence[TaskSpec]) -> bool:
    """Whether any task asks a judge; without one, none is made, and no key for it is needed."""
    nobody = Judge(settings.judge, Fake()) if settings.judge else None
    setting = Setting(_rules(settings), nobody)
    return any(_task(settings, spec, setting).scorer.judge for spec in specs)


def _rules(settings: Rewards) -> Protocol:
    return Request(protocol=settings.protocol).rules


def _judge(settings: Rewards, store: Store, process: Process, registry: Registry) -> Judge | None:
    """The judge, asked within this process's share of the training's limits."""
    per_minute = settings.requests_per_minute
    request = Request(
        judge=settings.judge,
        judge_options=settings.judge_options,
        protocol=settings.protocol,
        known_verdicts=list(_verdict_files(settings, store.path)),
        concurrency=max(settings.concurrency // process.count, 1),
        attempts=settings.attempts,
        timeout=settings.timeout,
        requests_per_minute=per_minute and per_minute / process.count,
        prices=settings.prices,
        registry=registry,
    )
    limit = settings.max_cost
    for name in map(name_of, request.judges if limit is not None else ()):
        if not registry.model(name, "judge").free and name not in settings.prices:
            raise UsageError(
                f"max_cost needs a price for {name}: add to the recipe's rewards\n"
                f"prices:\n  {name}: {{input: ..., output: ...}}   # US dollars per million tokens"
            )
    spent = sum(verdict.prediction.usage.cost_usd or 0.0 for verdict in store.all_verdicts())
    purse = Purse(None if limit is None else limit / process.count, spent)
    return make_judge(request, registry, store, purse, asking=True)


def _verdict_files(settings: Rewards, mine: Path) -> Iterator[Path]:
    """What was stored elsewhere: by other processes, and in runs and trainings that were named."""
    for path in (mine.parent, *settings.known_verdicts):
        ranks = sorted(path.glob("rank-*/verdicts.jsonl"))
        yield from (file for file in ranks if file.parent != mine)
        if path != mine.parent and not ranks:
            yield path


def _prediction(task: str, completion: Completion) -> Prediction:
    return Prediction(task=task, sample_id=completion.id, text=completion.text)


def _weighted_sum(row: Sequence[tuple[float, float | None]]) -> float | None:
    total = 0.0
    for weight, number in row:
        if number is None:
            return None
        total += weight * number
    return total


def _most_frequent_reason(scored: Scored) -> str:
    missing = [
        (name, score)
        for name, scores in scored.scores.items()
        for score, number in zip(scores, scored.counted[name], strict=True)
        if number is None and name not in scored.held_out
    ]
    if not missing:
        return "The last batch is scored"
    (name, status), count = Counter((name, s.status) for name, s in missing).most_common(1)[0]
    note = next(s.note for task, s in missing if (task, s.status) == (name, status))
    return f"In the last batch {name} ended {count} times as {status}: {note or 'no reason given'}"
