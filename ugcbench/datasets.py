"""Which dataset does a name or a path mean?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from ugcbench.errors import UnknownNameError, UsageError
from ugcbench.plugins import Registry, create
from ugcbench.specs import Dataset, DatasetSpec


def open_dataset(
    registry: Registry, wanted: str | Path, options: Mapping[str, Any]
) -> tuple[Dataset, str]:
    """The dataset that a name, `name@revision` or a path means, and its group of tasks.

    A registered name goes before a file of that name. Raises a `UsageError` for what is unknown or
    can't be opened.
    """
    name = str(wanted)
    if not registry.has_dataset(name) and Path(wanted).exists():
        opener = _find_opener(registry, Path(wanted))
        if opener is None:
            raise UsageError("no installed plugin can open a dataset from a path")
        return cast(Dataset, create(opener, options, path=Path(wanted))), opener.group
    stem = name.partition("@")[0]
    if "/" in name or "." in stem:
        raise UnknownNameError(f"{wanted}: no such dataset file or directory")
    spec = registry.dataset(name)
    return cast(Dataset, create(spec, options)), spec.group


def _find_opener(registry: Registry, path: Path) -> DatasetSpec | None:
    """The dataset spec that opens `path`: one whose marks are there, else one for any path."""
    openers = [spec for spec in registry.datasets.values() if spec.paths]
    for spec in openers:
        if any(path.name == mark or (path / mark).is_file() for mark in spec.marks):
            return spec
    return next((spec for spec in openers if not spec.marks), None)


def default_dataset(registry: Registry, tasks: str | Sequence[object]) -> DatasetSpec:
    """The first dataset of the group that the first of `tasks` belongs to.

    Raises `UnknownNameError` for a task that is not known, `UsageError` if no dataset fits.
    """
    names = tasks.split(",") if isinstance(tasks, str) else tasks
    groups = [_find_group(registry, name.strip()) for name in names if isinstance(name, str)]
    wanted = next((group for group in groups if group is not None), None)
    for spec in registry.datasets.values():
        if not spec.paths and wanted in (None, spec.group):
            return spec
    own = [spec for spec in registry.datasets.values() if spec.marks and spec.group == wanted]
    hint = "".join(f"; {spec.name} is {spec.summary}" for spec in own)
    raise UsageError(f"no dataset is known for these tasks; add --dataset NAME or PATH{hint}")


def _find_group(registry: Registry, name: str) -> str | None:
    """The group of a task or a group's own name; None for `all`."""
    if name == "all":
        return None
    is_group = any(spec.group == name for spec in registry.tasks.values())
    return name if is_group else registry.task(name).group
