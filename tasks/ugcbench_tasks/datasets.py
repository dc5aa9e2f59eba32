"""Which reader opens a dataset?"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from ugcbench.errors import DatasetError
from ugcbench.specs import Dataset
from ugcbench_tasks.layout import OfficialLayout
from ugcbench_tasks.rows import READERS
from ugcbench_tasks.table import Table


def open_dataset(
    path: str | Path, *, videos: str | Path | None = None, name: str | None = None
) -> Dataset:
    """Open what lies at `path`: a directory in the official layout, or a table of rows.

    `videos` is the folder of the clips if it isn't the usual one, `name` what results call the
    dataset. Raises `DatasetError` if there is nothing that can be read.
    """
    source = Path(path)
    if source.is_dir():
        return OfficialLayout(source, videos=videos, name=name)
    if source.is_file() and source.suffix.lower() in READERS:
        return Table(source, videos=videos, name=name)
    problem = "no known kind of dataset" if source.exists() else "no such file or directory"
    raise DatasetError(
        f"{source}: {problem}; give a directory in the layout of UGC-VideoCap, "
        f"or a table: {', '.join(READERS)}"
    )


def mini() -> Dataset:
    """Open the mini benchmark, whose clips and gold ship inside this package."""
    return OfficialLayout(Path(str(resources.files("ugcbench_tasks") / "mini")), name="mini")
