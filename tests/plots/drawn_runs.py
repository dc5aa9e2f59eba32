"""Real runs to be drawn: of the mini benchmark, and of a toy task with any scores and costs."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

from PIL import Image

import ugcbench
from ugcbench import Clip, Column, Gold, Prompt, Registry, Sample, Score, Task, TaskSpec, hookimpl
from ugcbench.models import Fake
from ugcbench.types import Prediction, Usage

HOSTILE = "$\\frac{a}{b}$ \x1b[31mred\n\u202eevil <script>" + "long" * 60
"""What a model may be called."""


class Numbers:
    """Clips without media, of which a question each is asked."""

    name, revision, group = "numbers", "1", "toy"

    def __iter__(self):
        return (
            Clip(id=f"n{number}", media=None, gold={"n": Gold(answer="")}) for number in range(20)
        )


class Said:
    """The answer's first number is the score, its second the rate of error."""

    fingerprint = "said/1"
    judge = None

    async def score(self, sample, prediction):
        value, rate = map(float, prediction.text.split())
        return Score(status="ok", value=value, parts={"errors": rate})


COLUMNS = (Column("Right", "right"), Column("Errors", "errors", lower_is_better=True))


def numbering(setting=None, *, name="toy/both", columns=()):
    return Task(
        name=name,
        version=1,
        sample=lambda clip: Sample(id=clip.id, clip=clip.id, media=None, answer=""),
        prompt=lambda sample: Prompt(task=name, sample_id=sample.id, text="Two numbers."),
        scorer=Said(),
        columns=columns,
        fingerprint="1",
    )


def rates(setting=None):
    return numbering(name="toy/rates", columns=COLUMNS[1:])


def values(setting=None):
    return numbering(name="toy/values", columns=(Column("Right"),))


class Plugin:
    @hookimpl
    def ugcbench_tasks(self):
        for name in ("rates", "values"):
            yield TaskSpec(
                name=f"toy/{name}", target=f"{__name__}:{name}", summary=name, group="toy"
            )


@dataclass
class Sayer:
    """Says for each question what `said` makes of its number."""

    name: str
    said: object
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0

    async def generate(self, prompt):
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=self.said(int(prompt.sample_id[1:])),
            usage=self.usage,
            seconds=self.seconds,
        )

    async def close(self):
        pass


def number_run(folder, name, said, tasks="toy/values", **spent):
    model = Sayer(name, said, **spent)
    registry = Registry({"toy": Plugin()}, installed=False)
    ugcbench.run(model=model, tasks=tasks, dataset=Numbers(), output=folder, registry=registry)
    return folder


def mini_run(folder, name, place, caption):
    """A run on the mini benchmark that always takes the choice at `place`."""
    model = Fake(lambda prompt: prompt.choices[place] if prompt.choices else caption)
    model.name = name
    tasks = "ugc/tone,ugc/voice_source,ugc/caption"
    ugcbench.run(model=model, tasks=tasks, dataset="mini", judge="lexical", output=folder)
    return folder


def strict_judge(folder, run):
    """The run scored again by a judge that gives half of all captions a lower level."""
    judge = Fake(_verdict)
    judge.name = "strict"
    ugcbench.rescore(run, judge=judge, output=folder)
    return folder


def _verdict(prompt):
    level = 1 + len(prompt.sample_id) % 2 + int(prompt.sample_id[-1]) % 3
    return json.dumps({"audio": level, "visual": level, "details": 3, "reason": "so"})


def opened(png):
    """The decoded picture."""
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        return image
