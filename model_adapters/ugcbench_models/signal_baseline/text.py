"""Which text is on the screen, in reading order?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import regex
from rapidfuzz import fuzz
from rapidocr import RapidOCR

from ugcbench_models.signal_baseline.colours import name_colour
from ugcbench_models.signal_baseline.facts import Frames, Picture, TextLine
from ugcbench_models.signal_baseline.layout import Box
from ugcbench_models.signal_baseline.scenes import thumbnails

SURE = 0.6
"""Least confidence of a reading."""

ALIKE = 72
"""Least similarity (0 to 100) of two readings of one line."""

NEAR = 0.08
"""Most vertical distance of two readings of one line, as a fraction of the height."""

SETTINGS = {
    "Global.log_level": "critical",
    "Global.use_cls": False,  # lettering upside down is rare, and the classifier costs time
    "Det.limit_type": "max",  # the default enlarges small pictures: eight times slower, no better
    "Det.limit_side_len": 640,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # clips are what runs in parallel
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One line as read in one frame."""

    text: str
    sureness: float
    time: float
    box: Box
    colour: str

    @property
    def key(self) -> str:
        """What is compared: letters and digits in one case."""
        return _normalise(self.text)

    @property
    def y(self) -> float:
        """Height of the centre, from the top."""
        return (self.box[1] + self.box[3]) / 2


class TextReader:
    """Reads with PP-OCR (RapidOCR's own weights); not for use by two threads at a time."""

    def __init__(self) -> None:
        self._engine = RapidOCR(params=SETTINGS)

    def read(self, frames: Frames, times: Sequence[float]) -> list[list[Reading]]:
        """The lines of each frame; a frame that hardly differs from the last one read has its."""
        readings: list[list[Reading]] = []
        seen: Picture | None = None
        for frame, time, small in zip(frames, times, thumbnails(frames), strict=True):
            if seen is not None and not _differs(seen, small):
                readings.append(readings[-1])
                continue
            seen = small
            readings.append(list(self._read_frame(frame, time)))
        return readings

    def _read_frame(self, frame: Picture, time: float) -> Iterator[Reading]:
        result = self._engine(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        if result.txts is None or result.boxes is None:
            return
        height, width = frame.shape[:2]
        for text, sureness, corners in zip(result.txts, result.scores, result.boxes, strict=True):
            left, top = (float(c) for c in np.min(corners, axis=0))
            right, bottom = (float(c) for c in np.max(corners, axis=0))
            colour = _letter_colour(frame[int(top) : int(bottom) + 1, int(left) : int(right) + 1])
            box = (left / width, top / height, right / width, bottom / height)
            reading = Reading(text.strip(), float(sureness), time, box, colour)
            if reading.sureness >= SURE and len(reading.key) > 1:
                yield reading


def merge_readings(readings: Sequence[Sequence[Reading]]) -> tuple[TextLine, ...]:
    """One line for all readings of it, as first seen in time, then from top to bottom.

    Readings are of one line if they are much alike, or one is part of the other, at the same
    height. Of a line that grows, only what it grows to counts. The wording is that of most
    readings, then of the surest.
    """
    distinct = dict.fromkeys(reading for frame in readings for reading in frame)
    lines: list[list[Reading]] = []
    for reading in sorted(distinct, key=lambda r: (-len(r.key), -r.sureness, r.time)):
        home = next((line for line in lines if _same_line(line[0], reading)), None)
        if home is None:
            lines.append([reading])
        else:
            home.append(reading)
    merged = [_merge(line) for line in lines]
    return tuple(sorted(merged, key=lambda line: (line.start, round(line.y, 2), line.x)))


@lru_cache(maxsize=1024)
def _normalise(text: str) -> str:
    return str(regex.sub(r"[^\p{L}\p{M}\p{N}]+", "", text)).casefold()


def _differs(a: Picture, b: Picture) -> bool:
    # A new caption changes a few blocks much; compression noise changes many blocks a little.
    return int((np.abs(a.astype(np.int16) - b).max(-1) > 12).sum()) >= 4


def _letter_colour(crop: Picture) -> str:
    """The colour of the smaller of the two sides into which brightness splits a line's box."""
    if crop.size == 0:
        return name_colour(crop)
    gray = cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2GRAY)
    _, bright = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    smaller = 1 if bright.mean() < 0.5 else 0
    return name_colour(crop[bright == smaller])


def _same_line(a: Reading, b: Reading) -> bool:
    if abs(a.y - b.y) > NEAR:
        return False
    if a.key.startswith(b.key) or a.key.endswith(b.key) or (len(b.key) > 3 and b.key in a.key):
        return True
    return fuzz.ratio(a.key, b.key) >= ALIKE


def _grows(earlier: Reading, later: Reading) -> bool:
    """Whether a line that is written bit by bit has gone on from one reading to the other."""
    added = len(later.key) - len(earlier.key)
    return later.time > earlier.time and added > 1 and later.key.startswith(earlier.key)


def _merge(line: Sequence[Reading]) -> TextLine:
    final = [reading for reading in line if not any(_grows(reading, other) for other in line)]
    votes = {r.key: sum(other.key == r.key for other in line) for r in line}
    best = max(final, key=lambda r: (votes[r.key], r.sureness, -r.time))
    start = min(reading.time for reading in line)
    return TextLine(best.text, start, (best.box[0] + best.box[2]) / 2, best.y, best.colour)
