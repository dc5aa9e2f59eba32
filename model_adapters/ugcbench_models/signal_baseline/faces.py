"""How many faces are in the picture, and do their lips move?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2 import data
from numpy.typing import NDArray

from ugcbench_models.signal_baseline.colours import name_colour
from ugcbench_models.signal_baseline.facts import Faces, Frames, Picture
from ugcbench_models.signal_baseline.layout import Box, place

SIDE = 360
"""Pixels of the longer side at which faces are looked for."""

SMALLEST = 28
"""Pixels of the smallest face at that size."""

CROP, MARGIN = 48, 8
"""Pixels of a cut-out face, and around it to align it in."""

EYES, MOUTH = (slice(8, 24), slice(8, 40)), (slice(32, 46), slice(12, 36))
"""Where the two are in a cut-out face."""

FEWEST = 4
"""Pictures with a single face that it takes to judge its lips."""

Gray = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The faces of one picture: left, top, width and height in pixels of `gray`."""

    gray: Gray
    faces: tuple[tuple[int, int, int, int], ...]

    @property
    def boxes(self) -> list[Box]:
        """The faces as fractions of the picture."""
        height, width = self.gray.shape
        return [
            (x / width, y / height, (x + w) / width, (y + h) / height) for x, y, w, h in self.faces
        ]


class FaceFinder:
    """Finds frontal faces with OpenCV's Haar cascade; not for use by two threads at a time."""

    def __init__(self) -> None:
        path = f"{data.haarcascades}haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(path)

    def find(self, picture: Picture) -> Found:
        """The faces in a picture [H, W, 3] in RGB."""
        gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        scale = SIDE / max(gray.shape)
        gray = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        faces = self._cascade.detectMultiScale(gray, 1.15, 5, minSize=(SMALLEST, SMALLEST))
        return Found(gray, tuple((int(x), int(y), int(w), int(h)) for x, y, w, h in faces))


def summarise_faces(frames: Frames, found: Sequence[Found]) -> Faces:
    """What the faces `found` in all frames amount to."""
    seen = [picture for picture in found if picture.faces]
    if not seen:
        return Faces()
    boxes = np.array([box for picture in seen for box in picture.boxes])
    x, y = np.median((boxes[:, :2] + boxes[:, 2:]) / 2, axis=0)
    return Faces(
        share=len(seen) / len(found),
        count=int(np.median([len(picture.faces) for picture in seen])),
        position=place(float(x), float(y)),
        colour=_clothes_colour(frames, found),
        lips=_compare_lips([picture for picture in seen if len(picture.faces) == 1]),
    )


def cover_person(face: Box) -> Box:
    """The part of the picture that the person with `face` is likely to fill, hair and trunk too."""
    left, top, right, bottom = face
    width, height = right - left, bottom - top
    return left - width, top - height / 2, right + width, bottom + 3 * height


def _clothes_colour(frames: Frames, found: Sequence[Found]) -> str:
    """The colour of what is half a face below the chins."""
    height, width = frames.shape[1:3]
    pixels = [np.zeros((0, 3), np.uint8)]
    for frame, picture in zip(frames, found, strict=True):
        for left, top, right, bottom in picture.boxes:
            face = bottom - top
            rows = slice(int((bottom + 0.5 * face) * height), int((bottom + face) * height) + 1)
            crop = frame[rows, int(left * width) : int(right * width) + 1]
            pixels.append(crop.reshape(-1, 3))
    return name_colour(np.concatenate(pixels))


def _compare_lips(found: Sequence[Found]) -> float | None:
    """The change of the mouth over time as a multiple of that of the eyes."""
    if len(found) < FEWEST:
        return None
    size = float(np.median([face[2] for picture in found for face in picture.faces]))
    first, *others = [_cut_face(picture, size) for picture in found]
    inner = slice(MARGIN, MARGIN + CROP)
    reference = first[inner, inner]
    stack = np.stack([reference, *(_align(other, reference) for other in others)])
    level = stack.mean((1, 2), keepdims=True)  # exposure changes are no speech
    change = (stack - level).std(0)
    return float((change[MOUTH].mean() + 1) / (change[EYES].mean() + 1))


def _cut_face(picture: Found, size: float) -> Gray:
    """The face and a margin, at the same scale in all pictures: a detector's boxes jitter."""
    ((x, y, w, h),) = picture.faces
    side = CROP + 2 * MARGIN
    source = max(1, round(size * side / CROP))
    patch = cv2.getRectSubPix(picture.gray, (source, source), (x + w / 2, y + h / 2))
    return np.asarray(cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _align(face: Gray, reference: Gray) -> Gray:
    """The part of `face` whose eyes are where those of `reference` are."""
    likeness = cv2.matchTemplate(face, reference[EYES], cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, y) = cv2.minMaxLoc(likeness)
    left = min(max(x - EYES[1].start, 0), 2 * MARGIN)
    top = min(max(y - EYES[0].start, 0), 2 * MARGIN)
    return face[top : top + CROP, left : left + CROP]
