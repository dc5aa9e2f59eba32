"""How is it shown what the faults cost?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields

from ugcbench.rendering import render
from ugcbench.testing.chaos.outcomes import Outcome

BEGIN = "<!-- fault table: made by benchmarks/chaos.py --write -->"
END = "<!-- end -->"
TOTAL = "all"


@dataclass(frozen=True, slots=True)
class Row:
    """What one fault cost in all its runs; `whole` is in how many of them nothing was wrong."""

    fault: str
    runs: int
    struck: int
    lost: int
    doubled: int
    asked_again: int
    whole: int


HEADERS = tuple(field.name.replace("_", " ") for field in fields(Row))


def add_up(outcomes: Iterable[Outcome]) -> list[Row]:
    """A row for each fault, in the order in which they first came, and one for all."""
    by_fault: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_fault.setdefault(outcome.fault, []).append(outcome)
    rows = [_row(fault, some) for fault, some in by_fault.items()]
    return [*rows, _row(TOTAL, [outcome for some in by_fault.values() for outcome in some])]


def show(rows: Sequence[Row]) -> str:
    """The table in Markdown."""
    return render(HEADERS, [tuple(map(str, astuple(row))) for row in rows], "md", left=("fault",))


def write_into(page: str, rows: Sequence[Row]) -> str:
    """The page with this table in place of the one that stands there.

    Raises `ValueError` if it has no place for one.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n\n{show(rows)}\n\n{END}{after}"


def read_from(page: str) -> list[Row]:
    """The rows of the page's table."""
    block = page.partition(BEGIN)[2].partition(END)[0]
    lines = re.findall(r"^\|(.+)\|$", block, re.MULTILINE)[2:]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [Row(name, *map(int, numbers)) for name, *numbers in cells]


def _row(fault: str, outcomes: Sequence[Outcome]) -> Row:
    return Row(
        fault=fault,
        runs=len(outcomes),
        struck=sum(one.struck for one in outcomes),
        lost=sum(one.lost for one in outcomes),
        doubled=sum(one.doubled for one in outcomes),
        asked_again=sum(one.asked_again for one in outcomes),
        whole=sum(one.harmless for one in outcomes),
    )
