"""Which reader takes over what was annotated elsewhere?"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Literal

from ugcbench.errors import DatasetError, UsageError
from ugcbench.plugins import Registry
from ugcbench_curate.annotating.label_studio import Mapped, is_label_studio, read_label_studio
from ugcbench_curate.annotating.rows import Imported, build_annotations
from ugcbench_curate.annotating.tables import has_columns, read_table
from ugcbench_curate.fields import find_field

Kind = Literal["dataset", "label-studio", "table"]
_ANNOTATION = {"version", "id", "media"}


def import_annotations(
    source: str,
    folder: Path,
    registry: Registry,
    *,
    kind: Kind | None = None,
    annotator: str | None = None,
    videos: Path | None = None,
    fields: Mapping[str, str] | None = None,
) -> Imported:
    """The annotations that a dataset's name or a path stands for, as they will lie in `folder`.

    Args:
        source: a registered dataset, a directory in the official layout, or a file.
        folder: where the annotations will be written.
        registry: the plugins.
        kind: what the source is; by default that is seen from it.
        annotator: the pseudonym of who annotated it, where it doesn't say.
        videos: the folder of the clips; by default the dataset's own, or the file's.
        fields: for Label Studio, the field behind a control that isn't named like one.

    Raises `UsageError`, `DatasetError`.

    """
    path = Path(source)
    kind = kind or _recognize(source, registry)
    if kind == "dataset":
        return _import_dataset(source, folder, registry, annotator, videos)
    clips = path.parent if videos is None else videos
    try:
        if kind == "table":
            return build_annotations(read_table(path, annotator), clips, folder)
        mapped = Mapped({name: find_field(field).path for name, field in (fields or {}).items()})
        found = build_annotations(read_label_studio(path, mapped), clips, folder)
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: can't be read: {error}") from None
    notes = tuple(
        f"the control {name!r} fills no field; say which by --map {name}=FIELD"
        for name in sorted(mapped.ignored)
    )
    return Imported(found.annotations, found.problems, notes)


def _import_dataset(
    source: str, folder: Path, registry: Registry, annotator: str | None, videos: Path | None
) -> Imported:
    from ugcbench.datasets import open_dataset
    from ugcbench_curate.annotating.gold import import_gold

    options = {} if videos is None else {"videos": videos}
    return import_gold(open_dataset(registry, source, options)[0], folder, annotator)


def _recognize(source: str, registry: Registry) -> Kind:
    """What a source is, by its name and its first row."""
    path = Path(source)
    if registry.has_dataset(source) or path.is_dir() or not path.exists():
        return "dataset"
    names = _find_names(path)
    if is_label_studio(names):
        return "label-studio"
    if path.suffix == ".csv" or has_columns(names):
        return "table"
    if set(names) >= _ANNOTATION:
        raise UsageError(f"{path}: these are annotations already; nothing is to be taken over")
    return "dataset"


def holds_annotations(path: Path) -> bool:
    """Whether it is a file as `ugcbench_curate.annotating.files` writes them."""
    return path.suffix == ".jsonl" and path.is_file() and set(_find_names(path)) >= _ANNOTATION


def _find_names(path: Path) -> list[str]:
    try:
        return _read_names(path)
    except (OSError, ValueError):
        return []


def _read_names(path: Path) -> list[str]:
    """The columns of a table, or the keys of the first object of a file; raises `ValueError`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix == ".csv":
            return next(csv.reader(file), [])
        if path.suffix == ".jsonl":
            first = next((line for line in islice(file, 1000) if line.strip()), "null")
            row = json.loads(first)
        else:
            row = next(iter(json.load(file)), None)
    return list(row) if isinstance(row, dict) else []
