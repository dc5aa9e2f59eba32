"""What did people say about the answers?

A CSV file with a header and one rating a line: `clip` (or `sample`), `rater`, `score`, and where
there are several `system` and `dimension`. Other columns are passed over.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ugcbench.errors import UsageError
from ugcbench_judging.agreement import STEPS
from ugcbench_judging.pairs import Anchor

SHOWN = 10
"""How many bad rows an error names."""

COLUMNS = ("clip", "sample", "system", "dimension", "rater", "score")


@dataclass(frozen=True, slots=True)
class Scale:
    """People's lowest and highest score.

    A `low` of 0 means nothing at all and becomes 0; any other becomes the lowest of five levels,
    0.2, so that 1 to 5 are the judge's levels. `high` becomes 1.
    """

    low: float = 1.0
    high: float = 5.0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise UsageError(
                f"a scale from {self.low:g} to {self.high:g} is none; --scale LOW HIGH"
            )

    def score(self, given: float) -> float:
        """The score in [0, 1]."""
        bottom = 0.0 if self.low == 0 else 1 / STEPS
        return bottom + (1 - bottom) * (given - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Rating:
    """What one person says about one dimension of one answer; `score` is in [0, 1].

    `about` is the clip or the sample; `system` is None if the file doesn't say. `line` counts from
    1, the header.
    """

    line: int
    about: str
    system: str | None
    dimension: str
    rater: str
    score: float


def read_ratings(file: Path, judged: Anchor, scale: Scale | None = None) -> list[Rating]:
    """The ratings in a CSV file, of the dimensions and systems that were `judged`.

    Raises `UsageError` that names line and column of what can't be read, or what is missing.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        try:
            reader = _Reader(file, judged, scale or Scale(), frozenset(rows.fieldnames or ()))
            ratings = list(reader.read(rows))
        except (csv.Error, UnicodeDecodeError) as error:
            where = f"{file}, after line {rows.line_num}"
            raise UsageError(f"{where}: {error}; it must be CSV in UTF-8") from error
    if reader.problems:
        more = len(reader.problems) - SHOWN
        tail = f"\nand {more} more" if more > 0 else ""
        raise UsageError("\n".join(reader.problems[:SHOWN]) + tail)
    if not ratings:
        raise UsageError(f"{file} holds no ratings")
    return ratings


@dataclass
class _Reader:
    """Reads rows, and keeps what is wrong with them."""

    file: Path
    judged: Anchor
    scale: Scale
    columns: frozenset[str]
    problems: list[str] = field(default_factory=list)
    seen: dict[tuple[str, str | None, str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = {"rater", "score"} - self.columns
        if not self.columns & {"clip", "sample"}:
            wanted.add("clip")
        several = {"dimension": self.judged.dimensions, "system": self.judged.systems}
        wanted |= {n for n, known in several.items() if len(known) > 1 and n not in self.columns}
        if wanted:
            raise UsageError(
                f"{self.file}, line 1: there is no column {', '.join(sorted(wanted))}; the columns "
                f"are: {', '.join(COLUMNS)}"
            )

    def read(self, rows: csv.DictReader[str]) -> Iterator[Rating]:
        for row in rows:
            line = rows.line_num
            before = len(self.problems)
            rating = Rating(
                line=line,
                about=self._text(row, line, "sample" if "sample" in self.columns else "clip"),
                system=self._known(row, line, "system", self.judged.systems),
                dimension=self._known(row, line, "dimension", self.judged.dimensions)
                or self.judged.dimensions[0],
                rater=self._text(row, line, "rater"),
                score=self._score(row, line),
            )
            self._refuse_second(rating)
            if len(self.problems) == before:
                yield rating

    def _text(self, row: Mapping[str, str | None], line: int, column: str) -> str:
        text = (row[column] or "").strip()
        if not text:
            self._complain(line, column, "is empty")
        return text

    def _known(
        self, row: Mapping[str, str | None], line: int, column: str, names: Sequence[str]
    ) -> str | None:
        if column not in self.columns:
            return None
        text = self._text(row, line, column)
        if text and text not in names:
            self._complain(line, column, f"{text!r} is none of {', '.join(names)}")
        return text

    def _score(self, row: Mapping[str, str | None], line: int) -> float:
        text = self._text(row, line, "score")
        if not text:
            return 0.0
        try:
            given = float(text)
        except ValueError:
            given = math.nan
        if not self.scale.low <= given <= self.scale.high:
            span = f"{self.scale.low:g} to {self.scale.high:g}"
            self._complain(line, "score", f"{text!r} is no number from {span} (--scale LOW HIGH)")
            return 0.0
        return self.scale.score(given)

    def _refuse_second(self, rating: Rating) -> None:
        key = (rating.about, rating.system, rating.dimension, rating.rater)
        if key in self.seen:
            self._complain(
                rating.line, "rater", f"{rating.rater!r} rated this in line {self.seen[key]} too"
            )
        self.seen.setdefault(key, rating.line)

    def _complain(self, line: int, column: str, what: str) -> None:
        self.problems.append(f"{self.file}, line {line}, column {column}: {what}")
