"""What exactly is a teacher asked, and when is a question the same as one that was answered?

A question is known by its content: the clip's bytes, the prompt's text, the media profile and the
sampling, and the teacher. So a clip may be renamed or moved, and more clips may be added, and
nothing is asked twice; another prompt is another question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

from ugcbench.models import Fake, address
from ugcbench.plugins import Registry, create
from ugcbench.protocol import Protocol
from ugcbench.specs import Judge, Setting, Task
from ugcbench.types import Clip, Prompt, Sample
from ugcbench_train.distillation.sources import Source


@dataclass(frozen=True, slots=True)
class ClipSet:
    """Clips without gold, as a dataset.

    The revision stays as clips are added: what is stored belongs to a clip's bytes, whatever else
    is asked about.
    """

    name: str
    clips: tuple[Source, ...] = ()
    revision: str = "by-content"

    def __iter__(self) -> Iterator[Clip]:
        for clip in self.clips:
            meta = {"sha256": clip.sha256, "prompt": clip.prompt}
            yield Clip(id=clip.id, media=clip.path, gold={}, meta=meta)


def make_question(
    registry: Registry, task: str, protocol: Protocol, teacher: str, wording: str | None = None
) -> Task:
    """The task whose prompt the teacher gets, about any clip of a `ClipSet`.

    `wording` stands in place of the task's own. Under a protocol that asks in the dataset's words,
    a row's own prompt does. Raises `UnknownNameError`.
    """
    # A task that is judged is built with a judge; here only its prompt is used.
    setting = Setting(protocol, Judge("nobody", Fake()))
    named = cast(Task, create(registry.task(task), setting=setting))

    def prompt(sample: Sample) -> Prompt:
        asked = named.prompt(sample)
        return asked if wording is None else asked.model_copy(update={"text": wording})

    def sample(clip: Clip) -> Sample:
        bare = Sample(
            id="", clip=clip.id, media=clip.media, answer="", question=clip.meta["prompt"]
        )
        asked = prompt(bare).model_copy(update={"media": clip.meta["sha256"]})
        return bare.model_copy(update={"id": address(teacher, asked)})

    return replace(named, sample=sample, prompt=prompt)
