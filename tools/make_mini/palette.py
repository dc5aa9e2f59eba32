"""Which colours do the names in the scripts stand for?"""

from __future__ import annotations

COLORS = {
    "red": "#cf2f2f",
    "orange": "#ee8123",
    "yellow": "#f5c92f",
    "green": "#3d9b4f",
    "blue": "#2b66c4",
    "purple": "#7d45ae",
    "pink": "#e986ac",
    "brown": "#84552f",
    "white": "#f7f7f4",
    "gray": "#868a90",
    "black": "#1b1b1e",
    "blond": "#d9b160",
    "light": "#f0c7a4",
    "tan": "#d59c71",
    "dark": "#8a5a3c",
}
