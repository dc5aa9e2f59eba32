"""What do the places under the open sky look like?"""

from __future__ import annotations

import random

from tools.make_mini.pen import HEIGHT, WIDTH, Pen, shade


def draw_park(pen: Pen) -> None:
    """A sunny meadow with hills and two trees."""
    pen.fade(0, 330, "#6fb7ee", "#d8effb")
    pen.disc(240, 122, 28, None, "#fbe38a")
    _draw_cloud(pen.at(70, 120, 30))
    pen.disc(40, 360, 190, 70, "#8cc168")
    pen.disc(270, 370, 190, 80, "#7ab55a")
    pen.box(0, 360, WIDTH, HEIGHT, "#6aa84f")
    _draw_tree(pen.at(38, 330, 60))
    _draw_tree(pen.at(262, 318, 46))


def draw_night_house(pen: Pen) -> None:
    """A grey house with one lit window below the moon and stars."""
    pen.fade(0, HEIGHT, "#0d1330", "#2d3766")
    stars = random.Random(3)
    for _ in range(45):
        pen.disc(stars.uniform(0, WIDTH), stars.uniform(0, 300), 1.1, None, "#dfe6ff")
    pen.disc(60, 80, 26, None, "#f4efcf")
    pen.disc(72, 73, 23, None, "#111837")
    pen.box(0, 420, WIDTH, HEIGHT, "#18221f")
    pen.shape([(58, 318), (230, 318), (144, 238)], "#4d4350")
    pen.box(72, 316, 216, 430, "#7c7f8a")
    pen.box(92, 340, 126, 374, "#3b3f4d")
    pen.box(162, 340, 196, 374, "#ffd977")
    pen.box(177, 340, 181, 374, "#6b5a36")
    pen.box(131, 376, 158, 430, "#54392c", 2)
    pen.disc(153, 404, 2.2, None, "#d9b45a")


def draw_brick_wall(pen: Pen) -> None:
    """A red brick wall above a pavement, by day."""
    pen.box(0, 0, WIDTH, HEIGHT, "#b9a99c")
    for row in range(24):
        for column in range(-1, 7):
            x, y = column * 48 + (24 if row % 2 else 0), row * 19
            tone = 0.92 + 0.04 * ((row * 7 + column * 5) % 4)
            pen.box(x + 1, y + 1, x + 46, y + 17, shade("#a8533f", tone), 1)
    pen.box(0, 440, WIDTH, HEIGHT, "#8b8d90")
    pen.box(0, 440, WIDTH, 446, "#6f7174")
    for x in (72, 168, 264):
        pen.line([(x, 446), (x - 30, 512)], 2, "#757779")


def draw_city_street(pen: Pen) -> None:
    """A street between tall grey buildings on a cloudy day."""
    pen.fade(0, 400, "#b8c3cc", "#e3e7ea")
    blocks = ((0, 70, "#8d949c"), (62, 150, "#a2a7ad"), (118, 40, "#7d848d"), (186, 120, "#989ea6"))
    for x, top, color in (*blocks, (238, 60, "#858c95")):
        pen.box(x, top, x + 58, 400, color)
        for y in range(top + 14, 380, 26):
            for window in range(3):
                pen.box(x + 9 + window * 15, y, x + 18 + window * 15, y + 14, "#d5dde4")
    pen.box(0, 392, WIDTH, 416, "#b9b4ab")
    pen.box(0, 414, WIDTH, HEIGHT, "#55585e")
    for x in range(8, WIDTH, 70):
        pen.box(x, 470, x + 36, 475, "#e9e6da")


def draw_meadow_track(pen: Pen) -> None:
    """A railway line across a green meadow with hills and flowers."""
    pen.fade(0, 320, "#8ecbf2", "#e6f5fc")
    _draw_cloud(pen.at(210, 90, 34))
    pen.disc(60, 350, 170, 110, "#a4cf7f")
    pen.disc(250, 360, 150, 80, "#8fc26b")
    pen.box(0, 320, WIDTH, HEIGHT, "#79b356")
    for x, y in ((30, 470), (90, 492), (150, 466), (205, 488), (262, 470), (58, 500), (236, 502)):
        pen.disc(x, y, 5, None, "#f7f3ff")
        pen.disc(x, y, 2, None, "#f2c530")
    _draw_rails(pen, "#7c6a58")


def draw_tunnel(pen: Pen) -> None:
    """The inside of a dark stone tunnel with lamps."""
    pen.fade(0, HEIGHT, "#15161c", "#2b2d36")
    for row in range(22):
        for column in range(-1, 7):
            x = column * 50 + (25 if row % 2 else 0)
            pen.box(x + 1, row * 18 + 1, x + 48, row * 18 + 16, "#33353f", 2)
    for x in (52, 144, 236):
        pen.disc(x, 214, 34, None, "#5a5338")
        pen.disc(x, 214, 20, None, "#8f8048")
        pen.disc(x, 214, 9, None, "#ffe9a6")
    pen.box(0, 400, WIDTH, HEIGHT, "#1f2026")
    _draw_rails(pen, "#4a4640")


