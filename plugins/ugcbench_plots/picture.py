"""What comes of drawing, and how is it kept?"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ugcbench.errors import MissingExtraError, UsageError
from ugcbench.plaintext import join_lines
from ugcbench_plots.themes import Theme, styled

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

Row = Mapping[str, Any]
DPI = 160
UNDATED: Mapping[str, Mapping[str, str | None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}
"""By suffix what a file must not say of itself, so that the same numbers give the same bytes."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure with the numbers in it.

    `title` says what is seen, `rows` are the numbers drawn, `notes` what casts doubt on them.
    """

    title: str
    rows: tuple[Row, ...]
    figure: Figure
    theme: Theme
    notes: tuple[str, ...] = ()

    def save(self, path: str | Path) -> Path:
        """Write PNG, SVG or PDF, by the suffix; raises `UsageError` for another one, `OSError`."""
        path = Path(path)
        path.write_bytes(self._bytes(check_suffix(path)))
        return path

    def svg(self) -> bytes:
        """An SVG file, with the title for screen readers and all letters as outlines."""
        return self._bytes(".svg")

    def png(self) -> bytes:
        """A PNG file of 160 dots an inch."""
        return self._bytes(".png")

    def to_pandas(self) -> pandas.DataFrame:
        """The numbers drawn, as `rows` has them; needs `ugcbench[pandas]`."""
        import pandas as pd

        return pd.DataFrame(list(self.rows))

    def _bytes(self, suffix: str) -> bytes:
        kept = io.BytesIO()
        metadata = {"Title": join_lines(self.title), **UNDATED[suffix]}
        with styled(self.theme):
            self.figure.savefig(kept, format=suffix[1:], dpi=DPI, metadata=metadata)
        return kept.getvalue()

    def _repr_png_(self) -> tuple[bytes, Mapping[str, int]]:
        """The picture in a notebook, at the size that it has on paper."""
        width, height = (round(96 * inches) for inches in self.figure.get_size_inches())
        return self.png(), {"width": width, "height": height}


def check_suffix(path: Path) -> str:
    """The suffix of a file that a picture can be saved as; raises `UsageError`."""
    suffix = path.suffix.lower()
    if suffix not in UNDATED:
        raise UsageError(f"{path}: a picture's name ends in {', '.join(UNDATED)}")
    return suffix


def need_matplotlib() -> None:
    """Raise `MissingExtraError` where nothing can be drawn."""
    import importlib.util

    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError("pictures need matplotlib: pip install 'ugcbench[plots]'")
