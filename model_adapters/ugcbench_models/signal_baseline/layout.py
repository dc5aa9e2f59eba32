"""In which part of the picture does something lie?"""

from __future__ import annotations

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as fractions of the picture's width and height."""

_ROWS = ("top", "", "bottom")
_COLUMNS = ("left", "", "right")


def place(x: float, y: float) -> str:
    """The third of the picture's width and height that holds a point, in words.

    `x` and `y` are fractions from the left and from the top: (0.1, 0.1) is `top left`.
    """
    words = (_ROWS[_third(y)], _COLUMNS[_third(x)])
    return " ".join(word for word in words if word) or "center"


def _third(fraction: float) -> int:
    return min(2, max(0, int(fraction * 3)))
