"""How does a decoded picture become an upright RGB array of the wanted size?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from ugcbench.media.sampling import target_size
from ugcbench.types import MediaProfile

Pixels = NDArray[np.uint8]
"""uint8 [height, width, 3], RGB."""

# BICUBIC | FULL_CHR_H_INT | ACCURATE_RND of libswscale, as numbers since PyAV < 18 names only the
# first. Without the second, swscale halves the chroma columns before it scales.
_SWSCALE = 0x4 | 0x2000 | 0x40000


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways in which a picture can be stored: transpose, then flip.

    Every display matrix of a quarter turn, mirrored or not, is one of these.
    """

    transposed: bool = False
    flipped_x: bool = False
    flipped_y: bool = False

    @property
    def mirrored(self) -> bool:
        """Whether the picture is mirrored rather than only turned."""
        return self.transposed ^ self.flipped_x ^ self.flipped_y

    @property
    def rotation(self) -> int:
        """Degrees by which the picture is turned counter-clockwise, then mirrored or not."""
        if self.transposed:
            return 90 if self.flipped_y else 270
        return 180 if self.flipped_y else 0

    def apply(self, pixels: Pixels) -> Pixels:
        """The picture as it is to be shown; a view."""
        if self.transposed:
            pixels = pixels.transpose(1, 0, 2)
        if self.flipped_x:
            pixels = pixels[:, ::-1]
        return pixels[::-1] if self.flipped_y else pixels

    def turn(self, size: tuple[int, int]) -> tuple[int, int]:
        """Width and height of a stored `size` when shown; its own inverse."""
        return (size[1], size[0]) if self.transposed else size


class Shaper:
    """Turns the pictures of one clip upright and brings them to the profile's size.

    The first picture decides: `size` is the width and height of every result. One shaper belongs
    to one thread.
    """

    def __init__(
        self, first: VideoFrame, pixel_aspect: Fraction | None, profile: MediaProfile
    ) -> None:
        self.stored_size = first.width, first.height
        self.orientation = read_orientation(first)
        self.square = pixel_aspect is None or not 0.1 < pixel_aspect < 10 or pixel_aspect == 1
        shown = first.width, first.height
        if pixel_aspect is not None and not self.square:
            shown = max(round(first.width * pixel_aspect), 1), first.height
        self.size = target_size(*self.orientation.turn(shown), profile)
        self._stored_target = self.orientation.turn(self.size)
        self._antialiased = profile.resize == "pillow-bicubic"
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> Pixels:
        """The picture, upright and resized."""
        small = self._resize_pillow(frame) if self._antialiased else self._resize_swscale(frame)
        return self.orientation.apply(small)

    def _resize_pillow(self, frame: VideoFrame) -> Pixels:
        full = self._reformatter.reformat(frame, format="rgb24").to_ndarray()
        image = Image.fromarray(full).resize(self._stored_target, Image.Resampling.BICUBIC)
        return np.asarray(image)

    def _resize_swscale(self, frame: VideoFrame) -> Pixels:
        width, height = self._stored_target
        small = self._reformatter.reformat(
            frame, width=width, height=height, format="rgb24", interpolation=_SWSCALE
        )
        return cast(Pixels, small.to_ndarray())


def read_orientation(frame: VideoFrame) -> Orientation:
    """How `frame` is to be turned, by the display matrix that the decoder attached to it."""
    # PyAV types this mapping as if it held motion vectors only.
    data = cast(Mapping[Any, Any], frame.side_data).get(SideDataType.DISPLAYMATRIX)
    if data is None:
        return Orientation()
    # x' = a x + c y and y' = b x + d y, with y pointing down; libavutil/display.h.
    a, b, _, c, d = (int(v) for v in np.frombuffer(bytes(data), np.int32)[:5])
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(transposed=True, flipped_x=c < 0, flipped_y=b < 0)
    return Orientation(flipped_x=a < 0, flipped_y=d < 0)
