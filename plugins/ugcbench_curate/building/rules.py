"""When has a clip a sample for a task, and what is the answer?

In this order; the first rule that applies is the reason why there is none:

    contradiction     the answer's field and another of the clip can't both be right
    <its own>         the template's `unless`, such as `no voice`
    absent            nobody has said anything in the field
    draft             a model said it and nobody has confirmed it; see `allow_drafts`
    empty             there is nothing: no objects, no text on the screen, a blank
    same clip         another clip with the same bytes comes before it
    leak              the question gives the answer away
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ugcbench_curate.annotations import Annotation, OnScreenText
from ugcbench_curate.building.templates import FLAGS, Template
from ugcbench_curate.fields import AnySaid, all_said, get_said, set_said
from ugcbench_curate.object_lists import write_objects

Answer = str | tuple[str, ...]
PLACEHOLDERS = frozenset({"none", "n/a", "null"})
"""What people write where there is no text on the screen."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class BuiltSample:
    """The answer of a clip, and what it was taken from."""

    annotation: Annotation
    answer: Answer
    said: AnySaid


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a clip has no sample."""

    annotation: Annotation
    rule: str


def apply_rules(
    annotations: Sequence[Annotation], template: Template, *, allow_drafts: bool = False
) -> tuple[list[BuiltSample], list[Refusal]]:
    """The samples of a task and the clips that have none, both by clip id."""
    samples: list[BuiltSample] = []
    refusals: list[Refusal] = []
    copies = find_copies(annotations)
    for annotation in sorted(annotations, key=lambda each: each.id):
        result = _judge(annotation, template, copies, allow_drafts=allow_drafts)
        if isinstance(result, BuiltSample):
            samples.append(result)
        else:
            refusals.append(result)
    return samples, refusals


def _judge(
    annotation: Annotation, template: Template, copies: Mapping[str, str], *, allow_drafts: bool
) -> BuiltSample | Refusal:
    known = annotation if allow_drafts else without_drafts(annotation)
    if any(template.field in fields for fields, _ in find_contradictions(known)):
        return Refusal(annotation, "contradiction")
    if template.unless and _holds(known, template.unless.field, template.unless.value):
        return Refusal(annotation, template.unless.reason)
    said = get_said(known, template.field)
    if said is None:
        drafted = get_said(annotation, template.field) is not None
        return Refusal(annotation, "draft" if drafted else "absent")
    answer = write_answer(said.value)
    if not answer:
        return Refusal(annotation, "empty")
    if annotation.id in copies:
        return Refusal(annotation, "same clip")
    if isinstance(answer, str) and gives_away(template, answer):
        return Refusal(annotation, "leak")
    return BuiltSample(annotation, answer, said)


def without_drafts(annotation: Annotation) -> Annotation:
    """Only what people said or confirmed."""
    drafts = (path for path, said in all_said(annotation).items() if said.provenance.draft)
    return set_said(annotation, dict.fromkeys(drafts))


def _holds(annotation: Annotation, path: str, value: object) -> bool:
    said = get_said(annotation, path)
    return said is not None and said.value == value


def write_answer(value: object) -> Answer:
    """The answer as it stands in the benchmark; empty if there is nothing.

    Lines are joined into one, a text that is shown again is listed once, at its first place.
    """
    if isinstance(value, bool):
        return FLAGS[value]
    if not isinstance(value, tuple):
        return str(value).strip()
    if all(isinstance(each, str | OnScreenText) for each in value):
        lines = (" ".join(_text_of(each).split()) for each in _in_order(value))
        return tuple(dict.fromkeys(t for t in lines if t and t.casefold() not in PLACEHOLDERS))
    return write_objects(value)


def _text_of(line: str | OnScreenText) -> str:
    return line if isinstance(line, str) else line.text


def _in_order(lines: Sequence[str | OnScreenText]) -> Sequence[str | OnScreenText]:
    """By the time of their appearance if that is known of all, else as they are listed."""
    starts = [line.start for line in lines if isinstance(line, OnScreenText)]
    timed = [start for start in starts if start is not None]
    if len(timed) < len(lines):
        return lines
    return [lines[place] for place in sorted(range(len(lines)), key=timed.__getitem__)]


def find_contradictions(annotation: Annotation) -> Iterator[tuple[frozenset[str], str]]:
    """Fields that can't all be right, and why."""
    heard = annotation.audio
    if heard.speakers is not None and heard.speakers.value == 0:
        for name in ("gender", "voice_source"):
            if getattr(heard, name) is not None:
                fields = frozenset({"audio.speakers", f"audio.{name}"})
                yield fields, f"nobody speaks, yet there is a {name.replace('_', ' ')}"
    if heard.music is not None and not heard.music.value and heard.music_style is not None:
        fields = frozenset({"audio.music", "audio.music_style"})
        yield fields, "there is no music, yet it has a style"


def find_copies(annotations: Iterable[Annotation]) -> Mapping[str, str]:
    """By clip id, the clip of the same bytes that comes before it."""
    first: dict[str, str] = {}
    copies: dict[str, str] = {}
    for annotation in sorted(annotations, key=lambda each: each.id):
        if annotation.sha256 is not None:
            original = first.setdefault(annotation.sha256, annotation.id)
            if original != annotation.id:
                copies[annotation.id] = original
    return copies


def gives_away(template: Template, answer: str) -> bool:
    """Whether the question holds the answer, word for word.

    A question that names every option gives nothing away.
    """
    asked = _words(template.question or "")
    if not _stands_in(_words(answer), asked):
        return False
    others = [option for option in template.options if option != answer]
    return not others or not all(_stands_in(_words(other), asked) for other in others)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _stands_in(part: Sequence[str], whole: Sequence[str]) -> bool:
    places = range(len(whole) - len(part) + 1)
    return bool(part) and any(list(whole[at : at + len(part)]) == list(part) for at in places)
