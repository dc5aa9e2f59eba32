"""Which events does a caption miss, get wrong or make up?

Each rate is one of sums over all videos: missed, wrong and made-up events, and all three together,
of the events that happen. The last two can be above 1, since a caption may make up more than
happens.
Source: eval.py of the test set; https://arxiv.org/abs/2506.15220.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from ugcbench.errors import UsageError
from ugcbench.protocol import digest
from ugcbench.scorers.judge import Grade, JudgedScorer, JudgeVerdict, Rubric
from ugcbench.specs import Column, Setting, Task
from ugcbench.types import Clip, Prompt, Sample
from ugcbench_video_salmonn2.release import GOLD

NAME = "video-salmonn2/events"
WEIGHT = "events"

COLUMNS = tuple(
    Column(label, part, table=part == "total", weight=WEIGHT, absent=absent, lower_is_better=True)
    for label, part, absent in (
        ("Event error", "total", 1.0),
        ("Missed", "missed", 1.0),
        ("Incorrect", "incorrect", 0.0),
        ("Hallucinated", "hallucinated", 0.0),
    )
)
"""A caption that isn't there misses every event and says nothing wrong."""


class EventsVerdict(JudgeVerdict):
    """The numbers of the events that are missed or told wrongly, and what is made up, in words."""

    missed: list[int]
    incorrect: list[int]
    hallucinated: list[str]


def events(setting: Setting) -> Task:
    """A caption, judged by the events of the video."""
    if setting.judge is None:
        raise UsageError(f"{NAME} needs a judge: add --judge NAME (`ugcbench list judges`)")
    rubric = Rubric(NAME, _read("events"), EventsVerdict, _fields, _grade)

    def prompt(sample: Sample) -> Prompt:
        own = sample.question if setting.protocol.prompts == "dataset" else None
        return Prompt(
            task=NAME,
            sample_id=sample.id,
            text=own or _read("caption"),
            media=sample.media,
            profile=setting.protocol.profile,
            sampling=setting.protocol.sampling,
        )

    return Task(
        name=NAME,
        version=1,
        sample=_sample,
        prompt=prompt,
        scorer=JudgedScorer(rubric, setting.judge, setting.protocol.judge),
        columns=COLUMNS,
        fingerprint=digest([setting.protocol.prompts, _read("caption")]),
    )


def _sample(clip: Clip) -> Sample | None:
    gold = clip.gold.get(GOLD)
    if gold is None:
        return None
    return Sample(
        id=clip.id,
        clip=clip.id,
        media=clip.media,
        answer=gold.answer,
        question=gold.question,
        weights={WEIGHT: len(_listed(gold.answer))},
    )


def _listed(answer: str | tuple[str, ...]) -> tuple[str, ...]:
    return (answer,) if isinstance(answer, str) else answer


def _fields(sample: Sample, text: str) -> Mapping[str, str]:
    lines = (f"{number}. {event}" for number, event in enumerate(_listed(sample.answer), 1))
    return {"events": "\n".join(lines), "caption": text}


def _grade(verdict: EventsVerdict, sample: Sample) -> Grade:
    """Rates of the sample's events; the value is what the total leaves of 1."""
    there = len(_listed(sample.answer))
    named = [*verdict.missed, *verdict.incorrect]
    if len(set(named)) < len(named) or not set(named) <= set(range(1, there + 1)):
        raise ValueError(
            f"missed and incorrect must hold numbers from 1 to {there}, no number in both or twice"
        )
    made_up = [event for event in verdict.hallucinated if event.strip()]
    parts = {
        "missed": len(verdict.missed) / there,
        "incorrect": len(verdict.incorrect) / there,
        "hallucinated": len(made_up) / there,
    }
    total = sum(parts.values())
    return Grade(max(0.0, 1 - total), {"total": total, **parts})


@cache
def _read(name: str) -> str:
    file = resources.files("ugcbench_video_salmonn2") / "texts" / f"{name}.txt"
    return file.read_text(encoding="utf-8").strip()
