"""Which tasks are made to be trained on?

Each function builds one for a setting; the specs in this package's `__init__` name them. They ask
for the final caption and compare with it, so that an evaluation can report them as well.
"""

from __future__ import annotations

from typing import Literal

from ugcbench.errors import UsageError
from ugcbench.protocol import Protocol, digest
from ugcbench.scorers.judge import JudgedScorer
from ugcbench.scorers.length import LengthScorer
from ugcbench.specs import Column, Scorer, Setting, Task
from ugcbench.types import Clip, Prompt, Sample
from ugcbench_train.rewards.guards import OverlongGuard, RefusalGuard, RepetitionGuard
from ugcbench_train.rewards.omni import omni_rubric
from ugcbench_train.rewards.repetition import SIZE
from ugcbench_train.texts import read_text

GOLD = "final_caption"
"""The key of the gold that completions are compared with."""

Length = Literal["words", "characters"]


def omni(setting: Setting) -> Task:
    """A caption's agreement with the reference in five aspects, judged by one level from 1 to 5."""
    if setting.judge is None:
        raise UsageError(
            "ugc/reward/omni needs a judge: add --judge NAME, or `judge: NAME` to the recipe's "
            "rewards (`ugcbench list judges`)"
        )
    scorer = JudgedScorer(omni_rubric(), setting.judge, setting.protocol.judge)
    hallucination = Column("Omni reward: hallucination", "hallucination", table=False)
    return _task("omni", setting, scorer, Column("Omni reward", table=False), hallucination)


def length(
    setting: Setting, *, unit: Length = "words", low: float = 0.5, high: float = 0.7
) -> Task:
    """A caption's length beside the reference's (equation 4): 0, 0.5 from `low`, 1 from `high`."""
    scorer = LengthScorer(unit, low, high)
    return _task("length", setting, scorer, Column("Length reward", table=False))


def repetition(setting: Setting, *, size: int = SIZE) -> Task:
    """1 for a caption in which no run of `size` words comes again."""
    return _task("repetition", setting, RepetitionGuard(size), Column("No repetition", table=False))


def overlong(
    setting: Setting, *, unit: Length = "words", free: float = 2.0, most: float = 3.0
) -> Task:
    """1 for a caption of at most `free` times the reference's length."""
    scorer = OverlongGuard(unit, free, most)
    return _task("overlong", setting, scorer, Column("Not overlong", table=False))


def refusal(setting: Setting) -> Task:
    """1 for a caption that does not decline to be one."""
    return _task("refusal", setting, RefusalGuard(), Column("No refusal", table=False))


def _task(name: str, setting: Setting, scorer: Scorer, *columns: Column) -> Task:
    protocol = setting.protocol
    name = f"ugc/reward/{name}"
    return Task(
        name=name,
        version=1,
        sample=_sample,
        prompt=lambda sample: _prompt(name, protocol, sample),
        scorer=scorer,
        columns=columns,
        fingerprint=digest([protocol.prompts, read_text("prompts", "caption")]),
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
        meta=clip.meta,
    )


def _prompt(name: str, protocol: Protocol, sample: Sample) -> Prompt:
    asked = sample.question if protocol.prompts == "dataset" else None
    return Prompt(
        task=name,
        sample_id=sample.id,
        text=asked.strip() if asked else read_text("prompts", "caption"),
        media=sample.media,
        profile=protocol.profile,
        sampling=protocol.sampling,
    )
