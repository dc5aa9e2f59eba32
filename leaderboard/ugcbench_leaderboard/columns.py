"""Which columns do the paper's tables have, and how does the paper print them?

Source: UGC-VideoCap paper, Tables 2 and 3; its released evaluation files for the rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ugcbench.protocol import Protocol

Table = Literal["main", "caption"]
CAPTION_AVERAGE = "ugc/caption:average"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the cell's name, a short heading, and how its figures are printed.

    `power` is the power of ten by which the paper's figure is below the scale of 0 to 100, `levels`
    says that the figure is a mean of the judge's integers from 1 to 5, `decimals` how many are
    shown.
    """

    name: str
    label: str
    power: int = 0
    levels: bool = False
    decimals: int = 1

    def percentage(self, value: float, protocol: Protocol) -> float:
        """A cell's value in [0, 1] as a figure of 0 to 100, rounded as `protocol` rounds.

        The released figures of the captions are means of 1 to 5, rounded to two decimals and only
        then multiplied by 20: 58.458 is printed as 58.4.
        """
        if self.levels and protocol.rounding == "two-decimals-of-five":
            return round(20 * round(5 * value, 2), 1)
        return 100 * value


CAPTION = (
    Column("ugc/caption:audio", "Audio", levels=True),
    Column("ugc/caption:visual", "Visual", levels=True),
    Column("ugc/caption:details", "Details", levels=True),
)
AVERAGE = Column(CAPTION_AVERAGE, "Average", decimals=2)
MAIN = (
    Column("ugc/voice_source", "Voice"),
    Column("ugc/tone", "Tone"),
    Column("ugc/ocr", "OCR", power=2),
    Column("ugc/background", "Backgr."),
    Column("ugc/objects", "Objects"),
    *CAPTION,
)
COLUMNS: Mapping[Table, tuple[Column, ...]] = {"main": MAIN, "caption": (*CAPTION, AVERAGE)}
"""The columns that a table shows."""

ALL: Mapping[str, Column] = {column.name: column for column in (*MAIN, AVERAGE)}
"""Every column by the name of its cell."""

TABLES: tuple[Table, ...] = ("main", "caption")
