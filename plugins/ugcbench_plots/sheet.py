"""Where on a picture does everything stand, and does a text fit there?

All places are in inches from the upper left corner, so that nothing overlaps by accident and a
longer list makes a longer picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ugcbench.plaintext import join_lines
from ugcbench_plots.themes import FONT, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
LOWER = "\N{DOWNWARDS ARROW}"
"""Marks a rate of error."""

MARGIN = 0.22
HEAD = 0.86
"""Inches from the upper edge to where the drawing begins, below title and remark."""

TITLE, REMARK, BODY, SMALL = 12.0, 8.5, 8.5, 7.5
"""Sizes of letters in points."""


class Sheet:
    """A figure of `width` x `height` inches with a title and a remark above."""

    def __init__(self, theme: Theme, width: float, height: float, title: str, remark: str) -> None:
        from matplotlib.figure import Figure

        self.theme, self.width, self.height = theme, width, height
        self.figure: Figure = Figure(figsize=(width, height))
        room = width - 2 * MARGIN
        self.text(MARGIN, 0.29, fit(title, room, TITLE, bold=True), size=TITLE, bold=True)
        self.text(MARGIN, 0.54, fit(remark, room, REMARK), size=REMARK, colour=theme.quiet)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes whose upper left corner is at (left, top), with no frame and no ticks' marks."""
        bottom = 1 - (top + height) / self.height
        place = (left / self.width, bottom, width / self.width, height / self.height)
        axes = self.figure.add_axes(place)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0, labelsize=SMALL)
        axes.set_axisbelow(True)
        return axes

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = BODY,
        colour: str | None = None,
        bold: bool = False,
        **placed: Any,  # noqa: ANN401 - matplotlib's own
    ) -> Text:
        """A text, by default to the right of (x, y) and centred in height on it."""
        return self.figure.text(
            x / self.width,
            1 - y / self.height,
            text,
            **{
                "fontsize": size,
                "color": colour or self.theme.ink,
                "fontweight": "bold" if bold else "normal",
                "va": "center_baseline",
                **placed,
            },
        )

    def marks(self, y: float, entries: Sequence[tuple[dict[str, Any], str]]) -> None:
        """A line that explains marks: what each looks like, and what it stands for."""
        x = MARGIN + 0.08
        for look, meaning in entries:
            self.mark(x, y, look)
            self.text(x + 0.13, y, meaning, size=SMALL, colour=self.theme.quiet)
            x += 0.13 + width_of(meaning, SMALL) + 0.3

    def mark(self, x: float, y: float, look: dict[str, Any]) -> None:
        """A mark beside the drawing that looks like those in it."""
        from matplotlib.lines import Line2D

        at = ([x / self.width], [1 - y / self.height])
        self.figure.add_artist(Line2D(*at, **{"linestyle": "none", **look}))


@lru_cache(maxsize=4096)
def width_of(text: str, size: float = BODY, *, bold: bool = False) -> float:
    """How many inches a text takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def fit(text: str, room: float, size: float = BODY, *, bold: bool = False) -> str:
    """The text on one line, harmless, and cut in its middle where it is wider than `room`.

    Names of models differ at both ends: maker in front, size and version behind.
    """
    text = join_lines(text)
    if width_of(text, size, bold=bold) <= room:
        return text
    kept = len(text) - 1
    while kept > 1:
        front = (kept + 1) // 2
        short = text[:front].rstrip() + ELLIPSIS + text[len(text) - (kept - front) :].lstrip()
        if width_of(short, size, bold=bold) <= room:
            return short
        kept -= 1
    return ELLIPSIS


def fit_names(names: Sequence[str], room: float, size: float = BODY) -> list[str]:
    """Each name fitted, and numbered where two would look the same."""
    short = [fit(name, room, size) for name in names]
    return [
        f"({number}) {fit(name, room - width_of(f'({number}) ', size), size)}"
        if short.count(short[number - 1]) > 1
        else short[number - 1]
        for number, name in enumerate(names, start=1)
    ]
