"""How does a run go, from the first question to the last number?

    prepare     plans.py: names become objects, the run directory is opened and locked
    ask         for each clip, for each task: sample -> prompt -> model -> predictions.jsonl
    score       for each sample in order: prediction -> scorer (judge) -> records.jsonl
    summarise   scores -> cells with interval and coverage -> summary.json

What is stored is not asked again, so that every stage can be killed and resumed. One clip's error
is one sample's failure; only a fatal error (wrong key), an empty purse or the user stops the run.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import importlib
import typing
from collections.abc import AsyncIterator, Coroutine, Generator, Iterable, Iterator
from pathlib import Path

from ugcbench.errors import BudgetReachedError, UsageError
from ugcbench.lifecycles import warn_of
from ugcbench.models import answer
from ugcbench.plans import Plan, prepare
from ugcbench.requests import Request
from ugcbench.results import Result
from ugcbench.scoring import Work, score_all
from ugcbench.specs import Model, Task
from ugcbench.store import read_records
from ugcbench.types import Failure, Prediction, Record, Sample, Summary, Usage

if typing.TYPE_CHECKING:
    from ugcbench.summaries import Tally

T = typing.TypeVar("T")
STAGGER = 0.003
"""Seconds between the starts of the workers: in step they would all wait for each other's work."""

WORTH_ASKING_AGAIN = frozenset({"api_error", "timeout", "missing"})
"""Stored failures that a resumed run asks for again; a refusal is an answer."""


class Observer(typing.Protocol):
    """Who wants to see a run go on, such as a progress bar."""

    def opened(self, path: Path) -> None:
        """The run directory is open; from here on the run can be resumed."""
        ...

    def begin(self, stage: str, total: int) -> None:
        """A stage with `total` steps begins."""
        ...

    def step(self, prediction: Prediction | None = None) -> None:
        """One step of the stage is done."""
        ...

    def notice(self, text: str) -> None:
        """Something that the user should know."""
        ...


class Unobserved:
    """The observer that looks away."""

    def opened(self, path: Path) -> None:
        """Ignore it."""

    def begin(self, stage: str, total: int) -> None:
        """Ignore it."""

    def step(self, prediction: Prediction | None = None) -> None:
        """Ignore it."""

    def notice(self, text: str) -> None:
        """Ignore it."""


def run(observer: Observer | None = None, **request: typing.Any) -> Result:  # noqa: ANN401
    """Run a model on tasks; the keyword arguments are the fields of `ugcbench.requests.Request`.

    Works in scripts and inside a running event loop (notebooks). Raises a `UgcbenchError`.
    """
    return wait_for(arun(observer, **request))


async def arun(observer: Observer | None = None, **request: typing.Any) -> Result:  # noqa: ANN401
    """`run` as a coroutine."""
    return await evaluate(Request(**request), observer)


async def evaluate(request: Request, observer: Observer | None = None) -> Result:
    """Prepare, ask, score and summarise."""
    observer = observer or Unobserved()
    async with prepared(request, observer) as plan:
        await ask(plan, observer)
        return await score(plan, observer)


@contextlib.asynccontextmanager
async def prepared(
    request: Request, observer: Observer, *, asking: bool = True
) -> AsyncIterator[Plan]:
    """The plan of a request, closed at the end."""
    plan = await asyncio.to_thread(prepare, request, asking=asking)
    try:
        observer.opened(plan.store.path)
        for notice in (*plan.store.notices, *_warnings(plan)):
            observer.notice(notice)
        yield plan
    finally:
        await plan.close()


def _warnings(plan: Plan) -> list[str]:
    """What is known against the judges that will be asked."""
    judges = plan.judge.asked if plan.judge else ()
    lifecycles = plan.registry.lifecycles if judges else {}
    return [
        text for judge in judges if not judge.recorded for text in warn_of(judge.name, lifecycles)
    ]


async def ask(plan: Plan, observer: Observer) -> None:
    """Put every question that has no stored answer to the model, clip by clip.

    Raises `FatalModelError` or `BudgetReachedError`; what was answered until then is stored.
    """
    model = plan.model
    if model is None:
        raise ValueError("this plan was prepared without a model")
    observer.begin("asking", _count(plan, observer))
    questions = _unanswered(plan, observer)
    spent: list[BudgetReachedError] = []
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_import_ahead())
            for number in range(_under_way(plan)):
                later = number * STAGGER
                group.create_task(_ask_on(questions, model, plan, observer, spent, later))
    except* Exception as errors:  # noqa: BLE001 - unpacked and raised again
        raise _first_of(errors) from None
    if spent:
        raise spent[0]


def _under_way(plan: Plan) -> int:
    """How many questions are before the model at once.

    Several workers get the clips in turn. So that none runs dry, each has the questions of a
    further clip waiting beside those that it is busy with.
    """
    request = plan.request
    ahead = len(plan.tasks) if request.workers > 1 else 0
    return request.workers * (request.concurrency + ahead)


async def _import_ahead() -> None:
    """Import what only scoring needs (SciPy) while the model is busy, once it has a question."""
    await asyncio.sleep(STAGGER)
    await asyncio.to_thread(importlib.import_module, "ugcbench.summaries")


def _count(plan: Plan, observer: Observer) -> int:
    """How many questions the run has; raises `UsageError` if it has none."""
    counts = plan.questions
    empty = [task.name for task in plan.tasks if not counts[task.name]]
    if not any(counts.values()):
        raise UsageError(f"no clip of {plan.dataset.name} has gold for {', '.join(empty)}")
    for name in empty:
        observer.notice(f"no clip of {plan.dataset.name} has gold for {name}")
    return sum(counts.values())


