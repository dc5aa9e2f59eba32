"""Which colours and letters do the pictures have, by day and by night?

The colours are those of all pages, `ugcbench/pages/house/house.css`; a test holds both together.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["light", "dark"]
FONT = "DejaVu Sans"


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a picture; the first of them by the names of the style sheet.

    `series` tells runs apart, also for eyes that don't see red or green; `low` and `high` are the
    ends of a scale of levels.
    """

    sheet: str
    ink: str
    quiet: str
    line: str
    edge: str
    accent: str
    tint: str
    warn: str
    series: tuple[str, ...]
    low: str
    high: str


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        sheet="#ffffff",
        ink="#1b1d21",
        quiet="#5b6068",
        line="#dcdad3",
        edge="#85898f",
        accent="#0f6b66",
        tint="#e3f1ef",
        warn="#7a5200",
        series=("#0f6b66", "#c8590f", "#4a6fd0", "#8c3a86", "#9a7400", "#4c5159"),
        low="#e4e2dc",
        high="#0f6b66",
    ),
    "dark": Theme(
        sheet="#1e2126",
        ink="#e9e8e4",
        quiet="#a2a8b2",
        line="#343941",
        edge="#767d88",
        accent="#4fc3b8",
        tint="#17312f",
        warn="#f0c069",
        series=("#4fc3b8", "#f28b4b", "#8fb1ff", "#d68fd6", "#e8c25a", "#b4bac4"),
        low="#3a4048",
        high="#4fc3b8",
    ),
}
MARKS = "osD^vPX"


@contextlib.contextmanager
def styled(theme: Theme) -> Iterator[None]:
    """Matplotlib as the pictures need it, and afterwards as it was.

    Names are shown as they are, with no `$` taken for a formula. A letter that the font doesn't
    have is drawn as a box and not complained about.
    """
    import matplotlib as mpl

    style = {
        "font.family": FONT,
        "font.size": 8.5,
        "text.color": theme.ink,
        "text.parse_math": False,
        "figure.facecolor": theme.sheet,
        "savefig.facecolor": theme.sheet,
        "axes.facecolor": theme.sheet,
        "axes.edgecolor": theme.edge,
        "axes.labelcolor": theme.quiet,
        "axes.linewidth": 0.7,
        "axes.formatter.use_mathtext": False,
        "xtick.color": theme.edge,
        "ytick.color": theme.edge,
        "xtick.labelcolor": theme.quiet,
        "ytick.labelcolor": theme.quiet,
        "svg.hashsalt": "ugcbench",
        "svg.fonttype": "path",
    }
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        yield
