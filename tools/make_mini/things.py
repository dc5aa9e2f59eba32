"""What do the things in the clips look like?

Every painter gets a pen whose unit is about half the thing's width, the thing's colour and the
seconds since the scene began.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from tools.make_mini.pen import Pen, Point, shade


def draw_pot(pen: Pen, color: str, seconds: float) -> None:
    """A cooking pot with steam."""
    for x, phase in ((-0.4, 0.0), (0.05, 0.9), (0.45, 1.8)):
        points = [
            (x + 0.1 * math.sin(4 * y + 3 * seconds + phase), -0.75 - y)
            for y in (0.0, 0.2, 0.4, 0.6)
        ]
        pen.line(points, 0.07, "#ffffff")
    pen.box(-1.28, -0.25, 1.28, -0.05, shade(color, 0.6), 0.1)
    pen.box(-1, -0.5, 1, 0.8, color, 0.16)
    pen.box(-0.82, -0.4, -0.66, 0.6, shade(color, 1.35), 0.06)
    pen.box(-1.08, -0.62, 1.08, -0.42, shade(color, 0.75), 0.08)


def draw_tomato(pen: Pen, color: str, seconds: float) -> None:
    """A tomato with its green star."""
    pen.disc(0, 0.1, 1, 0.88, color)
    pen.disc(-0.4, -0.2, 0.2, 0.14, shade(color, 1.5))
    pen.shape(
        [(-0.5, -0.72), (0, -0.85), (0.5, -0.72), (0.14, -0.6), (0, -0.4), (-0.14, -0.6)], "#3f8a3a"
    )


def draw_board(pen: Pen, color: str, seconds: float) -> None:
    """A cutting board with half an onion."""
    pen.box(-1.2, -0.35, 1.2, 0.4, shade(color, 0.85), 0.12)
    pen.box(-1.2, -0.4, 1.2, 0.3, shade(color, 1.25), 0.12)
    pen.slice(0.3, 0.12, 0.36, 0.42, (180, 360), "#f3ead2")
    for radius in (0.26, 0.15):
        pen.arc(0.3, 0.12, radius, radius * 1.15, (180, 360), 0.03, "#c9b48a")


def draw_knife(pen: Pen, color: str, seconds: float) -> None:
    """A knife that chops about twice a second."""
    lift = 0.32 * abs(math.sin(2 * math.pi * seconds))
    pen.shape(
        [(-0.9, -0.1 - lift), (0.2, -0.2 - lift), (0.2, 0.18 - lift), (-0.6, 0.18 - lift)], color
    )
    pen.box(0.2, -0.18 - lift, 0.95, 0.06 - lift, "#2a2522", 0.08)


def draw_star(pen: Pen, color: str, seconds: float) -> None:
    """A five-pointed star that pulses twice a second."""
    scale = 0.86 + 0.14 * abs(math.cos(2 * math.pi * seconds))
    points: list[Point] = []
    for corner in range(10):
        radius, angle = scale * (1.0 if corner % 2 == 0 else 0.42), corner * math.pi / 5
        points.append((radius * math.sin(angle), -radius * math.cos(angle)))
    pen.shape(points, color)


def draw_square(pen: Pen, color: str, seconds: float) -> None:
    """A square that hops twice a second."""
    hop = 0.35 * abs(math.sin(2 * math.pi * seconds))
    pen.box(-1, -1 - hop, 1, 1 - hop, color)


def draw_triangle(pen: Pen, color: str, seconds: float) -> None:
    """A triangle that sways."""
    lean = 0.3 * math.sin(2 * math.pi * seconds)
    pen.shape([(lean, -1), (1, 0.85), (-1, 0.85)], color)


def draw_poster(pen: Pen, color: str, seconds: float) -> None:
    """A sheet of paper with the picture of a dog; its writing is the script's."""
    pen.box(-0.97, -1.22, 1.03, 1.28, "#5f3328")
    pen.box(-1, -1.25, 1, 1.25, "#fbf8ef")
    for x in (-0.82, 0.82):
        pen.disc(x, -1.12, 0.05, None, "#9b2c2c")
    for side in (-1, 1):
        pen.disc(side * 0.44, -0.05, 0.16, 0.38, shade(color, 0.65))
    pen.disc(0, 0, 0.46, 0.48, color)
    pen.disc(0, 0.2, 0.26, 0.24, shade(color, 1.55))
    for side in (-1, 1):
        pen.disc(side * 0.18, -0.12, 0.06, 0.07, "#1a1412")
    pen.disc(0, 0.1, 0.09, 0.065, "#1a1412")
    pen.arc(0, 0.18, 0.12, 0.12, (30, 150), 0.03, "#1a1412")


def draw_hammer(pen: Pen, color: str, seconds: float) -> None:
    """A hammer with a wooden handle, hanging."""
    pen.box(-0.09, -0.6, 0.09, 1, "#8a5c33", 0.06)
    pen.box(-0.55, -0.85, 0.4, -0.5, color, 0.06)
    pen.shape([(0.4, -0.85), (0.75, -0.62), (0.7, -0.5), (0.4, -0.55)], color)


