"""Does the contract of tasks catch each way of breaking it, and let honest tasks pass?"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from ugcbench import Clip, Column, Gold, Prompt, Registry, Sample, Score, Task
from ugcbench.plugins import create
from ugcbench.scorers.judge import Grade, JudgedScorer, JudgeVerdict, Rubric
from ugcbench.testing import (
    TASK_CONTRACT,
    BrokenPromiseError,
    NotApplicableError,
    TaskSubject,
    check_promise,
    contract_tests,
)

REGISTRY = Registry()
CLIPS = [Clip(id=f"c{n}", media=None, gold={"name": Gold(answer=f"name {n}")}) for n in range(4)]


class Equal:
    fingerprint = "equal/1"
    judge = None

    async def score(self, sample, prediction):
        return Score(status="ok", value=float(prediction.text == sample.answer))


def sample_of(clip):
    gold = clip.gold.get("name")
    return gold and Sample(id=clip.id, clip=clip.id, media=clip.media, answer=gold.answer)


def prompt_of(sample):
    return Prompt(task="toy/name", sample_id=sample.id, text="Name it.")


def honest(setting):
    columns = (Column("Name"),)
    return Task(
        name="toy/name",
        version=1,
        sample=sample_of,
        prompt=prompt_of,
        scorer=Equal(),
        columns=columns,
        fingerprint="name/1",
    )


class Same(JudgeVerdict):
    same: bool


RUBRIC = Rubric(
    "same",
    "$reference $prediction",
    Same,
    lambda sample, text: {"reference": str(sample.answer), "prediction": text},
    lambda verdict, sample: Grade(float(verdict.same), {"sure": 1.0}),
)


def judged(setting):
    scorer = JudgedScorer(RUBRIC, setting.judge, setting.protocol.judge)
    return replace(honest(setting), scorer=scorer)


VERDICT = '{"same": true}'


def ours(name, **more):
    return TaskSubject(make=lambda setting: create(REGISTRY.task(name), setting=setting), **more)


test_a_rule_passes = contract_tests(TaskSubject(make=honest, dataset=CLIPS))
test_a_judged_one_passes = contract_tests(TaskSubject(make=judged, dataset=CLIPS, verdict=VERDICT))
test_our_multiple_choice_passes = contract_tests(ours("ugc/tone"))
test_our_lines_pass = contract_tests(ours("ugc/ocr"))
test_our_caption_passes = contract_tests(
    ours("ugc/caption", verdict=json.dumps({"audio": 5, "visual": 4, "details": 3}))
)
test_our_guard_passes = contract_tests(
    ours("ugc/reward/repetition", skip={"wrong_scores_less": "other captions don't repeat either"})
)


def leak(sample):
    return prompt_of(sample).model_copy(update={"text": f"Is it {sample.answer}?"})


def changed(**fields):
    return lambda setting: replace(honest(setting), **fields)


def scored_by(method, **fields):
    """A task whose scorer computes a score by `method(sample, text)`."""

    async def score(self, sample, prediction):
        return method(sample, prediction.text)

    return changed(scorer=type("Scorer", (Equal,), {"score": score, **fields})())


def ok(value):
    return Score(status="ok", value=value)


COUNT = itertools.count()

BROKEN = [
    ("samples", changed(sample=lambda clip: None), "no clip of the dataset has gold"),
    (
        "samples",
        changed(sample=lambda clip: sample_of(clip).model_copy(update={"id": "x"})),
        "several samples are called",
    ),
    (
        "samples",
        changed(sample=lambda clip: sample_of(clip).model_copy(update={"id": f"{next(COUNT)}"})),
        "another sample when asked again",
    ),
    (
        "samples",
        changed(sample=lambda clip: sample_of(clip).model_copy(update={"clip": "x"})),
        "says its clip is x",
    ),
    (
        "prompts",
        changed(prompt=lambda s: prompt_of(s).model_copy(update={"sample_id": "x"})),
        "says toy/name x",
    ),
    (
        "prompts",
        changed(prompt=lambda s: prompt_of(s).model_copy(update={"text": " "})),
        "empty prompt",
    ),
    (
        "prompts",
        changed(prompt=lambda s: prompt_of(s).model_copy(update={"text": f"{next(COUNT)}"})),
        "another prompt when asked again",
    ),
    ("answers_stay_hidden", changed(prompt=leak), "changes with the answer"),
    ("gold_scores_one", scored_by(lambda sample, text: ok(0.5)), "'name 0' scores 0.5, not 1"),
    ("wrong_scores_less", scored_by(lambda sample, text: ok(1.0)), "score 1.00 in the mean"),
    ("total", scored_by(lambda sample, text: ok(1 / len(text))), "'' raised ZeroDivisionError"),
    ("total", scored_by(lambda sample, text: 1.0), "'' got 1.0"),
    ("stateless", scored_by(lambda s, text: ok(1 / (1 + next(COUNT)))), "and then"),
    ("columns", changed(columns=()), "no columns"),
    ("columns", changed(columns=(Column("A"), Column("B", "b"))), "all show the value"),
    ("fingerprint", changed(fingerprint=""), "the task has no fingerprint"),
    ("fingerprint", scored_by(ok, fingerprint=""), "the scorer has no fingerprint"),
    (
        "fingerprint",
        lambda setting: replace(honest(setting), fingerprint=repr(object())),
        "the task is another each time",
    ),
    (
        "fingerprint",
        lambda setting: replace(
            honest(setting),
            prompt=lambda s: prompt_of(s).model_copy(update={"text": setting.protocol.name}),
        ),
        "the protocol changes the prompts",
    ),
]


@pytest.mark.parametrize(("promise", "make", "reason"), BROKEN)
async def test_a_broken_promise_is_named(promise, make, reason):
    with pytest.raises(BrokenPromiseError, match=reason):
        await check_promise(TaskSubject(make=make, dataset=CLIPS), promise)


async def test_a_clip_without_gold_must_be_no_error():
    make = changed(sample=lambda clip: clip.gold["name"])
    with pytest.raises(KeyError):
        await check_promise(TaskSubject(make=make, dataset=CLIPS), "bare_clip")


def credulous(setting):
    """A judged task that takes any reply for a verdict."""

    class Scorer(Equal):
        judge = setting.judge.name

        async def score(self, sample, prediction):
            reply = await setting.judge.model.generate(prompt_of(sample))
            return ok(1.0 if "true" in reply.text else 0.0)

    return replace(honest(setting), scorer=Scorer())


@pytest.mark.parametrize(
    ("promise", "reason"),
    [
        ("judge_is_read", "the judge's '' became 0.0"),
        ("fingerprint", "doesn't change with the judge"),
    ],
)
async def test_a_judge_that_is_not_read_is_found(promise, reason):
    subject = TaskSubject(make=credulous, dataset=CLIPS, verdict=VERDICT)
    with pytest.raises(BrokenPromiseError, match=reason):
        await check_promise(subject, promise)


@pytest.mark.parametrize(
    ("make", "verdict", "promise", "reason"),
    [
        (honest, None, "judge_is_read", "no `verdict`"),
        (honest, VERDICT, "judge_is_read", "not judged"),
        (judged, VERDICT, "gold_scores_one", "it is judged"),
        (judged, VERDICT, "wrong_scores_less", "it is judged"),
    ],
)
async def test_what_does_not_apply_to_a_task_says_why(make, verdict, promise, reason):
    subject = TaskSubject(make=make, dataset=CLIPS, verdict=verdict)
    with pytest.raises(NotApplicableError, match=reason):
        await check_promise(subject, promise)


async def test_equal_answers_tell_nothing_about_wrong_ones():
    clips = [clip.model_copy(update={"gold": {"name": Gold(answer="same")}}) for clip in CLIPS]
    with pytest.raises(NotApplicableError, match="all answers are the same"):
        await check_promise(TaskSubject(make=honest, dataset=clips), "wrong_scores_less")


def test_every_promise_of_a_task_is_broken_by_some_test():
    by_hand = {"bare_clip", "judge_is_read"}
    assert {promise for promise, _, _ in BROKEN} | by_hand == set(TASK_CONTRACT)
