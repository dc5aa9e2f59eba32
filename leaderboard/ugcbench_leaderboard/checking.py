"""Do the figures that runs give again agree with the published ones?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ugcbench_leaderboard.entries import KnownDifference
from ugcbench_leaderboard.standings import Published, Row

ROUNDING = 1e-9
"""Half a printed digit is allowed, and what binary fractions add to it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A regenerated figure beside the published one, both of 0 to 100.

    `reason` says why a `known` difference is none of ours.
    """

    model: str
    cell: str
    regenerated: float
    published: Published
    verdict: Literal["agrees", "known", "differs"]
    reason: str = ""


def compare_with_published(rows: Sequence[Row]) -> list[Comparison]:
    """Every figure that was made again under a `paper` protocol, beside the published figure.

    They agree if they are the same to the last printed digit. The average of a row is compared if
    all of its columns were made again.
    """
    return [comparison for row in rows for comparison in _of_row(row)]


def _of_row(row: Row) -> Iterator[Comparison]:
    for name, figure in row.figures.items():
        if figure.run is None or figure.published is None or figure.value is None:
            continue
        yield _compare(row, name, figure.value, figure.published)
    whole = all(figure.run and not figure.bridged for figure in row.figures.values())
    if whole and row.published_average is not None and row.average is not None:
        yield _compare(row, "average", row.average, row.published_average)


def _compare(row: Row, cell: str, regenerated: float, published: Published) -> Comparison:
    known = next((known for known in row.known if known.cell == cell), None)
    if _agree(regenerated, published.figure):
        return Comparison(row.model, cell, regenerated, published, "agrees")
    if known is not None and _agree(regenerated, _scaled(known, published)):
        return Comparison(row.model, cell, regenerated, published, "known", known.reason)
    return Comparison(row.model, cell, regenerated, published, "differs")


def _scaled(known: KnownDifference, published: Published) -> Decimal:
    """The known figure on the scale of 0 to 100, by the digits that it shares with the other."""
    shift = _exponent(published.figure) - _exponent(known.regenerated)
    return known.regenerated.scaleb(shift)


def _agree(value: float, printed: Decimal) -> bool:
    half_a_digit = 0.5 * 10.0 ** _exponent(printed)
    return abs(value - float(printed)) <= half_a_digit + ROUNDING


def _exponent(figure: Decimal) -> int:
    return int(figure.as_tuple().exponent)
