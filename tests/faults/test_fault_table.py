"""docs/faults.md has the table that benchmarks/chaos.py writes, of every fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from ugcbench.testing.chaos import FAULTS, Outcome
from ugcbench.testing.chaos.tables import TOTAL, Row, add_up, read_from, show, write_into

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")


def test_the_page_is_what_the_tool_writes():
    rows = read_from(PAGE)
    assert write_into(PAGE, rows) == PAGE
    assert [row.fault for row in rows] == [*FAULTS, TOTAL]


def test_the_page_tells_of_a_long_run_in_which_nothing_was_lost():
    *rows, total = read_from(PAGE)
    for field in ("runs", "struck", "lost", "doubled", "asked_again", "whole"):
        assert getattr(total, field) == sum(getattr(row, field) for row in rows)
    assert total.struck >= 200
    assert sum(row.struck for row in rows if row.fault.startswith("killed")) >= 50
    assert (total.lost, total.doubled, total.asked_again) == (0, 0, 0)
    assert total.whole == total.runs


def test_outcomes_are_added_up_fault_by_fault():
    outcomes = [
        Outcome("a", struck=2, lost=1),
        Outcome("b", struck=1, doubled=3, asked_again=4),
        Outcome("a", struck=3),
    ]
    rows = add_up(outcomes)
    assert rows == [
        Row("a", 2, 5, 1, 0, 0, 1),
        Row("b", 1, 1, 0, 3, 4, 0),
        Row(TOTAL, 3, 6, 1, 3, 4, 1),
    ]
    assert "| b " in show(rows)


def test_a_page_without_a_place_is_refused():
    with pytest.raises(ValueError, match="the page has no"):
        write_into("# Faults\n", [])
