"""Does a judge tell a right answer from a wrong one, in the form that it is asked for?"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import Annotated

from pydantic import Field

from ugcbench.asking import make_named
from ugcbench.doctor.checks import Check, Status
from ugcbench.errors import FatalModelError, MissingExtraError, UsageError
from ugcbench.identity import names_same_model
from ugcbench.lifecycles import warn_of
from ugcbench.models import Purse
from ugcbench.plugins import Registry
from ugcbench.requests import Request
from ugcbench.scorers.judge import Grade, JudgedScorer, JudgeVerdict, Rubric
from ugcbench.specs import Judge, Model, ModelSpec
from ugcbench.types import Prediction, Sample, Score

REFERENCE = "A brown dog catches a red ball on a sandy beach while a woman laughs."
RIGHT = "A woman laughs while a brown dog catches a red ball on a sandy beach."
WRONG = "Two men repair an old car in a dark garage without a word."

TEMPLATE = """Rate how well the prediction says what the reference says, from 1 (something else \
altogether) to 5 (the same).
$reference
$prediction
Reply with a JSON object and nothing else: {"score": <1 to 5>}"""


class Rating(JudgeVerdict):
    """How well an answer agrees with the reference."""

    score: Annotated[int, Field(ge=1, le=5)]


RUBRIC = Rubric(
    name="doctor",
    template=TEMPLATE,
    verdict=Rating,
    fields=lambda sample, text: {"reference": str(sample.answer), "prediction": text},
    grade=lambda verdict, sample: Grade(verdict.score / 5, {}),
)


def find_judge(name: str, registry: Registry) -> ModelSpec:
    """The spec of a judge that can be asked; raises a `UsageError` if there is none."""
    spec = registry.model(name, "judge")
    if spec.recorded:
        raise UsageError(f"{name} only repeats stored verdicts and can't be asked")
    return spec


async def check_judge(request: Request, registry: Registry) -> AsyncGenerator[Check, None]:
    """Have the request's model judge a right and a wrong answer.

    Raises a `UsageError` for an unknown name, a wrong option, or a judge that can't be asked.
    """
    name = str(request.model)
    spec = find_judge(name, registry)
    for warning in warn_of(name, registry.lifecycles):
        yield _judge("lifecycle", "warning", warning, "ugcbench judge list")
    try:
        model = make_named(spec, name, request, Purse())
    except MissingExtraError as error:
        fix = f"pip install '{spec.distribution}[{spec.extra}]'"
        yield _judge("load", "failed", str(error), fix)
        return
    try:
        for check in await _examine(model, spec, name):
            yield check
    finally:
        await model.close()


async def _examine(model: Model, spec: ModelSpec, name: str) -> list[Check]:
    scorer = JudgedScorer(RUBRIC, Judge(name, model))
    try:
        right, wrong = [await _judge_answer(scorer, text) for text in (RIGHT, WRONG)]
    except FatalModelError as error:
        return [_judge("reply", "failed", str(error))]
    return [
        *_check_form(right, wrong),
        *_check_sense(right, wrong),
        *_check_identity(right, spec, name),
    ]


async def _judge_answer(scorer: JudgedScorer[Rating], text: str) -> Score:
    sample = Sample(id="doctor", clip="doctor", media=None, answer=REFERENCE)
    return await scorer.score(
        sample, Prediction(task="doctor/judge", sample_id="doctor", text=text)
    )


def _check_form(*scores: Score) -> Iterator[Check]:
    """Whether the verdicts follow the schema, and at once."""
    for score in scores:
        if score.value is None:
            why = f"{score.status}: {score.note}"
            fix = "ugcbench judge list, for another judge" if score.status == "malformed" else None
            yield _judge("verdict", "failed", why, fix)
            return
    tries = max(len(score.verdicts) for score in scores)
    if tries > 1:
        found = f"the schema was obeyed only when asked {tries} times"
        yield _judge("verdict", "warning", found, "--judge-option structured=true")
    else:
        yield _judge("verdict", "ok", "the schema was obeyed at once")


def _check_sense(right: Score, wrong: Score) -> Iterator[Check]:
    """Whether the right answer is rated above the wrong one."""
    if right.value is None or wrong.value is None:
        return
    found = f"a right answer is rated {right.value * 5:.0f} of 5, a wrong one {wrong.value * 5:.0f}"
    if right.value > wrong.value:
        yield _judge("sense", "ok", found)
    else:
        yield _judge("sense", "failed", found, "ugcbench judge list, for another judge")


def _check_identity(score: Score, spec: ModelSpec, name: str) -> Iterator[Check]:
    """Whether the model that was asked replied."""
    asked, replied = name.partition("/")[2] if spec.prefix else name, score.judge_model
    if replied is None:
        return
    if not spec.reports_model or names_same_model(asked, replied):
        yield _judge("identity", "ok", f"{asked} was asked, {replied} replied")
        return
    yield _judge(
        "identity",
        "failed",
        f"{asked} was asked, but {replied} replied: a run would stop",
        "ugcbench judge list, for one that is still served; or --allow-rerouted in the run",
    )


def _judge(
    name: str,
    status: Status,
    found: str,
    fix: str | None = None,
) -> Check:
    return Check(area="judge", name=name, status=status, found=found, fix=fix)
