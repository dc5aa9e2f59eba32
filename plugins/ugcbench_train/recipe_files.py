"""How does a file, with what was typed beside it, become a recipe?

Recipes that come with the package are asked for by name, others by path. A relative path in a
file starts from the file's folder, in `--set a.b=c` from the working directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ugcbench.errors import MissingExtraError, UnknownNameError, UsageError
from ugcbench.plugins import nearest
from ugcbench_train.recipe import Recipe, Typed

SUFFIXES = (".yaml", ".yml", ".json")


def load_recipe(name: str | Path, settings: Iterable[str] = ()) -> Recipe:
    """The recipe of that name or path, with `settings` such as `grpo.group=4` in place.

    Raises a `UsageError` that names the file and each field that is wrong.
    """
    path = find_recipe(name)
    values = _parse(path)
    for setting in settings:
        _set(values, setting)
    # A recipe that comes with the package speaks of the user's files.
    folder = Path.cwd() if path.parent == bundled_folder() else path.absolute().parent
    try:
        return Recipe.model_validate(values, context={"folder": folder})
    except ValidationError as error:
        faults = list(dict.fromkeys(_explain(error)))
        gap = " " if len(faults) == 1 else "\n  "
        raise UsageError(f"{name}:{gap}{gap.join(faults)}") from None


def bundled_folder() -> Path:
    """Where the recipes lie that come with the package."""
    return Path(str(resources.files("ugcbench_train"))) / "recipes"


def bundled_recipes() -> Mapping[str, Path]:
    """The recipes that come with the package, by name."""
    return {path.stem: path for path in sorted(bundled_folder().glob("*.yaml"))}


def summary_of(path: Path) -> str:
    """What a recipe's first line, a comment, says of it."""
    with path.open(encoding="utf-8") as file:
        return file.readline().strip().lstrip("# ")


def find_recipe(name: str | Path) -> Path:
    """The file of a recipe; raises `UnknownNameError` or `UsageError` if there is none."""
    path = Path(name).expanduser()
    if path.is_file():
        return path
    bundled = bundled_recipes()
    if str(name) in bundled:
        return bundled[str(name)]
    if path.suffix in SUFFIXES or len(path.parts) > 1:
        raise UsageError(f"there is no recipe file {name}; check the path")
    hint = nearest(str(name), bundled)
    raise UnknownNameError(
        f"there is neither a recipe nor a file {str(name)!r}{hint}; see `ugcbench train recipes`"
    )


def _parse(path: Path) -> dict[str, Any]:
    yaml = _import_yaml()
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text file; a recipe is YAML in UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it can't be read"
        raise UsageError(f"{path}{line}: this is no YAML: {problem}") from None
    if not isinstance(values, dict):
        raise UsageError(f"{path} is no recipe; print one with `ugcbench train recipes sft-1k`")
    return values


def _import_yaml() -> Any:  # noqa: ANN401
    try:
        import yaml
    except ModuleNotFoundError:
        raise MissingExtraError(
            "reading a recipe needs PyYAML: pip install 'ugcbench[train]'"
        ) from None
    return yaml


def _set(values: dict[str, Any], setting: str) -> None:
    """Put what was typed as `a.b=c` into the values of a recipe."""
    name, equals, text = setting.partition("=")
    if not equals or not name:
        raise UsageError(f"--set {setting!r} is not of the form field=value, such as seed=1")
    *groups, field = name.split(".")
    inner: Any = values
    kind: Any = Recipe
    for group in groups:
        default, kind = _look_up(kind, group)
        if inner.get(group) is None:
            inner[group] = default
        inner = inner[group]
        if not isinstance(inner, dict):
            raise UsageError(f"--set {setting}: {group} is a value of its own, not a group")
    inner[field] = _read_value(text)


def _look_up(kind: Any, group: str) -> tuple[dict[str, Any], Any]:  # noqa: ANN401
    """With what a group begins that a file doesn't have, and what kind of group it is."""
    field = getattr(kind, "model_fields", {}).get(group)
    if field is None:
        return {}, None
    default = dict(field.default) if isinstance(field.default, Mapping) else {}
    return default, _group_in(field.annotation)


def _group_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401
    kinds = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)


def _read_value(text: str) -> Any:  # noqa: ANN401
    yaml = _import_yaml()
    try:
        return _mark_typed(yaml.safe_load(text))
    except yaml.YAMLError:
        return Typed(text)


def _mark_typed(value: Any) -> Any:  # noqa: ANN401
    match value:
        case str():
            return Typed(value)
        case list():
            return [_mark_typed(each) for each in value]
        case dict():
            return {key: _mark_typed(each) for key, each in value.items()}
    return value


def _explain(error: ValidationError) -> Iterator[str]:
    """One line for each thing that is wrong: the field's dotted name, and what to write."""
    for fault in error.errors(include_url=False):
        # Alternatives of a type stand in the place as if they were fields: `tuple[str, ...]`.
        place = [str(part) for part in fault["loc"] if not re.match(r"\w+\[", str(part))]
        what = _say(fault["type"], fault["msg"], fault["input"], place)
        yield f"{'.'.join(place)}: {what}" if place else what


def _say(kind: str, message: str, given: object, place: Sequence[str]) -> str:
    match kind:
        case "extra_forbidden":
            known = _fields_at(place[:-1])
            return f"there is no such field{nearest(place[-1], known)}; known: {', '.join(known)}"
        case "missing":
            return "this field is needed"
        case "model_type":
            return f"this is a group of fields: {', '.join(_fields_at(place))}"
        case "tuple_type":
            return f"this is a list: [{given}]"
        case "value_error":
            return message.removeprefix("Value error, ")
    shown = str(given) if isinstance(given, str) else given
    return f"{message.replace('Input should', 'it should')}, not {shown!r}"


def _fields_at(place: Sequence[str]) -> list[str]:
    """The names of the fields of a group."""
    kind: Any = Recipe
    for group in place:
        kind = _look_up(kind, group)[1]
    return list(getattr(kind, "model_fields", {}))
