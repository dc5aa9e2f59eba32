"""Which fields has an annotation, what may their values be, and how are they read and set?

A field is named by its group and its own name: `audio.tone`, `visual.texts`, `joint.caption`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ugcbench.errors import UnknownNameError
from ugcbench.plugins import nearest
from ugcbench_curate.annotations import (
    Annotation,
    Heard,
    Joint,
    OnScreenText,
    Provenance,
    Said,
    Seen,
    SeenObject,
)

Kind = Literal["number", "flag", "choice", "text", "list", "texts", "objects"]
Group = Literal["audio", "visual", "joint"]
AnySaid: TypeAlias = Said[Any]
GROUPS: Mapping[Group, type[BaseModel]] = {"audio": Heard, "visual": Seen, "joint": Joint}


@dataclass(frozen=True, slots=True)
class AnnotationField:
    """One field: `said` is the type of its value with provenance, `kind` how people write it.

    `labels` are the values of a choice.
    """

    group: Group
    name: str
    description: str
    kind: Kind
    said: type[AnySaid]
    labels: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The field's full name."""
        return f"{self.group}.{self.name}"

    @property
    def value(self) -> FieldInfo:
        """The type of its value with all its bounds, as pydantic describes fields."""
        return self.said.model_fields["value"]

    def say(self, value: object, provenance: Provenance) -> AnySaid:
        """The checked value with its provenance; raises `pydantic.ValidationError`."""
        return self.said.model_validate({"value": value, "provenance": provenance})


def _list_fields() -> Iterable[AnnotationField]:
    for group in GROUPS:
        for name, info in GROUPS[group].model_fields.items():
            (said,) = (each for each in get_args(info.annotation) if each is not type(None))
            kind, labels = _classify(said.model_fields["value"].annotation)
            yield AnnotationField(group, name, info.description or "", kind, said, labels)


def _classify(value: Any) -> tuple[Kind, tuple[str, ...]]:  # noqa: ANN401 - a type
    if get_origin(value) is Literal:
        return "choice", get_args(value)
    if get_origin(value) is tuple:
        kinds: dict[Any, Kind] = {OnScreenText: "texts", SeenObject: "objects"}
        return kinds.get(get_args(value)[0], "list"), ()
    simple: dict[Any, Kind] = {bool: "flag", int: "number"}
    return simple.get(value, "text"), ()


FIELDS: Mapping[str, AnnotationField] = MappingProxyType({f.path: f for f in _list_fields()})
"""Every field by its full name, in the order of the schema."""


def find_field(path: str) -> AnnotationField:
    """The field of that name; raises `UnknownNameError`."""
    if path not in FIELDS:
        raise UnknownNameError(
            f"an annotation has no field {path!r}{nearest(path, FIELDS)}; "
            f"its fields are: {', '.join(FIELDS)}"
        )
    return FIELDS[path]


def find_fields(names: Iterable[str]) -> tuple[AnnotationField, ...]:
    """The fields that names of fields and of groups mean, in the order of the schema.

    Raises `UnknownNameError`.
    """
    wanted: set[str] = set()
    for name in names:
        wanted |= {f.path for f in FIELDS.values() if f.group == name} or {find_field(name).path}
    return tuple(field for path, field in FIELDS.items() if path in wanted)


def get_said(annotation: Annotation, path: str) -> AnySaid | None:
    """What an annotation says in a field, or None if nobody has said anything yet."""
    group, _, name = path.partition(".")
    said: AnySaid | None = getattr(getattr(annotation, group), name)
    return said


def set_said(annotation: Annotation, said: Mapping[str, AnySaid | None]) -> Annotation:
    """The annotation with the values of the fields `said`, which must be checked ones."""
    changes: dict[str, dict[str, AnySaid | None]] = {}
    for path, value in said.items():
        group, _, name = path.partition(".")
        changes.setdefault(group, {})[name] = value
    groups = {
        group: getattr(annotation, group).model_copy(update=values)
        for group, values in changes.items()
    }
    return annotation.model_copy(update=groups)


def all_said(annotation: Annotation) -> dict[str, AnySaid]:
    """All that is said of a clip, by field."""
    found = ((path, get_said(annotation, path)) for path in FIELDS)
    return {path: said for path, said in found if said is not None}
