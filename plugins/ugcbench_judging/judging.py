"""How is a judge asked about the pairs of an anchor?

By the ordinary road of a run: the task's own scorer, the judge behind retries, rate limit, budget
and memory. What it says is kept in `verdicts.jsonl` of a directory, so that nothing is asked twice
and an interrupted calibration goes on where it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ugcbench.errors import UsageError
from ugcbench.evaluation import Observer, prepared
from ugcbench.plans import Plan, read_config
from ugcbench.redaction import REDACTED
from ugcbench.requests import Request, name_of
from ugcbench.scorers.judge import JudgedScorer
from ugcbench.scoring import score_all
from ugcbench.specs import Judge, Model, Task
from ugcbench.types import Clip, Failure, Prediction, Prompt, Score
from ugcbench_judging.pairs import Anchor, Pair, dimensions_of

PURPOSE = "calibration"
"""What stands in run.json in place of a model: nobody but the judge is asked."""


@dataclass(frozen=True, slots=True)
class Examiner:
    """Puts pairs to a judge; see `examining`."""

    plan: Plan
    observer: Observer
    dimensions: tuple[str, ...]

    @property
    def task(self) -> Task:
        """The judged task, with the judge in it."""
        return self.plan.tasks[0]

    @property
    def scorer(self) -> JudgedScorer[Any]:
        """The task's scorer; raises `UsageError` for a task that no judge scores."""
        scorer = self.task.scorer
        if not isinstance(scorer, JudgedScorer):
            raise UsageError(f"{self.task.name} is scored without a judge; name another --task")
        return scorer

    async def ask(self, pairs: Sequence[Pair], stage: str, repeat: int = 0) -> list[Score]:
        """The judge's score for each of the `pairs`; a failure is a score without a number.

        Another `repeat` asks for another seed, so that its replies are others and are kept apart.
        Raises `UsageError` if the judge gives other dimensions than the anchor has.
        """
        task = replace(self.task, scorer=_repeated(self.scorer, repeat))
        work = ((task, pair.sample, _answered(pair)) for pair in pairs)
        scores = []
        self.observer.begin(stage, len(pairs))
        async with contextlib.aclosing(score_all(work, self.plan.request.concurrency)) as scored:
            async for (_, _, prediction), score in scored:
                self._check(score)
                scores.append(score)
                self.observer.step(_outcome(prediction, score))
        return scores

    def _check(self, score: Score) -> None:
        given = dimensions_of(score)
        if given and set(given) != set(self.dimensions):
            raise UsageError(
                f"the judge gives {', '.join(given)}, but the anchor has "
                f"{', '.join(self.dimensions)}: they can't be compared"
            )


@contextlib.asynccontextmanager
async def examining(
    anchor: Anchor,
    judge: str | Model | Sequence[str | Model],
    output: Path,
    observer: Observer,
    **asked: Any,  # noqa: ANN401
) -> AsyncIterator[Examiner]:
    """The examiner of a judge; `asked` are further fields of `ugcbench.requests.Request`.

    A directory that holds the beginnings of the same calibration is gone on with. Raises
    `UsageError` if `output` holds anything else, and what preparing a run raises.
    """
    request = Request(
        model=PURPOSE,
        tasks=[anchor.task],
        dataset=_References(anchor),
        judge=judge,
        output=output,
        **asked,
    )
    if (output / "run.json").exists():
        _refuse_another(output, request, anchor.revision)
        request = replace(request, output=None, resume=output)
    async with prepared(request, observer, asking=False) as plan:
        yield Examiner(plan, observer, anchor.dimensions)


@dataclass(frozen=True, slots=True)
class _References:
    """Stands for the anchor in a plan; it has no clips, since no model is asked about any."""

    anchor: Anchor

    @property
    def name(self) -> str:
        return f"verdicts of {self.anchor.judge}"

    @property
    def revision(self) -> str:
        return self.anchor.revision

    def __iter__(self) -> Iterator[Clip]:
        return iter(())


@dataclass(frozen=True, slots=True)
class _Reseeded:
    """A judge that is asked by another seed than the prompt says, for another reply."""

    model: Model
    step: int

    async def generate(self, prompt: Prompt) -> Prediction:
        seed = (prompt.sampling.seed or 0) + self.step
        sampling = prompt.sampling.model_copy(update={"seed": seed})
        return await self.model.generate(prompt.model_copy(update={"sampling": sampling}))

    async def close(self) -> None:
        await self.model.close()


def _repeated(scorer: JudgedScorer[Any], repeat: int) -> JudgedScorer[Any]:
    """The scorer whose votes come after all votes of the repeats before."""
    if repeat == 0:
        return scorer
    return replace(scorer, asked=_reseeded(scorer.asked, repeat * scorer.rule.votes))


def _reseeded(judge: Judge, step: int) -> Judge:
    members = tuple(_reseeded(member, step) for member in judge.members)
    return replace(judge, model=_Reseeded(judge.model, step), members=members)


def _answered(pair: Pair) -> Prediction:
    return Prediction(task=pair.task, sample_id=pair.sample_id, text=pair.prediction)


def _outcome(prediction: Prediction, score: Score) -> Prediction:
    """What a progress bar is told: a failed verdict counts there as a failure of its status."""
    if score.status == "ok":
        return prediction
    why = Failure(status="missing", kind=score.status, message=score.note or "")
    return prediction.model_copy(update={"text": None, "failure": why})


def _refuse_another(output: Path, request: Request, revision: str) -> None:
    """Only the calibration of the same judge, asked in the same way, may be gone on with."""
    stored = read_config(output)
    if stored.model != PURPOSE:
        raise UsageError(f"{output} is a run of {stored.model}; choose another --output")
    judge = ",".join(map(name_of, request.judges))
    differs = {
        f"judge ({stored.judge})": stored.judge != judge,
        "judge's options": not _same_options(stored.judge_options, request.judge_options),
        "anchor": stored.dataset_revision != revision,
        "protocol": stored.protocol_hash != request.rules.hash(),
    }
    found = [what for what, is_so in differs.items() if is_so]
    if found:
        raise UsageError(
            f"{output} is a calibration with another {' and another '.join(found)}; "
            "choose another --output"
        )


def _same_options(stored: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether two sets of options are the same, as far as the stored ones aren't secret."""
    return stored.keys() == given.keys() and all(
        value in (REDACTED, given[name]) for name, value in stored.items()
    )
