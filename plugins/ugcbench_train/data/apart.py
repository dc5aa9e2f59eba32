"""Is everything that must not be trained on kept apart from the rows?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ugcbench.datasets import open_dataset
from ugcbench.errors import UsageError
from ugcbench.plugins import Registry
from ugcbench.types import Clip
from ugcbench_train.data.files import read_rows
from ugcbench_train.data.overlap import find_overlaps
from ugcbench_train.rows import Row

Others = Mapping[str, Iterable[Row | Clip]]
"""Collections of clips by what they are called."""


def open_others(test: Sequence[str], apart_from: Sequence[Path], registry: Registry) -> Others:
    """Open datasets, by name or path, and files of rows.

    Raises a `UsageError` for one that can't be opened.
    """
    datasets = {name: open_dataset(registry, name, {})[0] for name in test}
    return {**datasets, **{str(path): read_rows(path).rows for path in apart_from}}


def refuse_overlaps(
    rows: Sequence[Row], test: Sequence[str], apart_from: Sequence[Path], registry: Registry
) -> list[str]:
    """Compare rows with what must be kept apart from them; what was compared, a line for each.

    Raises `UsageError` that names the clips in common, and for what can't be opened.
    """
    compared = []
    for name, clips in open_others(test, apart_from, registry).items():
        found = find_overlaps(rows, clips)
        if found:
            raise UsageError(
                f"the rows must have no clip in common with {name}, but {found}; take these rows "
                f"out of the file, or {name} out of `test` or `apart_from`"
            )
        compared.append(f"{name}: {found}")
    return compared
