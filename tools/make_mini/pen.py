"""How is a picture drawn, so that edges are smooth and a thing can be of any size anywhere?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageColor, ImageDraw

WIDTH, HEIGHT = 288, 512
OVERSAMPLING = 2

Point = tuple[float, float]


@dataclass(frozen=True)
class Pen:
    """Draws flat shapes on `image`, which is `OVERSAMPLING` times as large as the picture.

    Coordinates are in units of `unit` picture pixels around the origin (`x`, `y`); x runs to the
    right and y downwards.
    """

    image: Image.Image
    x: float = 0.0
    y: float = 0.0
    unit: float = 1.0

    def at(self, x: float, y: float, unit: float) -> Pen:
        """Return a pen with the origin at (`x`, `y`) and `unit` in this pen's units."""
        return replace(
            self, x=self.x + x * self.unit, y=self.y + y * self.unit, unit=self.unit * unit
        )

    def disc(self, x: float, y: float, rx: float, ry: float | None, fill: str) -> None:
        """Fill an ellipse of the radii `rx` and `ry` (a circle if None)."""
        ry = rx if ry is None else ry
        self._draw.ellipse([*self._put(x - rx, y - ry), *self._put(x + rx, y + ry)], fill=fill)

    def box(self, x0: float, y0: float, x1: float, y1: float, fill: str, round: float = 0) -> None:  # noqa: A002
        """Fill a rectangle whose corners have the radius `round`."""
        corners = [*self._put(x0, y0), *self._put(x1, y1)]
        self._draw.rounded_rectangle(corners, round * self.unit * OVERSAMPLING, fill=fill)

    def shape(self, points: Sequence[Point], fill: str) -> None:
        """Fill a polygon."""
        self._draw.polygon([self._put(*point) for point in points], fill=fill)

    def line(self, points: Sequence[Point], width: float, fill: str) -> None:
        """Draw a polyline with round joints."""
        thickness = max(1, round(width * self.unit * OVERSAMPLING))
        self._draw.line([self._put(*p) for p in points], fill=fill, width=thickness, joint="curve")

    def arc(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        angles: tuple[float, float],
        width: float,
        fill: str,
    ) -> None:
        """Draw a part of an ellipse; `angles` in degrees, clockwise from three o'clock."""
        corners = [*self._put(x - rx, y - ry), *self._put(x + rx, y + ry)]
        thickness = max(1, round(width * self.unit * OVERSAMPLING))
        self._draw.arc(corners, *angles, fill=fill, width=thickness)

    def slice(
        self, x: float, y: float, rx: float, ry: float, angles: tuple[float, float], fill: str
    ) -> None:
        """Fill a slice of an ellipse; `angles` as in `arc`."""
        corners = [*self._put(x - rx, y - ry), *self._put(x + rx, y + ry)]
        self._draw.pieslice(corners, *angles, fill=fill)

    def fade(self, y0: float, y1: float, top: str, bottom: str) -> None:
        """Fill the whole width from `y0` to `y1` with a vertical gradient."""
        upper, lower = round(self._put(0, y0)[1]), round(self._put(0, y1)[1])
        size = (self.image.width, lower - upper)
        mask = Image.linear_gradient("L").resize(size)
        band = Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), mask)
        self.image.paste(band, (0, upper))

    @property
    def _draw(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def _put(self, x: float, y: float) -> Point:
        return (
            (self.x + x * self.unit) * OVERSAMPLING,
            (self.y + y * self.unit) * OVERSAMPLING,
        )


def shade(color: str, factor: float) -> str:
    """Return `color` made darker (`factor` below 1) or lighter (above 1)."""
    channels = ImageColor.getrgb(color)[:3]
    mixed = (round(c * factor if factor <= 1 else c + (255 - c) * (factor - 1)) for c in channels)
    return "#{:02x}{:02x}{:02x}".format(*mixed)
