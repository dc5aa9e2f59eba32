"""What is a model asked about a clip, and how is its reply read?

One prompt for each stage (audio, visual, joint), whose reply is one JSON object with a key for each
field; null means that the model can't tell.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from ugcbench.complaints import describe
from ugcbench.protocol import PROTOCOLS, digest
from ugcbench.scorers.judge import fence
from ugcbench.scorers.replies import find_json, without_thought
from ugcbench.types import Prompt, Sample, Sampling
from ugcbench_curate.annotations import Provenance
from ugcbench_curate.fields import AnnotationField, AnySaid, Group

MAX_TOKENS = 4096
SHOWN = 2000
"""Characters of an unreadable reply that are shown to the model again."""


@dataclass(frozen=True)
class Stage:
    """The fields of one group that a model is asked for."""

    group: Group
    fields: tuple[AnnotationField, ...]

    @cached_property
    def name(self) -> str:
        """The task's name in a run; it changes with every word of the prompt and the schema."""
        return f"draft/{self.group}@{digest([self.text, self.schema], length=8)}"

    @cached_property
    def text(self) -> str:
        """The prompt's text, the same for all clips."""
        file = resources.files("ugcbench_curate") / "annotating" / "prompts" / f"{self.group}.txt"
        fields = "\n".join(f"- {field.name}: {_describe(field)}" for field in self.fields)
        return string.Template(file.read_text("utf-8").strip()).substitute(fields=fields)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the reply."""
        keys: dict[str, Any] = {
            field.name: (field.value.rebuild_annotation() | None, ...) for field in self.fields
        }
        closed = ConfigDict(extra="forbid")
        reply: type[BaseModel] = create_model(f"{self.group}_draft", __config__=closed, **keys)
        return reply.model_json_schema()

    def prompt(self, sample: Sample) -> Prompt:
        """What the model is asked about a clip."""
        protocol = PROTOCOLS["v1"]
        return Prompt(
            task=self.name,
            sample_id=sample.id,
            text=self.text,
            media=sample.media,
            profile=protocol.profile,
            sampling=Sampling(max_tokens=MAX_TOKENS),
            output_schema=self.schema,
            fields={field.path: field.description for field in self.fields},
        )

    def prompt_again(self, sample: Sample, reply: str, problems: str) -> Prompt:
        """The same prompt with what was wrong with the reply."""
        note = f"Your last reply could not be read ({problems}). It was:"
        text = f"{self.text}\n\n{note}\n{fence('reply', reply[:SHOWN])}\nAnswer again."
        return self.prompt(sample).model_copy(update={"text": text})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply says by field, and what in it could not be read, in words."""

    said: Mapping[str, AnySaid]
    problems: tuple[str, ...] = ()


def read_reply(stage: Stage, text: str, provenance: Provenance) -> Reading:
    """Read a reply as far as it can be read: each field counts for itself."""
    values = _find_object(stage, text)
    if values is None:
        return Reading({}, ("it holds no JSON object with these keys, or several",))
    said: dict[str, AnySaid] = {}
    problems: list[str] = []
    for field in stage.fields:
        value = values.get(field.name)
        if value is None:
            continue
        try:
            said[field.path] = field.say(value, provenance)
        except ValidationError as error:
            problems.append(describe(error, place=field.name).replace(".value", "", 1))
    return Reading(said, tuple(problems))


def _find_object(stage: Stage, text: str) -> Mapping[str, Any] | None:
    """The one object of a reply that has any of the keys, whatever stands around it.

    An empty one alone is what a detector replies that can't tell anything.
    """
    if text.strip() == "{}":
        return {}
    keys = {field.name for field in stage.fields}
    found: list[Mapping[str, Any]] = []
    for value in find_json(without_thought(text)) or ():
        if isinstance(value, dict) and keys & value.keys() and value not in found:
            found.append(value)
    return found[0] if len(found) == 1 else None


def _describe(field: AnnotationField) -> str:
    labels = f" One of: {json.dumps(field.labels)}." if field.labels else ""
    return field.description + labels