def draw_saw(pen: Pen, color: str, seconds: float) -> None:
    """A hand saw, hanging, its handle up."""
    pen.shape([(-0.22, -0.45), (0.25, -0.45), (0.12, 1), (-0.06, 1)], "#c9ced4")
    for tooth in range(9):
        y = -0.4 + tooth * 0.15
        pen.shape(
            [(-0.22 + tooth * 0.017, y), (-0.3 + tooth * 0.017, y + 0.075), (-0.2, y + 0.15)],
            "#c9ced4",
        )
    pen.box(-0.36, -1, 0.36, -0.42, color, 0.18)
    pen.box(-0.17, -0.83, 0.17, -0.6, "#b48a5c", 0.08)


def draw_paint(pen: Pen, color: str, seconds: float) -> None:
    """A tin of paint with a coloured label."""
    pen.arc(0, -0.75, 0.75, 0.6, (180, 360), 0.05, "#70757c")
    pen.box(-0.85, -0.8, 0.85, 1, "#8b929a", 0.06)
    pen.box(-0.85, -0.45, 0.85, 0.75, color)
    pen.box(-0.92, -0.88, 0.92, -0.68, "#737a82", 0.05)
    pen.shape([(0, -0.25), (0.26, 0.25), (-0.26, 0.25)], "#ffffff")
    pen.disc(0, 0.26, 0.26, None, "#ffffff")


def draw_cone(pen: Pen, color: str, seconds: float) -> None:
    """A traffic cone with white bands."""
    pen.box(-1, 0.8, 1, 1, shade(color, 0.8), 0.06)
    pen.shape([(-0.16, -1), (0.16, -1), (0.72, 0.82), (-0.72, 0.82)], color)
    for y in (-0.5, 0.16):
        top, bottom = 0.16 + 0.308 * (y + 1), 0.16 + 0.308 * (y + 1.32)
        pen.shape([(-top, y), (top, y), (bottom, y + 0.32), (-bottom, y + 0.32)], "#f7f7f4")


def draw_locomotive(pen: Pen, color: str, seconds: float) -> None:
    """A steam locomotive facing right, with round puffs of smoke."""
    for puff in range(3):
        age = (seconds * 0.8 + puff / 3) % 1
        pen.disc(0.7 - age * 1.3, -1.0 - age * 0.8, 0.14 + 0.2 * age, None, "#f1f1f1")
    pen.box(-1, -0.85, -0.15, 0.5, color, 0.06)
    pen.box(-1.08, -0.98, -0.05, -0.82, shade(color, 0.6), 0.05)
    pen.box(-0.8, -0.62, -0.38, -0.2, "#cfe8f6", 0.04)
    pen.box(-0.2, -0.35, 1, 0.5, color, 0.12)
    pen.box(0.55, -0.85, 0.8, -0.33, "#2b2b2f")
    pen.box(-1, 0.36, 1.1, 0.52, "#2b2b2f")
    pen.disc(0.98, 0.05, 0.1, None, "#ffe08a")
    _draw_wheels(pen, (-0.65, 0.05, 0.7), 0.3)


def draw_wagon(pen: Pen, color: str, seconds: float) -> None:
    """A passenger wagon with three windows."""
    pen.box(-1, -0.62, 1, 0.5, color, 0.08)
    pen.box(-1.04, -0.74, 1.04, -0.58, shade(color, 0.65), 0.06)
    for x in (-0.62, 0.0, 0.62):
        pen.box(x - 0.2, -0.42, x + 0.2, 0, "#e7f3fa", 0.04)
    pen.box(-1.2, 0.36, 1.2, 0.48, "#2b2b2f")
    _draw_wheels(pen, (-0.62, 0.62), 0.24)


def draw_flowerpot(pen: Pen, color: str, seconds: float) -> None:
    """Flowers of the colour in a clay pot."""
    pen.shape([(-0.6, 0.1), (0.6, 0.1), (0.44, 1), (-0.44, 1)], "#b9653f")
    pen.box(-0.68, 0, 0.68, 0.2, "#a85734", 0.04)
    for x, y in ((-0.45, -0.2), (0.45, -0.2), (0, -0.5), (-0.25, -0.65), (0.3, -0.75)):
        pen.line([(0, 0.05), (x, y)], 0.07, "#4b8b45")
        pen.disc(x, y, 0.24, None, color)
        pen.disc(x, y, 0.09, None, "#f7dc6a")


def draw_counter(pen: Pen, color: str, seconds: float) -> None:
    """A wide wooden counter."""
    pen.box(-1, 0, 1, 0.06, shade(color, 1.3))
    pen.box(-1, 0.06, 1, 1, color)
    for x in (-0.66, 0, 0.66):
        pen.box(x - 0.28, 0.14, x + 0.28, 0.9, shade(color, 0.85), 0.02)


