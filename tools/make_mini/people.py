"""How is a person drawn who speaks, or keeps silent?"""

from __future__ import annotations

from dataclasses import dataclass

from tools.make_mini.pen import Pen, shade

EXPRESSIONS = {"calm": 0.0, "smile": 1.0, "frown": -1.0}


@dataclass(frozen=True)
class Looks:
    """What a person looks like; colours as Pillow writes them."""

    skin: str
    hair: str
    shirt: str
    cut: str
    hat: str
    hat_color: str


def draw_person(pen: Pen, looks: Looks, mood: float, opening: float, seconds: float) -> None:
    """Draw head and shoulders; the unit of `pen` is half the width of the face.

    `mood` from -1 (frowning) to 1 (smiling) bends brows and mouth, `opening` from 0 to 1 opens the
    mouth. The eyes blink every three seconds or so.
    """
    _draw_body(pen, looks)
    _draw_head(pen, looks)
    _draw_eyes(pen, looks, mood, blink=(seconds + 1.4) % 3.1 < 0.17)
    _draw_mouth(pen, looks, mood, opening)
    if looks.hat == "party hat":
        pen.shape([(-0.55, -1.12), (0.55, -1.12), (0.05, -2.15)], looks.hat_color)
        pen.disc(0.05, -2.15, 0.14, None, "#fff6d8")
    elif looks.hat == "hard hat":
        pen.slice(0, -0.5, 1.08, 1.05, (180, 360), looks.hat_color)
        pen.box(-0.16, -1.62, 0.16, -0.6, shade(looks.hat_color, 1.35), 0.12)
        pen.box(-1.3, -0.62, 1.3, -0.42, shade(looks.hat_color, 0.85), 0.1)


def _draw_body(pen: Pen, looks: Looks) -> None:
    if looks.cut == "long":
        pen.box(-1.14, -0.7, 1.14, 1.75, looks.hair, 0.5)
    pen.box(-1.7, 1.5, 1.7, 6, looks.shirt, 0.8)
    for side in (-1, 1):
        pen.line([(side * 1.25, 2.6), (side * 1.3, 6)], 0.05, shade(looks.shirt, 0.8))
    pen.box(-0.36, 0.9, 0.36, 1.6, shade(looks.skin, 0.8), 0.1)
    pen.slice(0, 1.5, 0.5, 0.45, (0, 180), shade(looks.skin, 0.9))


def _draw_head(pen: Pen, looks: Looks) -> None:
    for side in (-1, 1):
        pen.disc(side * 0.98, 0.1, 0.17, 0.27, shade(looks.skin, 0.88))
    if looks.cut != "bald":
        pen.disc(0, -0.42, 1.08, 0.98, looks.hair)
    pen.disc(0, 0.05, 0.94, 1.2, looks.skin)
    if looks.cut != "bald":
        pen.slice(0, -0.32, 0.98, 0.92, (180, 360), looks.hair)
        pen.slice(0.12, -0.32, 0.86, 0.34, (0, 180), looks.hair)
    pen.shape([(-0.08, 0.0), (0.08, 0.0), (0.17, 0.42), (-0.17, 0.42)], shade(looks.skin, 1.25))
    pen.disc(0, 0.43, 0.19, 0.08, shade(looks.skin, 0.76))


def _draw_eyes(pen: Pen, looks: Looks, mood: float, *, blink: bool) -> None:
    brow = shade(looks.hair, 0.55)
    for side in (-1, 1):
        x = side * 0.4
        pen.disc(x, 0.0, 0.28, 0.23, shade(looks.skin, 0.83))
        if blink:
            pen.line([(x - 0.2, 0.04), (x + 0.2, 0.04)], 0.06, "#3a2a24")
        else:
            pen.disc(x, 0.02, 0.21, 0.13, "#fbfbf8")
            pen.disc(x, 0.02, 0.11, 0.12, "#2c1f1a")
        tilt = 0.09 * min(mood, 0)  # a smile leaves the brows level
        inner, outer = (x - side * 0.24, -0.26 - tilt), (x + side * 0.26, -0.28 + tilt)
        pen.line([inner, outer], 0.11, brow)


def _draw_mouth(pen: Pen, looks: Looks, mood: float, opening: float) -> None:
    if opening < 0.08:
        _draw_closed_mouth(pen, looks, mood)
        return
    height = 0.07 + 0.25 * opening
    width = 0.4 - 0.08 * opening
    pen.disc(0, 0.76, width + 0.05, height + 0.05, "#b5524f")
    pen.disc(0, 0.76, width, height, "#4a1518")
    if opening > 0.35:
        pen.box(-width * 0.62, 0.77 - height, width * 0.62, 0.77 - height * 0.55, "#fbf8f2", 0.03)
        pen.disc(0, 0.76 + height * 0.62, width * 0.55, height * 0.32, "#c9605f")


def _draw_closed_mouth(pen: Pen, looks: Looks, mood: float) -> None:
    lips = "#a2484a"
    if mood > 0:
        pen.arc(0, 0.58, 0.4, 0.28, (20, 160), 0.09, lips)
    elif mood < 0:
        pen.arc(0, 0.96, 0.36, 0.26, (205, 335), 0.09, lips)
    else:
        pen.line([(-0.34, 0.76), (0.34, 0.76)], 0.09, lips)
