"""What must be known of an adapter before its promises can be checked?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ugcbench.doctor.probes import BLANK, SPOKEN, SPOKEN_OTHER, WRITTEN
from ugcbench.specs import Model
from ugcbench.types import MediaProfile, Prompt, Sampling


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