def draw_cup(pen: Pen, color: str, seconds: float) -> None:
    """A cup of coffee on its saucer."""
    pen.disc(0, 0.82, 1.15, 0.16, shade(color, 0.88))
    pen.arc(0.72, 0.15, 0.34, 0.34, (270, 90), 0.14, color)
    pen.slice(0, -0.3, 0.75, 1.15, (0, 180), color)
    pen.disc(0, -0.3, 0.75, 0.16, shade(color, 0.85))
    pen.disc(0, -0.3, 0.62, 0.11, "#6b4226")
    drift = 0.08 * math.sin(3 * seconds)
    pen.line([(drift, -0.6), (-drift, -0.9), (drift, -1.2)], 0.08, "#e9efe9")


def draw_croissant(pen: Pen, color: str, seconds: float) -> None:
    """A croissant on a small white plate."""
    pen.disc(0, 0.5, 1.15, 0.16, "#f2f2ee")
    pen.arc(0, 0.62, 0.82, 0.98, (188, 352), 0.5, "#c9832f")
    for angle in (225, 255, 285, 315):
        pen.arc(0, 0.62, 0.82, 0.98, (angle - 2, angle + 2), 0.5, "#9a5f1e")


def draw_fire_engine(pen: Pen, color: str, seconds: float) -> None:
    """A fire engine facing left, with a ladder and a blue light that flashes twice a second."""
    pen.box(-0.2, -0.62, 1, -0.54, "#d7dade")
    pen.box(-0.2, -0.46, 1, -0.4, "#d7dade")
    for x in (-0.1, 0.15, 0.4, 0.65, 0.9):
        pen.box(x - 0.02, -0.6, x + 0.02, -0.42, "#d7dade")
    pen.box(-0.3, -0.38, 1.02, 0.36, color, 0.05)
    pen.shape([(-1, 0.36), (-1, 0.0), (-0.84, -0.46), (-0.3, -0.46), (-0.3, 0.36)], color)
    pen.shape([(-0.92, -0.02), (-0.78, -0.36), (-0.42, -0.36), (-0.42, -0.02)], "#cfe6f2")
    pen.box(-1.02, 0.08, 1.02, 0.18, "#f7f7f4")
    light = "#9fd4ff" if int(seconds * 4) % 2 == 0 else "#1c4f9c"
    if light == "#9fd4ff":
        pen.disc(-0.62, -0.55, 0.2, None, "#5f8fc4")
    pen.box(-0.72, -0.6, -0.52, -0.46, light, 0.03)
    _draw_wheels(pen, (-0.62, 0.6), 0.22)


def draw_cake(pen: Pen, color: str, seconds: float) -> None:
    """A birthday cake with three candles."""
    pen.disc(0, 0.92, 1.3, 0.14, "#e6e6ea")
    pen.box(-1, 0.1, 1, 0.9, color, 0.1)
    pen.box(-1, 0.1, 1, 0.32, "#fff6e8", 0.1)
    for x in (-0.8, -0.4, 0.0, 0.4, 0.8):
        pen.disc(x, 0.34, 0.14, 0.17, "#fff6e8")
    for x in (-0.5, 0.0, 0.5):
        pen.box(x - 0.05, -0.4, x + 0.05, 0.12, "#4f8fd0", 0.03)
        flicker = 0.04 * math.sin(9 * seconds + 5 * x)
        pen.disc(x + flicker, -0.56, 0.09, 0.17, "#f39a2d")
        pen.disc(x + flicker, -0.52, 0.045, 0.09, "#ffe680")


def draw_balloon(pen: Pen, color: str, seconds: float) -> None:
    """A balloon on a string, swaying a little."""
    sway = 0.1 * math.sin(2 * seconds)
    pen.line([(sway, 1), (0.1, 1.6), (-0.1, 2.2), (0, 2.9)], 0.05, "#8f8f96")
    pen.shape([(sway - 0.14, 1.14), (sway + 0.14, 1.14), (sway, 0.94)], shade(color, 0.8))
    pen.disc(sway, 0, 0.82, 1, color)
    pen.disc(sway - 0.3, -0.4, 0.14, 0.22, shade(color, 1.5))


def _draw_wheels(pen: Pen, places: tuple[float, ...], radius: float) -> None:
    for x in places:
        pen.disc(x, 0.5, radius, None, "#1e1e22")
        pen.disc(x, 0.5, radius * 0.5, None, "#aeb4ba")


THINGS: dict[str, Callable[[Pen, str, float], None]] = {
    "pot": draw_pot,
    "tomato": draw_tomato,
    "board": draw_board,
    "knife": draw_knife,
    "star": draw_star,
    "square": draw_square,
    "triangle": draw_triangle,
    "poster": draw_poster,
    "hammer": draw_hammer,
    "saw": draw_saw,
    "paint": draw_paint,
    "cone": draw_cone,
    "locomotive": draw_locomotive,
    "wagon": draw_wagon,
    "flowerpot": draw_flowerpot,
    "counter": draw_counter,
    "cup": draw_cup,
    "croissant": draw_croissant,
    "fire engine": draw_fire_engine,
    "cake": draw_cake,
    "balloon": draw_balloon,
}
