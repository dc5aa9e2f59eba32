"""Which tasks does UGC-VideoCap consist of?

Each function builds one task for a setting; the specs in this package's `__init__` name them.
Source: UGC-VideoCap paper, sections 3 to 5 and Table 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeVar

from ugcbench.errors import UsageError
from ugcbench.protocol import Protocol, digest
from ugcbench.scorers.choice import ChoiceScorer
from ugcbench.scorers.judge import JudgedScorer, JudgeVerdict, Rubric
from ugcbench.scorers.ngram import NgramScorer
from ugcbench.specs import Column, Scorer, Setting, Task
from ugcbench.types import Clip, Prompt, Sample
from ugcbench_tasks import verdicts
from ugcbench_tasks.wording import dataset_question, own_question, read_text


def choice(setting: Setting, *, name: str, gold: str, label: str) -> Task:
    """A multiple choice, scored by accuracy, with the majority's share as baseline."""
    scorer = ChoiceScorer(setting.protocol.choice)
    return _task(setting, name, gold, scorer, (Column(label),), baseline=True)


def ocr(setting: Setting) -> Task:
    """Reading the on-screen text, scored by n-gram overlap with the gold lines."""
    variant = setting.protocol.ngram
    task = _task(setting, "ocr", "ocr", NgramScorer(variant), (Column("OCR"),))
    return replace(task, scores_empty=variant == "ocr-keep-empty")


def background(setting: Setting) -> Task:
    """Describing background changes, judged consistent or not."""
    scorer = _judged(setting, "background", verdicts.background_rubric())
    return _task(setting, "background", "background", scorer, (Column("Background"),))


def objects(setting: Setting) -> Task:
    """Listing the objects, scored by the share of the gold objects that a judge finds matched."""
    scorer = _judged(setting, "objects", verdicts.objects_rubric())
    return _task(setting, "objects", "objects", scorer, (Column("Objects"),))


def caption(setting: Setting) -> Task:
    """The final caption, judged on audio, visual and details."""
    columns = (
        Column("Caption: audio", "audio"),
        Column("Caption: visual", "visual"),
        Column("Caption: details", "details"),
        Column("Caption: average", "average", table=False),
    )
    scorer = _judged(setting, "caption", verdicts.caption_rubric())
    return _task(setting, "caption", "final_caption", scorer, columns)


def single_caption(
    setting: Setting, *, name: str, modality: Literal["heard", "seen"], label: str
) -> Task:
    """A caption of only what can be heard, or seen, judged by one level."""
    scorer = _judged(setting, name, verdicts.single_caption_rubric(modality))
    return _task(setting, name, name, scorer, (Column(label, table=False),))


V = TypeVar("V", bound=JudgeVerdict)


def _judged(setting: Setting, name: str, rubric: Rubric[V]) -> JudgedScorer[V]:
    if setting.judge is None:
        raise UsageError(
            f"ugc/{name} needs a judge: add --judge NAME "
            "(`ugcbench list judges`; `--judge lexical` needs no key, but is only a smoke test)"
        )
    if setting.judge.recorded:
        rubric = verdicts.released(rubric)
    return JudgedScorer(rubric, setting.judge, setting.protocol.judge)


def _task(
    setting: Setting,
    name: str,
    gold: str,
    scorer: Scorer,
    columns: tuple[Column, ...],
    *,
    baseline: bool = False,
) -> Task:
    protocol = setting.protocol
    return Task(
        name=f"ugc/{name}",
        version=1,
        sample=_sampler(gold),
        prompt=_prompter(name, protocol),
        scorer=scorer,
        columns=columns,
        fingerprint=digest([protocol.prompts, read_text("prompts", name)]),
        baseline=baseline,
    )


def _sampler(key: str) -> Callable[[Clip], Sample | None]:
    def sample(clip: Clip) -> Sample | None:
        gold = clip.gold.get(key)
        if gold is None:
            return None
        return Sample(
            id=clip.id,
            clip=clip.id,
            media=clip.media,
            answer=gold.answer,
            choices=gold.choices,
            question=gold.question,
            meta=clip.meta,
        )

    return sample


def _prompter(name: str, protocol: Protocol) -> Callable[[Sample], Prompt]:
    ask = dataset_question if protocol.prompts == "dataset" else own_question

    def prompt(sample: Sample) -> Prompt:
        return Prompt(
            task=f"ugc/{name}",
            sample_id=sample.id,
            text=ask(name, sample),
            media=sample.media,
            profile=protocol.profile,
            sampling=protocol.sampling,
            choices=sample.choices,
        )

    return prompt
