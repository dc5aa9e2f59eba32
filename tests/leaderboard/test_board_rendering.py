"""The table in each format: readable, complete, and safe whatever a model is called."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from published import PUBLISHED

from ugcbench_leaderboard.comparability import mark_differences
from ugcbench_leaderboard.entries import Directory, read_entries
from ugcbench_leaderboard.ranking import rank
from ugcbench_leaderboard.rendering import render_comparisons, render_table
from ugcbench_leaderboard.standings import gather, read_run

FORMATS = ("table", "md", "latex", "html", "csv", "json")
HOSTILE = "<script>alert(1)</script> | [x](javascript:y) `z` \\input{a} 100%_$#&~^ *b*\n\x1b[31m"


def shown(style, *paths, table="main", entries=True):
    directory = read_entries(PUBLISHED) if entries else Directory([])
    rows = mark_differences(gather(table, directory, [read_run(path) for path in paths]))
    return render_table(table, rank(table, rows), style)


def test_published_figures_are_marked_with_their_source():
    text = shown("table")
    assert "69.4†" in text
    assert "† as published, not made again: arXiv:2507.11336, Table 2" in text
    assert "interval" not in text
    assert max(map(len, text.splitlines())) <= 130


def test_a_figure_made_again_has_its_interval_and_the_published_one_beside(make_run, full_values):
    path = make_run("a", "gemini-2.5-flash", {"ugc/ocr": full_values(0.69)["ugc/ocr"]})
    line = next(line for line in shown("md", path).splitlines() if "flash" in line)
    assert re.search(r" 70\.0 \d\d\.\d-\d\d\.\d \[69\.4\] ", line)
    assert "78.2†" in line
    assert "‡ [67.4]" in line
    assert "‡ the mean of" in shown("md", path)
    assert "[ ] the published figure: arXiv:2507.11336, Table 2" in shown("latex", path)


def test_missing_samples_show_with_what_they_could_change(make_run, constant_values):
    text = shown("table", make_run("a", "m", constant_values(tone=0.5), asked=4))
    assert "50.0°" in text
    assert "° m: 2 of 4 count (50.0 %); whatever the others are: Tone 25.0 to 75.0" in text
    assert "°" not in shown("table", make_run("b", "m", constant_values(tone=0.5)))


def test_other_rules_get_one_letter_each_and_a_footnote(make_run):
    paths = [make_run("a", "m1"), make_run("b", "m2"), make_run("c", "odd", protocol="v1")]
    text = shown("md", *paths, entries=False)
    odd = next(line for line in text.splitlines() if "| odd" in line)
    assert odd.count(" a ") == 8
    assert "\na protocol v1 instead of paper (other: " in text
    assert "\nb " not in text


def test_an_offline_judges_figures_are_marked(make_run):
    text = shown("table", make_run("a", "m", judge="lexical", comparable=False), entries=False)
    row = next(line for line in text.splitlines() if "│ m " in line)
    assert row.count("*") == 5
    assert "* from an offline judge" in text


@pytest.mark.parametrize("style", FORMATS)
@pytest.mark.parametrize("table", ["main", "caption"])
def test_every_format_names_every_system(style, table):
    text = shown(style, table=table)
    assert "qwen2.5-omni-7b" in text
    assert "gemma-3n-e2b-it" in text
    assert not text.endswith("\n")


def test_a_hostile_name_is_harmless_in_html(make_run):
    text = shown("html", make_run("a", HOSTILE, asked=100))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert set(re.findall(r"</?(\w+)", text)) == {
        "table", "thead", "tbody", "tr", "th", "td", "p",
    }  # fmt: skip


def test_a_hostile_name_is_harmless_in_markdown(make_run):
    text = shown("md", make_run("a", HOSTILE, asked=100))
    lines = [line for line in text.splitlines() if "script" in line]
    assert len(lines) == 2
    row, note = lines
    assert len(re.findall(r"(?<!\\)\|", row)) == 12
    for line in lines:
        assert not re.search(r"(?<!\\)[<`]", line)
        assert r"[x\](javascript" in line
        assert r"\*b\*" in line
    assert note.startswith("° ")


def test_a_hostile_name_is_harmless_in_latex(make_run):
    text = shown("latex", make_run("a", HOSTILE, asked=100))
    lines = [line for line in text.splitlines() if "script" in line]
    assert len(lines) == 2
    for line in lines:
        assert r"\textbackslash{}input\{a\}" in line
        assert r"100\%\_\$\#\&\textasciitilde{}\^{}" in line


def test_a_hostile_name_cannot_speak_to_the_terminal(make_run):
    text = shown("table", make_run("a", HOSTILE, asked=100))
    assert "\x1b" not in text
    assert len({len(line) for line in text.splitlines() if line.startswith("│")}) == 1


def test_json_has_the_documented_shape(make_run, full_values):
    path = make_run("a", "gemini-2.5-flash", {"ugc/ocr": full_values(0.69)["ugc/ocr"]}, asked=24)
    rows = json.loads(shown("json", path))
    assert [set(row) for row in rows] == [{"model", "rank", "average", "cells"}] * 7
    first = rows[0]
    assert (first["model"], first["rank"]) == ("gemini-2.5-flash", "1")
    names = ["audio", "visual", "details", "average"]
    assert {f"ugc/caption:{name}" for name in names} < first["cells"].keys()
    cell = first["cells"]["ugc/ocr"]
    assert cell["low"] < cell["value"] < cell["high"]
    assert 60 < cell["value"] < 75
    assert (cell["n"], cell["asked"], cell["coverage"]) == (12, 24, 0.5)
    assert cell["worst"] == pytest.approx(cell["value"] / 2)
    assert cell["best"] == pytest.approx(cell["value"] / 2 + 50)
    assert cell["protocol"] == "paper@paper-None"
    assert (cell["judge"], cell["source"], cell["run"]) == (None, "recorded", "a")
    assert cell["published"] == {"value": 69.4, "source": "arXiv:2507.11336, Table 2"}
    other = first["cells"]["ugc/tone"]
    assert (other["value"], other["source"], other["n"]) == (64.1, "published", None)
    assert other["protocol"] == "as published"


def test_csv_has_one_line_a_cell_with_what_differs(make_run):
    path = make_run("a", "m", judge="lexical", comparable=False)
    rows = list(csv.DictReader(io.StringIO(shown("csv", path, entries=False))))
    assert len(rows) == 9
    by_cell = {row["cell"]: row for row in rows}
    assert "not comparable" in by_cell["ugc/objects"]["differs"]
    assert by_cell["ugc/tone"]["differs"] == ""
    assert by_cell["ugc/tone"]["n"] == "12"


def test_a_table_of_nothing_is_no_error():
    assert json.loads(shown("json", entries=False)) == []
    for style in FORMATS:
        assert isinstance(shown(style, entries=False), str)
        assert isinstance(render_comparisons([], style), str)
