"""What does a judge say about an answer, and which numbers follow from it?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from ugcbench.scorers.judge import Grade, JudgeVerdict, Rubric
from ugcbench.types import Sample
from ugcbench_tasks.wording import read_text

V = TypeVar("V", bound=JudgeVerdict)

RELEASED = "$reference\n$prediction"

Level = Annotated[int, Field(ge=1, le=5)]
"""A whole number from 1 to 5; its share of 5 is the part's value (paper: x 20)."""


class CaptionVerdict(JudgeVerdict):
    """Three dimensions of a caption (paper section 5, final caption)."""

    audio: Level
    visual: Level
    details: Level
    reason: str = ""


class LevelVerdict(JudgeVerdict):
    """One level for a caption of a single modality."""

    score: Level
    reason: str = ""


class ConsistencyVerdict(JudgeVerdict):
    """Whether an answer about the background agrees with the reference."""

    consistent: Literal["yes", "no"]
    reason: str = ""


class ObjectMatch(JudgeVerdict):
    """Whether one object of the reference is found in the answer; numbers count from 1."""

    number: int
    matched: bool


class ObjectsVerdict(JudgeVerdict):
    """One entry for each object of the reference."""

    objects: list[ObjectMatch]


def caption_rubric() -> Rubric[CaptionVerdict]:
    """The rubric of the final caption."""
    return Rubric("caption", read_text("rubrics", "caption"), CaptionVerdict, _texts, _dimensions)


def released(rubric: Rubric[V]) -> Rubric[V]:
    """The rubric behind recorded verdicts: its wording is in the released scripts and not here.

    No judge can be asked with it; it only gives recorded verdicts their addresses.
    """
    return replace(rubric, name=f"released/{rubric.name}", template=RELEASED)


def single_caption_rubric(modality: Literal["heard", "seen"]) -> Rubric[LevelVerdict]:
    """The rubric of a caption of what can be heard, or seen."""
    template = read_text("rubrics", "single_caption").replace("$modality", modality)
    return Rubric(f"{modality}-caption", template, LevelVerdict, _texts, _level)


def background_rubric() -> Rubric[ConsistencyVerdict]:
    """The rubric of the background."""
    template = read_text("rubrics", "background")
    return Rubric("background", template, ConsistencyVerdict, _texts, _consistency)


def objects_rubric() -> Rubric[ObjectsVerdict]:
    """The rubric of the objects; the fraction is computed here, not by the judge."""
    template = read_text("rubrics", "objects")
    return Rubric("objects", template, ObjectsVerdict, _numbered, _matched_share)


def split_objects(answer: str) -> list[str]:
    """The objects of a gold list: parts between semicolons that are not inside brackets."""
    parts = re.findall(r"(?:[^;(]|\([^)]*\)?)+", answer)
    return [part.strip() for part in parts if part.strip()]


def _texts(sample: Sample, text: str) -> Mapping[str, str]:
    return {"reference": _joined(sample), "prediction": text}


def _numbered(sample: Sample, text: str) -> Mapping[str, str]:
    gold = split_objects(_joined(sample))
    listing = "\n".join(f"{number}. {item}" for number, item in enumerate(gold, 1))
    return {"reference": listing, "prediction": text}


def _joined(sample: Sample) -> str:
    return sample.answer if isinstance(sample.answer, str) else "\n".join(sample.answer)


def _dimensions(verdict: CaptionVerdict, sample: Sample) -> Grade:
    parts = {name: getattr(verdict, name) / 5 for name in ("audio", "visual", "details")}
    return Grade(sum(parts.values()) / 3, parts)


def _level(verdict: LevelVerdict, sample: Sample) -> Grade:
    return Grade(verdict.score / 5, {})


def _consistency(verdict: ConsistencyVerdict, sample: Sample) -> Grade:
    return Grade(1.0 if verdict.consistent == "yes" else 0.0, {})


def _matched_share(verdict: ObjectsVerdict, sample: Sample) -> Grade:
    wanted = len(split_objects(_joined(sample)))
    if [item.number for item in verdict.objects] != list(range(1, wanted + 1)):
        raise ValueError(f"objects must hold one entry for each number from 1 to {wanted}")
    return Grade(sum(item.matched for item in verdict.objects) / max(wanted, 1), {})