async def _ask_on(
    questions: Generator[tuple[Task, Sample], None, None],
    model: Model,
    plan: Plan,
    observer: Observer,
    spent: list[BudgetReachedError],
    later: float,
) -> None:
    """One of the workers: begins `later` seconds on, and takes questions until none is left.

    An empty purse ends the questions for all of them, while what is under way, and will be paid
    for, is waited for and stored.
    """
    await asyncio.sleep(later)
    for task, sample in questions:
        try:
            prediction = await answer(model, task.prompt(sample))
        except BudgetReachedError as error:
            spent.append(error)
            questions.close()
            return
        if (prediction.task, prediction.sample_id) != (task.name, sample.id):
            changes = {"task": task.name, "sample_id": sample.id}
            prediction = prediction.model_copy(update=changes)
        plan.store.predictions.append(prediction)
        observer.step(prediction)
        await asyncio.sleep(0)  # a model that never waits must not keep Ctrl-C and timers out


def _unanswered(plan: Plan, observer: Observer) -> Generator[tuple[Task, Sample], None, None]:
    for task, sample in plan.work():
        if plan.store.has_text(task.name, sample.id):
            observer.step()
            continue
        stored = plan.store.prediction(task.name, sample.id)
        if stored is None or (stored.failure and stored.failure.status in WORTH_ASKING_AGAIN):
            yield task, sample
        else:
            observer.step(stored)


async def score(plan: Plan, observer: Observer) -> Result:
    """Score every stored prediction, write records and summary, tell the plugins."""
    tallies: dict[str, Tally] = {}
    expense = _Expense()
    observer.begin("scoring", sum(plan.questions.values()))
    work = _answered(plan)
    with plan.store.recording() as write:
        async with contextlib.aclosing(score_all(work, plan.request.concurrency)) as scored:
            async for (task, sample, prediction), its_score in scored:
                tallies = tallies or await _tallies(plan)
                tallies[task.name].add(sample, its_score)
                expense.add(prediction)
                write(
                    Record(
                        task=task.name,
                        sample_id=sample.id,
                        clip=sample.clip,
                        prediction=prediction,
                        score=its_score,
                        weights=sample.weights,
                    )
                )
                observer.step()
    summary = _summary(plan, (tallies or await _tallies(plan)).values(), expense)
    plan.store.write_summary(summary)
    _tell(plan, summary)
    return Result(plan.store.path, summary)


async def _tallies(plan: Plan) -> dict[str, Tally]:
    """A tally for each task; what they need (SciPy) is imported while the judge is busy."""
    summaries = await asyncio.to_thread(importlib.import_module, "ugcbench.summaries")
    return {
        task.name: summaries.Tally(task, plan.config.protocol, plan.judge) for task in plan.tasks
    }


def _answered(plan: Plan) -> Iterator[Work]:
    """Every sample with its stored prediction; one that was never asked is `missing`."""
    for task, sample in plan.work():
        prediction = plan.store.prediction(task.name, sample.id)
        if prediction is None:
            why = Failure(status="missing", kind="not_asked", message="the model was not asked yet")
            prediction = Prediction(task=task.name, sample_id=sample.id, failure=why)
        yield task, sample, prediction


class _Expense:
    """Adds up what the answers of a run used."""

    def __init__(self) -> None:
        self.requests = 0
        self.models: set[str] = set()
        self.usage = Usage(attempts=0)

    def add(self, prediction: Prediction) -> None:
        self.requests += 1
        if prediction.model:
            self.models.add(prediction.model)
        used = self.usage
        self.usage = Usage(
            input_tokens=_sum(used.input_tokens, prediction.usage.input_tokens),
            output_tokens=_sum(used.output_tokens, prediction.usage.output_tokens),
            cost_usd=_sum(used.cost_usd, prediction.usage.cost_usd),
            attempts=used.attempts + prediction.usage.attempts,
        )


N = typing.TypeVar("N", int, float)


def _sum(left: N | None, right: N | None) -> N | None:
    return left if right is None else right if left is None else left + right


def _summary(plan: Plan, tallies: Iterable[Tally], expense: _Expense) -> Summary:
    from ugcbench.summaries import average

    cells = [cell for tally in tallies for cell in tally.cells()]
    judging = _Expense()
    for verdict in plan.store.all_verdicts():
        judging.add(verdict.prediction)
    return Summary(
        run=plan.store.path.name,
        source=plan.config.source,
        model=plan.config.model,
        model_answered=tuple(sorted(expense.models)),
        dataset=f"{plan.dataset.name}@{plan.dataset.revision}",
        protocol=f"{plan.config.protocol.name}@{plan.config.protocol_hash}",
        cells=tuple(cells),
        average=average(cells),
        requests=expense.requests,
        usage=expense.usage,
        judge_usage=judging.usage,
        versions=plan.config.versions,
    )


def _tell(plan: Plan, summary: Summary) -> None:
    """Tell the plugins, once everything is on disk."""
    hook = plan.registry.manager.hook
    if hook.ugcbench_record.get_hookimpls():
        for record in read_records(plan.store.path):
            hook.ugcbench_record(record=record)
    hook.ugcbench_finished(summary=summary, path=plan.store.path)


def _first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


def wait_for(coroutine: Coroutine[typing.Any, typing.Any, T]) -> T:
    """Run a coroutine to its end, also from inside a running event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
