"""What does a plugin hand over for pages to show beside the numbers of runs?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunPicture:
    """A picture of finished runs, as two whole SVG files: for light pages and for dark ones.

    `name` is letters, digits and hyphens, and becomes part of a file's name; `title` is for those
    who don't see the picture. Pages show it as an image, so that no script in it runs.
    """

    name: str
    title: str
    light: bytes
    dark: bytes
