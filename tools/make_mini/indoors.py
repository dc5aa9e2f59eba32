"""What do the rooms look like, and the plain cards?"""

from __future__ import annotations

from collections.abc import Callable

from tools.make_mini.palette import COLORS
from tools.make_mini.pen import HEIGHT, WIDTH, Pen, shade


def draw_kitchen(pen: Pen) -> None:
    """A kitchen: cream tiles, a window, a wooden worktop."""
    pen.box(0, 0, WIDTH, HEIGHT, "#efe6d2")
    for x in range(0, WIDTH, 36):
        pen.box(x, 0, x + 1.5, 330, "#d9cdb4")
    for y in range(0, 330, 36):
        pen.box(0, y, WIDTH, y + 1.5, "#d9cdb4")
    pen.box(164, 104, 262, 226, "#ffffff", 3)
    pen.box(170, 110, 256, 220, "#bfe1f4")
    pen.shape(
        [(170, 220), (170, 206), (190, 194), (214, 196), (238, 206), (256, 204), (256, 220)],
        "#9ccf8e",
    )
    pen.box(211, 106, 216, 224, "#ffffff")
    pen.fade(330, 350, "#a4703f", "#8f5d31")
    pen.box(0, 350, WIDTH, HEIGHT, "#b98a56")
    for y in (376, 412, 452, 490):
        pen.line([(0, y), (90, y + 3), (200, y - 3), (288, y)], 1.5, "#a87a48")


def draw_tool_shop(pen: Pen) -> None:
    """The inside of a tool shop: a pegboard on the wall and a shelf below."""
    pen.box(0, 0, WIDTH, HEIGHT, "#d8cbb5")
    pen.box(20, 130, 268, 300, "#b48a5c", 4)
    for y in range(142, 300, 16):
        for x in range(32, 268, 16):
            pen.disc(x, y, 1.3, None, "#8f6b43")
    pen.box(0, 400, WIDTH, 412, "#7c5836")
    pen.box(0, 412, WIDTH, 416, "#5f4228")


def draw_office_morning(pen: Pen) -> None:
    """A tidy room in the morning with a big bright window and a plant."""
    pen.fade(0, HEIGHT, "#f7ecd6", "#efdcbc")
    _draw_room_window(pen, "#a9dcf7", "#e4f5fd")
    pen.disc(214, 140, 17, None, "#ffe07a")
    pen.box(12, 356, 52, 400, "#c86f47", 3)
    for x, y in ((14, 318), (30, 296), (48, 316), (22, 334), (42, 336)):
        pen.disc(x, y, 9, 20, "#4e9150")


def draw_office_night(pen: Pen) -> None:
    """The same room at night: a dark window with the moon, one floor lamp."""
    pen.fade(0, HEIGHT, "#2b2a3d", "#1f1e2d")
    _draw_room_window(pen, "#0f1433", "#1b2350")
    pen.disc(210, 140, 15, None, "#f1ecc9")
    pen.disc(217, 135, 13, None, "#131a3c")
    for radius, glow in ((66, "#343143"), (48, "#453f49"), (32, "#5c5148")):
        pen.disc(40, 290, radius, None, glow)
    pen.box(37, 300, 43, HEIGHT, "#8a8d94")
    pen.shape([(24, 256), (56, 256), (68, 302), (12, 302)], "#f0bd52")


def draw_sunny_studio(pen: Pen) -> None:
    """A television studio with a light blue screen and a yellow sun on it."""
    _draw_studio(pen, "#58aee6", "#bfe3f7")
    pen.disc(214, 146, 26, None, "#ffd84a")
    for dx, dy in (
        (0, -1),
        (0.7, -0.7),
        (1, 0),
        (0.7, 0.7),
        (0, 1),
        (-0.7, 0.7),
        (-1, 0),
        (-0.7, -0.7),
    ):
        pen.line([(214 + dx * 31, 146 + dy * 31), (214 + dx * 41, 146 + dy * 41)], 4, "#ffd84a")


def draw_rainy_studio(pen: Pen) -> None:
    """The same studio with a dark grey screen and a raining cloud on it."""
    _draw_studio(pen, "#46505f", "#7f8a99")
    for x, y, r in ((192, 150, 17), (212, 138, 23), (234, 150, 18)):
        pen.disc(x, y, r, None, "#d3d9e0")
    pen.box(188, 148, 238, 167, "#d3d9e0", 9)
    for x in (194, 212, 230):
        pen.line([(x, 174), (x - 6, 192)], 4, "#7cc0f2")


def draw_cafe_inside(pen: Pen) -> None:
    """Behind the counter of a cafe: dark green wall, a menu board, bottles on a shelf."""
    pen.box(0, 0, WIDTH, HEIGHT, "#35574a")
    pen.box(16, 34, 272, 130, "#6d4a2d", 4)
    pen.box(22, 40, 266, 124, "#22292b", 2)
    pen.box(0, 216, 78, 223, "#6d4a2d")
    pen.box(210, 216, WIDTH, 223, "#6d4a2d")
    for x, color in (
        (14, "#c9a13b"),
        (36, "#8b2f3a"),
        (58, "#557a3c"),
        (228, "#8b2f3a"),
        (252, "#c9a13b"),
    ):
        pen.box(x - 6, 184, x + 6, 216, color, 3)
        pen.box(x - 2, 172, x + 2, 186, color)


def draw_party_room(pen: Pen) -> None:
    """A room with light blue wallpaper and a string of paper flags."""
    pen.box(0, 0, WIDTH, HEIGHT, "#a9cfd8")
    for x in range(0, WIDTH, 32):
        pen.box(x, 0, x + 14, 400, "#9cc5cf")
    pen.arc(144, -40, 190, 150, (20, 160), 2, "#7a6a6e")
    for index, (x, y) in enumerate(
        ((22, 74), (66, 98), (112, 109), (158, 110), (204, 101), (250, 80))
    ):
        color = ("#e4572e", "#3a86c8", "#f2b632", "#4c9f70")[index % 4]
        pen.shape([(x - 13, y - 2), (x + 15, y - 2), (x + 1, y + 24)], color)
    pen.box(0, 400, WIDTH, HEIGHT, "#c58b5a")
    pen.box(0, 400, WIDTH, 408, "#a56f43")


def paint_card(color: str) -> Callable[[Pen], None]:
    """Return the painter of a card of one colour."""

    def draw_card(pen: Pen) -> None:
        pen.fade(0, HEIGHT, COLORS[color], shade(COLORS[color], 0.86))

    return draw_card


def _draw_room_window(pen: Pen, top: str, bottom: str) -> None:
    pen.box(92, 92, 262, 300, "#ffffff", 4)
    for step in range(10):
        tone = top if step < 5 else bottom
        pen.box(100, 100 + step * 19.2, 254, 100 + (step + 1) * 19.2, tone)
    pen.box(174, 96, 180, 296, "#ffffff")
    pen.box(96, 194, 258, 200, "#ffffff")


def _draw_studio(pen: Pen, top: str, bottom: str) -> None:
    pen.box(0, 0, WIDTH, HEIGHT, "#1d2530")
    pen.fade(66, 380, top, bottom)
    pen.box(0, 66, 14, 380, "#1d2530")
    pen.box(274, 66, WIDTH, 380, "#1d2530")
    pen.box(0, 380, WIDTH, 392, "#c9ced6")
    pen.box(0, 392, WIDTH, HEIGHT, "#2a3442")
