"""Which patches of colour stand out in a picture?"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ugcbench_models.signal_baseline.colours import NAMES, to_lab
from ugcbench_models.signal_baseline.facts import Picture, Region
from ugcbench_models.signal_baseline.layout import Box, place

SIDE = 160
"""Pixels of the longer side at which patches are looked for."""

AREA = (0.004, 0.35)
"""Smallest and largest patch as a fraction of the picture."""

CONTRAST = 20.0
"""Least CIELAB distance of a patch from what surrounds it; 2.3 is just noticeable."""

SOLIDITY = 0.8
"""Least share of its convex hull that a patch fills: excludes tendrils and outlines."""

FILLED = 0.88
"""Share of the smallest enclosing circle, rectangle or triangle that gives a patch its name."""

MOST = 5

Mask = NDArray[np.uint8]
"""A patch [H, W]: 1 inside, 0 outside."""


def find_regions(picture: Picture, names: NDArray[np.intp], hidden: Sequence[Box]) -> list[Region]:
    """The largest compact patches that lie within the picture and contrast with what is around.

    `picture` is smooth and small (see `smooth`), `names` its pixels' colours (`name_pixels`). What
    lies under a `hidden` box (lettering, faces) is left out.
    """
    free = _uncovered(names.shape, hidden)
    lab = to_lab(picture)
    found: list[Region] = []
    for index in np.unique(names):
        patches = _components(((names == index) & (free == 1)).astype(np.uint8))
        found += [_describe(patch, NAMES[index]) for patch in patches if _stands_out(patch, lab)]
    return sorted(found, key=lambda region: -region.area)[:MOST]


def smooth(picture: Picture) -> Picture:
    """`picture` at `SIDE` pixels with texture flattened and edges kept (mean shift)."""
    scale = SIDE / max(picture.shape[:2])
    size = [max(1, round(length * scale)) for length in (picture.shape[1], picture.shape[0])]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.pyrMeanShiftFiltering(small, 6, 18), np.uint8)


def _uncovered(shape: tuple[int, ...], hidden: Sequence[Box]) -> Mask:
    free = np.ones(shape, np.uint8)
    height, width = shape
    for left, top, right, bottom in hidden:
        rows = slice(max(0, int(top * height) - 2), max(0, int(bottom * height) + 3))
        free[rows, max(0, int(left * width) - 2) : max(0, int(right * width) + 3)] = 0
    return free


def _components(wanted: Mask) -> list[Mask]:
    """Connected patches of the right size that don't touch the picture's border."""
    opened = cv2.morphologyEx(wanted, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    height, width = wanted.shape
    patches = []
    for label in range(1, count):
        left, top, across, down, area = boxes[label]
        inside = left > 0 and top > 0 and left + across < width and top + down < height
        if inside and AREA[0] <= area / wanted.size <= AREA[1]:
            patches.append((labels == label).astype(np.uint8))
    return patches


def _stands_out(patch: Mask, lab: NDArray[np.float32]) -> bool:
    outline = _outline(patch)
    if cv2.contourArea(outline) < SOLIDITY * cv2.contourArea(cv2.convexHull(outline)):
        return False
    near, far = (cv2.dilate(patch, np.ones((n, n), np.uint8)) for n in (5, 11))
    ring = (far == 1) & (near == 0)
    if not ring.any():
        return False
    inner, outer = np.median(lab[patch == 1], axis=0), np.median(lab[ring], axis=0)
    return float(np.linalg.norm(inner - outer)) >= CONTRAST


def _outline(patch: Mask) -> NDArray[np.int32]:
    outlines, _ = cv2.findContours(patch, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(max(outlines, key=len))


def _describe(patch: Mask, colour: str) -> Region:
    rows, columns = np.nonzero(patch)
    height, width = patch.shape
    where = place(float(columns.mean()) / width, float(rows.mean()) / height)
    return Region(_shape(_outline(patch)), colour, where, len(rows) / patch.size)


def _shape(outline: NDArray[np.int32]) -> str:
    """The name of the simple figure that the patch fills best, `patch` if none."""
    area = cv2.contourArea(cv2.convexHull(outline))
    (_, sides, _), (_, radius) = cv2.minAreaRect(outline), cv2.minEnclosingCircle(outline)
    triangle, _ = cv2.minEnclosingTriangle(outline)
    square = min(sides) > 0.85 * max(sides)
    figures = {
        "circle": np.pi * radius**2,
        "square" if square else "rectangle": sides[0] * sides[1],
        "triangle": triangle,
    }
    name = min(figures, key=lambda figure: figures[figure])
    return name if area >= FILLED * figures[name] else "patch"
