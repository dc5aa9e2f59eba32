"""What does a judge of whole captions say, and which number follows from it?

Source: UGC-VideoCap paper, section 4.3. Its rubric is not public; the wording here is our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from ugcbench.scorers.judge import Grade, JudgeVerdict, Rubric
from ugcbench.types import Sample
from ugcbench_train.texts import read_text

CAP = 2
"""The highest level of a caption that hallucinates."""


class OmniVerdict(JudgeVerdict):
    """What was found in five aspects, whether the caption hallucinates, and one level.

    A judge that is not held to the schema may leave out findings and flag; the level is needed.
    """

    scene_background: str = ""
    characters_objects: str = ""
    audio_cues: str = ""
    ocr_text: str = ""
    theme_purpose: str = ""
    hallucination: bool = False
    level: Annotated[int, Field(ge=1, le=5)]


def omni_rubric() -> Rubric[OmniVerdict]:
    """The rubric of the omni reward."""
    return Rubric("omni-reward", read_text("rubrics", "omni"), OmniVerdict, _texts, grade)


def grade(verdict: OmniVerdict, sample: Sample) -> Grade:
    """A fifth for each level, at most two for a hallucination; the part tells of the flag."""
    level = min(verdict.level, CAP) if verdict.hallucination else verdict.level
    return Grade(level / 5, {"hallucination": float(verdict.hallucination)})


def _texts(sample: Sample, text: str) -> Mapping[str, str]:
    answer = sample.answer
    return {
        "reference": answer if isinstance(answer, str) else "\n".join(answer),
        "prediction": text,
    }