def draw_seaside(pen: Pen) -> None:
    """A railway line along a sandy beach by the blue sea, with a white sailing boat."""
    pen.fade(0, 250, "#7cc4f0", "#f3f8e6")
    pen.disc(60, 110, 28, None, "#ffe48a")
    pen.fade(230, 345, "#2f7fb9", "#58b3d6")
    pen.shape([(196, 258), (252, 258), (242, 274), (206, 274)], "#f5f1e8")
    pen.shape([(222, 256), (222, 196), (250, 252)], "#ffffff")
    pen.shape([(218, 254), (218, 206), (200, 252)], "#e9eef2")
    pen.box(0, 340, WIDTH, HEIGHT, "#ecd9a5")
    for x in range(-10, WIDTH, 44):
        pen.disc(x, 341, 26, 6, "#f6fbfb")
    _draw_rails(pen, "#8a7358")


def draw_cafe_front(pen: Pen) -> None:
    """The front of a small cafe with a striped awning, a green door and a wide window."""
    pen.box(0, 0, WIDTH, HEIGHT, "#e8dcc6")
    for x in (34, 116, 198):
        pen.box(x, 14, x + 52, 88, "#b9c7d2", 2)
        pen.box(x + 24, 14, x + 28, 88, "#f7f2e8")
    pen.box(18, 116, 270, 168, "#27493b", 6)
    for stripe in range(9):
        x = 18 + stripe * 28
        color = "#b8322f" if stripe % 2 == 0 else "#f6efe2"
        pen.shape([(x, 182), (x + 28, 182), (x + 30, 232), (x - 2, 232)], color)
        pen.disc(x + 14, 232, 15, 9, color)
    pen.box(30, 250, 168, 410, "#3c4b50", 3)
    pen.box(36, 256, 162, 404, "#f4d9a0", 2)
    pen.box(97, 250, 102, 410, "#3c4b50")
    pen.box(190, 250, 254, 440, "#2f6a4f", 3)
    pen.box(200, 262, 244, 352, "#f4d9a0", 2)
    pen.disc(200, 386, 3.5, None, "#e2c05c")
    pen.box(0, 440, WIDTH, HEIGHT, "#a39d95")
    for x in range(0, WIDTH, 36):
        pen.line([(x, 440), (x - 14, 512)], 1.5, "#8f8981")


def draw_fire_street(pen: Pen) -> None:
    """A street at dusk with a beige house whose upper window burns."""
    pen.fade(0, 400, "#46405f", "#d88a5a")
    pen.shape([(14, 196), (186, 196), (100, 118)], "#5d3a33")
    pen.box(28, 194, 172, 400, "#c9ad8a")
    for step in range(7):
        pen.disc(
            70 - step * 6, 190 - step * 20, 16 + step * 4, None, shade("#3a3740", 1 + step / 60)
        )
    pen.box(48, 222, 90, 268, "#2a1c1a")
    pen.shape(
        [(48, 268), (54, 226), (62, 250), (70, 208), (79, 246), (86, 224), (90, 268)], "#ef7d22"
    )
    pen.shape([(56, 268), (62, 246), (70, 230), (77, 250), (83, 268)], "#ffd24a")
    pen.box(112, 222, 152, 268, "#5f6f7d")
    pen.box(48, 306, 88, 352, "#5f6f7d")
    pen.box(112, 318, 150, 400, "#6a4030", 2)
    pen.box(0, 398, WIDTH, 414, "#8b8583")
    pen.box(0, 412, WIDTH, HEIGHT, "#3f4147")
    for x in range(12, WIDTH, 72):
        pen.box(x, 478, x + 36, 483, "#d9d3bf")


def _draw_cloud(pen: Pen) -> None:
    for x, y, r in ((-0.9, 0.1, 0.5), (-0.2, -0.15, 0.7), (0.6, 0.0, 0.6), (1.2, 0.2, 0.4)):
        pen.disc(x, y, r, r * 0.8, "#ffffff")


def _draw_tree(pen: Pen) -> None:
    pen.box(-0.12, 0, 0.12, 1.0, "#7a5436")
    for x, y, r in ((-0.42, -0.1, 0.5), (0.42, -0.1, 0.5), (0.0, -0.6, 0.62)):
        pen.disc(x, y, r, None, "#3f8a43")
    pen.disc(-0.12, -0.66, 0.34, None, "#57a257")


def _draw_rails(pen: Pen, sleepers: str) -> None:
    for x in range(-6, WIDTH, 26):
        pen.box(x, 430, x + 14, 444, sleepers, 2)
    pen.box(0, 427, WIDTH, 432, "#a7abb0")
