"""Where in a cell's small drawing do the value and its interval stand?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

EDGE = 4
"""Left free on both sides, so that no mark is cut off."""

PRINTED = 0.05
"""Half of the last digit of a printed figure."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The range of a column's figures, which its drawings share; on the scale of 0 to 100.

    `width` is that of the drawings, in pixels.
    """

    bottom: float = 0.0
    top: float = 100.0
    width: int = 84

    def place(self, value: float) -> float:
        """The distance of a figure from the left, in pixels."""
        share = (value - self.bottom) / (self.top - self.bottom)
        return round(EDGE + min(max(share, 0.0), 1.0) * (self.width - 2 * EDGE), 1)

    def __str__(self) -> str:
        return f"{self.bottom:g} to {self.top:g}"


@dataclass(frozen=True, slots=True)
class Strip:
    """The places of a figure, of the ends of its interval, and of the published figure beside it,
    None for what there is not, in a drawing of a `width`.
    """

    width: int
    value: float
    low: float | None = None
    high: float | None = None
    published: float | None = None


def fit(figures: Iterable[float], width: int) -> Scale:
    """The scale that holds all figures, from one ten to another."""
    known = list(figures)
    if not known:
        return Scale(width=width)
    bottom, top = (10 * math.floor(min(known) / 10), 10 * math.ceil(max(known) / 10))
    if top == bottom:
        bottom, top = bottom - 10, top + 10
    return Scale(max(bottom, 0), min(top, 100), width)


def draw(
    scale: Scale,
    value: float,
    interval: tuple[float, float] | None = None,
    published: float | None = None,
) -> Strip:
    """The strip of a figure; an interval without width is none.

    A `published` figure that differs by less than is printed has no place of its own.
    """
    differs = published is not None and abs(published - value) >= PRINTED
    beside = scale.place(published) if published is not None and differs else None
    if interval is None or interval[0] == interval[1]:
        return Strip(scale.width, scale.place(value), published=beside)
    return Strip(
        scale.width, scale.place(value), scale.place(interval[0]), scale.place(interval[1]), beside
    )
