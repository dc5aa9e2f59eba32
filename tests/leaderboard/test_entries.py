"""The bundled figures are the paper's, and a wrong entry file is named with what is wrong."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from ugcbench.errors import UsageError
from ugcbench_leaderboard.columns import ALL, CAPTION, MAIN
from ugcbench_leaderboard.entries import Entry, read_entries

TABLE_2 = """
gemini-2.5-pro       2 64.3 71.5 62.6 0.693 51.3 38.7 70.8 75.8 74.8 73.78
gemini-2.5-flash     1 67.4 78.2 64.1 0.694 53.6 43.9 74.2 78.8 77.2 76.73
gemma-3n-e4b-it      6 38.1 65.6 46.2 0.124  4.8 15.9 54.2 54.6 51.2 53.3
gemma-3n-e2b-it      7 32.6 37.2 28.7 0.095  9.3 22.3 52.0 52.4 49.6 51.3
qwen2.5-omni-7b      3 50.9 86.6 44.9 0.644 21.6 15.7 57.6 59.4 57.0 58.0
qwen2.5-omni-3b      5 48.6 93.0 46.9 0.561 18.4 18.3 48.2 55.6 52.6 52.2
minicpm-o-2.6        4 48.9 80.9 29.0 0.672 26.1  9.9 46.0 70.4 62.4 59.6
"""
TABLE_3 = """
gemini-2.5-pro              70.8 75.8 74.8 73.78
gemini-2.5-flash            74.2 78.8 77.2 76.73
qwen2.5-omni-3b             48.2 55.6 52.6 52.18
qwen2.5-omni-3b-sft-1k      61.4 58.4 57.0 58.96
qwen2.5-omni-3b-sft-10k     63.2 58.4 58.0 59.87
qwen2.5-omni-3b-sft-20k     64.0 59.2 58.4 60.50
ugc-videocaptioner-3b-zero  53.0 57.8 55.4 55.40
ugc-videocaptioner-3b       62.4 59.4 58.2 60.01
"""
ENTRY = {
    "model": "m",
    "published": [{"table": "main", "source": "A, Table 1", "cells": {"ugc/tone": "60.50"}}],
}


def published(table):
    rows = ((entry.model, entry.row(table)) for entry in read_entries().entries)
    return {model: row for model, row in rows if row}


def test_table_2_is_the_papers():
    rows = published("main")
    lines = {name: figures for name, *figures in map(str.split, TABLE_2.strip().splitlines())}
    assert rows.keys() == lines.keys()
    for model, (rank, average, *figures) in lines.items():
        row = rows[model]
        assert (row.rank, row.average) == (int(rank), Decimal(average))
        assert [str(row.cells[name]) for name in ALL] == figures
        assert row.source == "arXiv:2507.11336, Table 2"


def test_table_3_is_the_papers():
    rows = published("caption")
    lines = {name: figures for name, *figures in map(str.split, TABLE_3.strip().splitlines())}
    assert rows.keys() == lines.keys()
    for model, figures in lines.items():
        assert [str(figure) for figure in rows[model].cells.values()] == figures
        assert rows[model].source == "arXiv:2507.11336, Table 3"


@pytest.mark.parametrize("model", published("main"))
def test_printed_averages_follow_from_the_printed_columns(model):
    row = published("main")[model]
    columns = [row.cells[column.name].scaleb(column.power) for column in MAIN]
    mean = sum(columns) / len(columns)
    if model == "minicpm-o-2.6":  # cut off, not rounded: 48.9875
        assert mean == Decimal("48.9875")
        assert row.average == Decimal("48.9")
    else:
        assert abs(mean - row.average) <= Decimal("0.05")


@pytest.mark.parametrize("table", ["main", "caption"])
def test_printed_caption_averages_follow_from_their_rounded_parts(table):
    for row in published(table).values():
        parts = [row.cells[column.name] for column in CAPTION]
        # The parts were rounded to two decimals of five, so each is off by 0.1 at most.
        assert abs(sum(parts) / 3 - row.cells["ugc/caption:average"]) <= Decimal("0.11")


def test_ranks_are_those_of_the_averages():
    rows = published("main").values()
    assert [row.rank for row in sorted(rows, key=lambda row: -row.average)] == list(range(1, 8))


def test_the_known_exception_has_its_reason():
    entry = read_entries().find("minicpm-o-2.6")
    known = {known.cell: known for known in entry.known_differences}
    assert str(known["ugc/caption:audio"].regenerated) == "46.2"
    assert "46.16" in known["ugc/caption:audio"].reason


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gemini-2.5-flash", "gemini-2.5-flash"),
        ("Gemini-2.5-Flash", "gemini-2.5-flash"),
        ("openai/gemini-2.5-flash", "gemini-2.5-flash"),
        ("openai/Qwen/Qwen2.5-Omni-3B", "qwen2.5-omni-3b"),
        ("openinterx/UGC-VideoCaptioner", "ugc-videocaptioner-3b"),
        ("me/qwen2.5-omni-3b", None),
        ("qwen2.5-omni-3b-mine", None),
    ],
)
def test_a_system_is_found_by_its_names_alone(name, model):
    found = read_entries().find(name, prefixes=["openai"])
    assert (found and found.model) == model


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"surprise": 1}, "surprise"),
        ({"model": ""}, "model"),
        ({"published": []}, "neither published nor measured"),
        ({"published": ENTRY["published"] * 2}, "two published rows"),
        ({"published": [{**ENTRY["published"][0], "cells": {"ugc/tone": 60.5}}]}, "in quotes"),
        ({"published": [{**ENTRY["published"][0], "cells": {"ugc/tune": "1"}}]}, "no cell"),
        ({"published": [{**ENTRY["published"][0], "cells": {"ugc/ocr": "69.3"}}]}, "0 to 1"),
        ({"published": [{**ENTRY["published"][0], "cells": {"ugc/tone": "-1"}}]}, "in quotes"),
        ({"published": [{"table": "main", "cells": {}}]}, "source"),
    ],
)
def test_a_wrong_entry_is_named_with_what_is_wrong(tmp_path, change, message):
    (tmp_path / "mine.json").write_text(json.dumps({**ENTRY, **change}))
    with pytest.raises(UsageError, match=rf"mine\.json: .*{message}"):
        read_entries(tmp_path)


def test_a_file_that_is_no_json_is_named(tmp_path):
    (tmp_path / "torn.json").write_text("{")
    with pytest.raises(UsageError, match=r"torn\.json: Invalid JSON"):
        read_entries(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        read_entries(tmp_path / "nowhere")


def test_two_entries_cannot_claim_one_name(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(
            json.dumps({**ENTRY, "model": name, "aliases": ["Same" if name == "a" else "same"]})
        )
    with pytest.raises(UsageError, match="a and b claim 'same'"):
        read_entries(tmp_path)


def test_printed_digits_survive_being_written():
    entry = Entry.model_validate(ENTRY)
    assert '"60.50"' in entry.model_dump_json()
    assert Entry.model_validate_json(entry.model_dump_json()) == entry
