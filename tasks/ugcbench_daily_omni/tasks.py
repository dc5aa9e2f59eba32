"""Which tasks does Daily-Omni consist of?

The columns are those of the published tables: six types of question, two durations, and all
questions, whose accuracy alone counts in an average.
Source: https://arxiv.org/abs/2505.17862.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources

from ugcbench.errors import UsageError
from ugcbench.protocol import digest
from ugcbench.scorers.choice import ChoiceScorer, is_same_choice
from ugcbench.scorers.chosen_options import read_choice
from ugcbench.scorers.judge import Grade, JudgedScorer, JudgeVerdict, Rubric
from ugcbench.specs import Column, Scorer, Setting, Task
from ugcbench.types import Clip, Prompt, Sample
from ugcbench_daily_omni.release import GOLD

TYPES = (
    "AV event alignment",
    "Comparative",
    "Context understanding",
    "Event sequence",
    "Inference",
    "Reasoning",
)
"""The types of question; files write some words in another case."""

DURATIONS = ("30s", "60s")

NONE = "none"
"""What the judge replies where a caption doesn't tell the answer."""


class AnswerVerdict(JudgeVerdict):
    """The choice that follows from a caption, or `none`."""

    answer: str
    reason: str = ""


def direct(setting: Setting) -> Task:
    """The model answers the question about the clip."""

    def text(sample: Sample) -> str:
        return _fill("direct", sample)

    # The gold is a letter with its text, so no protocol can ask for it to the letter.
    return _task(setting, "direct", "Direct", ChoiceScorer("lenient"), text, choices=True)


def caption(setting: Setting) -> Task:
    """The model captions the clip; the judge answers the question from the caption alone."""
    if setting.judge is None:
        raise UsageError(
            "daily-omni/caption needs a judge that answers from the captions: add --judge NAME "
            "(`ugcbench list judges`)"
        )
    rubric = Rubric("daily-omni/answer", _read("answer"), AnswerVerdict, _fields, _grade)
    scorer = JudgedScorer(rubric, setting.judge, setting.protocol.judge)
    return _task(setting, "caption", "Captioned", scorer, lambda sample: _read("caption"))


def _task(
    setting: Setting,
    name: str,
    label: str,
    scorer: Scorer,
    text: Callable[[Sample], str],
    *,
    choices: bool = False,
) -> Task:
    def prompt(sample: Sample) -> Prompt:
        return Prompt(
            task=f"daily-omni/{name}",
            sample_id=sample.id,
            text=text(sample),
            media=sample.media,
            profile=setting.protocol.profile,
            sampling=setting.protocol.sampling,
            choices=sample.choices if choices else (),
        )

    return Task(
        name=f"daily-omni/{name}",
        version=1,
        sample=_sample,
        prompt=prompt,
        scorer=scorer,
        columns=_columns(label),
        fingerprint=digest(_read(name)),
        baseline=True,
    )


def _columns(label: str) -> tuple[Column, ...]:
    kinds = [*((kind, _key(kind)) for kind in TYPES), *((each, each) for each in DURATIONS)]
    parts = [Column(f"{label}: {name}", key, table=False, weight=key) for name, key in kinds]
    return (Column(label), *parts)


def _sample(clip: Clip) -> Sample | None:
    gold = clip.gold.get(GOLD)
    if gold is None:
        return None
    kinds = _key(clip.meta["type"]), _key(clip.meta["duration"])
    return Sample(
        id=clip.id,
        clip=clip.meta["video"],
        media=clip.media,
        answer=gold.answer,
        choices=gold.choices,
        question=gold.question,
        meta=clip.meta,
        weights=dict.fromkeys(kinds, 1.0),
    )


def _key(kind: str) -> str:
    return "_".join(kind.casefold().split())


def _fields(sample: Sample, text: str) -> Mapping[str, str]:
    return {
        "caption": text,
        "question": sample.question or "",
        "choices": "\n".join(sample.choices),
    }


def _grade(verdict: AnswerVerdict, sample: Sample) -> Grade:
    if verdict.answer.strip().casefold() == NONE:
        return Grade(0.0, {})
    chosen = read_choice(verdict.answer, sample.choices)
    return Grade(float(is_same_choice(chosen, str(sample.answer))), {})


def _fill(name: str, sample: Sample) -> str:
    return string.Template(_read(name)).substitute(
        question=sample.question or "<question>", choices="\n".join(sample.choices)
    )


@cache
def _read(name: str) -> str:
    file = resources.files("ugcbench_daily_omni") / "texts" / f"{name}.txt"
    return file.read_text(encoding="utf-8").strip()
