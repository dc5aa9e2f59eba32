"""Which field feeds which task, and under which question?

One TOML file a task, named after its gold key. A team lays files of its own over the shipped ones:
a file of the same name replaces one, any other adds a task.

    field = "audio.voice_source"           # whose value is the answer
    file = "voice_source.json"             # in the benchmark
    kind = "choice"                        # or text, objects, lines (a .jsonl file, no question)
    question = "Whose voice is heard ...?"
    options = ["Narration", "In-Video Voice", "Out-Video Voice"]

    [unless]                               # then a clip has no sample
    field = "audio.speakers"
    value = 0
    reason = "no voice"
"""

from __future__ import annotations

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from ugcbench.complaints import describe
from ugcbench.errors import UgcbenchError, UsageError
from ugcbench.paths import check_file_name
from ugcbench.protocol import digest
from ugcbench.types import Frozen
from ugcbench_curate.fields import FIELDS, find_field

Kind = Literal["choice", "text", "objects", "lines"]
RESERVED = frozenset({"manifest.json", "report.json", "videos"})
"""Names in the benchmark's folder that no template may take."""

_KINDS = {
    "choice": {"choice", "flag"},
    "text": {"text"},
    "objects": {"objects"},
    "lines": {"texts", "list"},
}
"""The kinds of field that each kind of task can be made of."""

FLAGS = {True: "Yes", False: "No"}
"""The labels of a field that is true or false."""


def _check_field(path: str) -> str:
    try:
        return find_field(path).path
    except UgcbenchError as error:
        raise ValueError(str(error)) from None


FieldPath = Annotated[str, AfterValidator(_check_field)]


class Unless(Frozen):
    """A value of another field with which a clip has no sample, and why, in two or three words."""

    field: FieldPath
    value: bool | int | str
    reason: str = Field(min_length=1)


class Template(Frozen):
    """How the samples of one task are made; `name` is its gold key."""

    name: str
    field: FieldPath
    file: Annotated[str, AfterValidator(check_file_name)]
    kind: Kind
    question: str | None = None
    options: tuple[str, ...] = ()
    unless: Unless | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        field = FIELDS[self.field]
        if field.kind not in _KINDS[self.kind]:
            raise ValueError(f"{self.field} is a {field.kind}, which gives no {self.kind} task")
        ending = ".jsonl" if self.kind == "lines" else ".json"
        if not self.file.endswith(ending) or self.file in RESERVED:
            raise ValueError(f"file: {self.file!r} must end in {ending} and be none of its own")
        if (self.question is None) != (self.kind == "lines"):
            raise ValueError("all tasks but those of kind lines need a question")
        labels = set(FLAGS.values()) if field.kind == "flag" else set(field.labels)
        if self.kind == "choice" and set(self.options) != labels:
            raise ValueError(f"options: must be, in any order, {', '.join(sorted(labels))}")
        if self.kind != "choice" and self.options:
            raise ValueError("options: only a choice has any")
        return self


def load_templates(folder: Path | None = None) -> tuple[Template, ...]:
    """The shipped templates with those of `folder` laid over them, by name.

    Raises `UsageError` that names the file of what is wrong.
    """
    if folder is not None and not any(folder.glob("*.toml")):
        raise UsageError(f"{folder}: holds no template; they are files <gold key>.toml")
    shipped = resources.files("ugcbench_curate") / "building" / "templates"
    files: dict[str, Traversable] = {file.name: file for file in shipped.iterdir()}
    files |= {file.name: file for file in folder.glob("*.toml")} if folder else {}
    templates = tuple(_load(files[name]) for name in sorted(files))
    taken: dict[str, str] = {}
    for template in templates:
        if template.file in taken:
            raise UsageError(
                f"the templates {taken[template.file]} and {template.name} both write "
                f"{template.file}; change one of them"
            )
        taken[template.file] = template.name
    return templates


def hash_templates(templates: tuple[Template, ...]) -> str:
    """Twelve hexadecimal digits that change with any word of the templates."""
    return digest([template.model_dump(mode="json") for template in templates])


def _load(file: Traversable) -> Template:
    try:
        values = tomllib.loads(file.read_text("utf-8"))
        return Template.model_validate({"name": file.name.removesuffix(".toml"), **values})
    except ValidationError as error:
        raise UsageError(f"{file}: {describe(error, Template.model_fields)}") from None
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from None
