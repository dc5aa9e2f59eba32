"""Which colour is that, in a plain word?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ugcbench_models.signal_baseline.facts import Picture

SWATCHES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "black": ((0, 0, 0), (35, 35, 38)),
    "white": ((255, 255, 255), (225, 225, 225)),
    "gray": ((128, 128, 128), (180, 180, 180), (80, 80, 80)),
    "red": ((215, 35, 35), (140, 15, 20)),
    "orange": ((240, 130, 30), (255, 165, 0)),
    "yellow": ((250, 215, 45), (255, 240, 130)),
    "green": ((50, 150, 60), (0, 80, 20), (120, 220, 110), (110, 130, 50)),
    "cyan": ((50, 195, 205), (0, 130, 140)),
    "light blue": ((145, 195, 240),),
    "blue": ((40, 95, 215), (0, 0, 130), (70, 130, 190)),
    "purple": ((125, 60, 175), (75, 0, 110), (180, 140, 215)),
    "pink": ((240, 130, 180), (255, 190, 205), (220, 40, 130)),
    "brown": ((120, 75, 45), (70, 40, 20), (165, 110, 70)),
    "beige": ((230, 215, 185), (210, 180, 140)),
}
"""The eleven basic colour terms of English (Berlin and Kay) and three more, as RGB examples."""

NAMES = tuple(SWATCHES)

_OWNER = np.array([i for i, examples in enumerate(SWATCHES.values()) for _ in examples])


def name_pixels(picture: Picture) -> NDArray[np.intp]:
    """For each pixel [H, W] the index into `NAMES` of the nearest example in CIELAB."""
    pixels = to_lab(picture)
    examples = to_lab(np.array([[c for group in SWATCHES.values() for c in group]], np.uint8))[0]
    distance = np.stack([((pixels - example) ** 2).sum(-1) for example in examples])
    return np.asarray(_OWNER[distance.argmin(0)])


def name_colour(pixels: Picture) -> str:
    """The word for the median of `pixels` [..., 3]; `black` if there are none."""
    if pixels.size == 0:
        return "black"
    median = np.median(pixels.reshape(-1, 3), axis=0).astype(np.uint8)
    return NAMES[int(name_pixels(median.reshape(1, 1, 3))[0, 0])]


def find_palette(names: NDArray[np.intp], share: float = 0.08) -> tuple[str, ...]:
    """The words for the colours that cover at least `share` of the pixels, most common first."""
    counts = np.bincount(names.ravel(), minlength=len(NAMES))
    order = np.argsort(-counts, kind="stable")
    return tuple(NAMES[i] for i in order if counts[i] >= share * names.size)[:3]


def to_lab(picture: Picture) -> NDArray[np.float32]:
    """CIELAB of `picture` [H, W, 3]: lightness 0 to 100, a and b about -100 to 100."""
    lab = cv2.cvtColor(np.ascontiguousarray(picture, np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(lab, np.float32)
