"""A toy benchmark for tests of the core: numbers to be named, a judge that compares words."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ugcbench import (
    Clip,
    Column,
    DatasetSpec,
    Gold,
    ModelSpec,
    Prompt,
    Sample,
    Score,
    Task,
    TaskSpec,
    hookimpl,
)
from ugcbench.errors import UsageError
from ugcbench.models import Fake
from ugcbench.scorers.judge import Grade, JudgedScorer, JudgeVerdict, Rubric


class Numbers:
    name = "numbers"
    revision = "1"

    def __init__(self, count: int = 6):
        self.count = count

    def __iter__(self):
        for number in range(self.count):
            gold = {"name": Gold(answer=f"number {number}")}
            yield Clip(id=f"n{number}", media=None, gold=gold)


@dataclass(frozen=True)
class Equal:
    fingerprint = "equal/1"
    judge = None

    async def score(self, sample, prediction):
        return Score(status="ok", value=float(prediction.text == sample.answer))


class Same(JudgeVerdict):
    same: bool
    reason: str = ""


RUBRIC = Rubric(
    "same",
    "Do these agree?\n$reference\n$prediction\nReply as JSON.",
    Same,
    lambda sample, text: {"reference": str(sample.answer), "prediction": text},
    lambda verdict, sample: Grade(float(verdict.same), {"sure": 1.0}),
)


def naming(setting, name="toy/exact"):
    judged = name == "toy/judged"
    if judged and setting.judge is None:
        raise UsageError("toy/judged needs a judge: add --judge NAME")
    scorer = JudgedScorer(RUBRIC, setting.judge, setting.protocol.judge) if judged else Equal()
    return Task(
        name=name,
        version=1,
        sample=lambda clip: Sample(
            id=clip.id, clip=clip.id, media=clip.media, answer=clip.gold["name"].answer
        ),
        prompt=lambda sample: Prompt(
            task=name, sample_id=sample.id, text=f"Name {sample.id}.", media=sample.media
        ),
        scorer=scorer,
        columns=(Column(name),),
        fingerprint="name/1",
        baseline=not judged,
    )


class Plugin:
    """The plugin object: register it by `Registry({"toy": Plugin()}, installed=False)`."""

    @hookimpl
    def ugcbench_tasks(self):
        for name in ("toy/exact", "toy/judged"):
            yield TaskSpec(
                name=name,
                target="toy:naming",
                summary="names numbers",
                group="toy",
                options={"name": name},
            )

    @hookimpl
    def ugcbench_datasets(self):
        yield DatasetSpec(name="numbers", target="toy:Numbers", summary="numbers", group="toy")

    @hookimpl
    def ugcbench_models(self):
        yield ModelSpec(
            name="knower",
            target="toy:knower",
            summary="right",
            aliases=("k",),
            operational=frozenset({"speed"}),
        )
        yield ModelSpec(name="same", target="toy:same_judge", summary="judge", free=True)


def knower(wrong: tuple[str, ...] = (), speed: int = 1):
    def reply(prompt):
        number = prompt.sample_id.removeprefix("n")
        return "nonsense" if prompt.sample_id in wrong else f"number {number}"

    return Fake(reply)


def same_judge():
    return Fake(lambda p: json.dumps({"same": p.fields["reference"] == p.fields["prediction"]}))
