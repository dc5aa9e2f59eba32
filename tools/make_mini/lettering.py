"""How is text written on a picture?"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PIL import ImageDraw, ImageFont

from tools.make_mini.pen import OVERSAMPLING, WIDTH, Pen

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf")


def draw_text(pen: Pen, text: str, y: float, size: float, color: str, plate: str | None) -> None:
    """Write the lines of `text` centred below `y`, each on a rounded `plate` of a colour if given.

    `size` is the height of the letters in pixels. Raises `FileNotFoundError` if the text needs a
    font that isn't installed.
    """
    font, draw = load_font(text, size * OVERSAMPLING), ImageDraw.Draw(pen.image)
    for number, line in enumerate(text.split("\n")):
        left, _, right, _ = draw.textbbox((0, 0), line, font=font)
        top = y + number * size * 1.5
        x = (WIDTH - (right - left) / OVERSAMPLING) / 2
        if plate is not None:
            pen.box(x - 9, top - 5, WIDTH - x + 9, top + size * 1.2 + 5, plate, 7)
        bold = 0 if font.path == str(DEJAVU) else 1
        place = (x * OVERSAMPLING - left, top * OVERSAMPLING)
        draw.text(place, line, font=font, fill=color, stroke_width=bold, stroke_fill=color)


@lru_cache
def load_font(text: str, size: float) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font for plain ASCII, which is all it can write, and DejaVu otherwise."""
    if not text.isascii():
        if not DEJAVU.is_file():
            raise FileNotFoundError(f"{DEJAVU} is missing; apt-get install fonts-dejavu-core")
        return ImageFont.truetype(DEJAVU, size, layout_engine=ImageFont.Layout.BASIC)
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("this Pillow was built without FreeType")
    return font
