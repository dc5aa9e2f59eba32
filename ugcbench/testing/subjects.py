"""What must be known of a model, a task or a dataset before its promises can be checked?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ugcbench.doctor.probes import BLANK, SPOKEN, SPOKEN_OTHER, WRITTEN
from ugcbench.models import Fake
from ugcbench.protocol import get_protocol
from ugcbench.specs import Dataset, Judge, Model, Setting, Task
from ugcbench.types import Clip, MediaProfile, Prompt, Sample, Sampling


class BrokenPromiseError(AssertionError):
    """A model, task or dataset does not do what all of its kind must; the message says what."""


class NotApplicableError(Exception):
    """There is nothing to check for this subject; the message says why."""


def demand(kept: bool, otherwise: str) -> None:
    """Raise `BrokenPromiseError` unless a promise is `kept`."""
    if not kept:
        raise BrokenPromiseError(otherwise)


def need(given: bool, otherwise: str) -> None:
    """Raise `NotApplicableError` unless what a check needs is `given`."""
    if not given:
        raise NotApplicableError(otherwise)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An adapter under test.

    Args:
        make: makes a model, a new one for each check, which closes it.
        clips: whether it can be asked about clips; a judge can only be asked by text.
        max_tokens: of each reply.
        observe: what the engine or the server was given by the last request, in a form that can be
            compared, such as a request's body or the bytes of a tensor.
        silent: makes a model whose engine says nothing.
        limited: makes a model for which `long_prompt` is too long.
        weights: what of a model takes the memory and must be freed by `close`; called after it has
            answered, and must return something that a weak reference can point at.
        skip: names of checks that don't apply, with the reason.

    """

    make: Callable[[], Model]
    clips: bool = True
    max_tokens: int = 16
    observe: Callable[[], object] | None = None
    silent: Callable[[], Model] | None = None
    limited: Callable[[], Model] | None = None
    weights: Callable[[Model], object] | None = None
    long_prompt: str = "word " * 100_000
    skip: Mapping[str, str] = field(default_factory=dict)

    def ask(self, text: str, clip: Path | None = None, name: str = "one") -> Prompt:
        """A prompt at temperature 0, about a clip if there is one."""
        return Prompt(
            task="contract/any",
            sample_id=name,
            text=text,
            media=str(clip) if clip else None,
            profile=MediaProfile() if clip else None,
            sampling=Sampling(max_tokens=self.max_tokens),
        )

    def prompts(self) -> list[Prompt]:
        """Prompts of several lengths: about clips with and without sound, if it takes clips."""
        clips = [SPOKEN.clip, BLANK, WRITTEN.clip, SPOKEN_OTHER.clip] if self.clips else [None] * 4
        return [
            self.ask(f"Describe it. {'Say more. ' * 3 * number}", clip, f"sample-{number}")
            for number, clip in enumerate([*clips, None])
        ]


def as_text(sample: Sample) -> str:
    """A sample's answer as one text; several lines become a JSON list."""
    answer = sample.answer
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class TaskSubject:
    """A task under test.

    Args:
        make: makes the task for a setting: the target of its `TaskSpec`.
        dataset: clips with gold for it, or the name of an installed dataset.
        verdict: what the judge replies, for a task that is judged: a verdict that it can read.
        perfect: the answer to a sample that must score 1, where the scoring is by rule.
        limit: only so many clips are looked at.
        skip: names of checks that don't apply, with the reason.

    """

    make: Callable[[Setting], Task]
    dataset: Iterable[Clip] | str = "mini"
    verdict: str | None = None
    perfect: Callable[[Sample], str] = as_text
    limit: int = 24
    skip: Mapping[str, str] = field(default_factory=dict)

    def build(self, protocol: str = "v1", judge: str = "scripted", says: str | None = None) -> Task:
        """The task, whose judge is called `judge` and `says` its verdict, or something else."""
        reply = self.verdict if says is None else says
        asked = None if reply is None else Judge(judge, Fake(reply))
        return self.make(Setting(get_protocol(protocol), asked))

    def clips(self) -> list[Clip]:
        """The clips that are looked at; raises `UnknownNameError` for a name nobody knows."""
        from ugcbench.datasets import open_dataset
        from ugcbench.plugins import Registry

        found = self.dataset
        if isinstance(found, str):
            found, _ = open_dataset(Registry(), found, {})
        return list(islice(found, self.limit))

    def samples(self, task: Task) -> list[Sample]:
        """What the task asks about the clips."""
        return [sample for clip in self.clips() if (sample := task.sample(clip)) is not None]


@dataclass(frozen=True, kw_only=True)
class DatasetSubject:
    """A dataset under test.

    Args:
        make: opens it; called several times.
        root: the folder out of which no clip's path may lead, if there is one.
        opened: so many clips are read, pictures and sound.
        skip: names of checks that don't apply, with the reason.

    """

    make: Callable[[], Dataset]
    root: Path | None = None
    opened: int = 3
    skip: Mapping[str, str] = field(default_factory=dict)
