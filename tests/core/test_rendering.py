"""Tables of texts in every format."""

from __future__ import annotations

import csv
import io

import pytest

from ugcbench.rendering import points, render, scaled, span

ROWS = [("a_b|c", "1.5", 'say "<x>"'), ("", "-", "50 % & more, or less")]
HEADERS = ("name", "number", "text")


def shown(style, **more):
    return render(HEADERS, ROWS, style, left=("name",), **more)


def test_csv_gives_every_text_back_and_has_no_notes():
    rows = list(csv.reader(io.StringIO(shown("csv", notes=["see below"]))))
    assert rows == [list(HEADERS), *map(list, ROWS)]


def test_markdown_escapes_the_bars_between_cells():
    first, line, *rows = shown("md").splitlines()
    assert first.count("|") == line.count("|") == 4
    assert r"a_b\|c" in rows[0]


def test_html_and_latex_escape_what_would_be_markup():
    assert "&lt;x&gt;" in shown("html")
    assert r"a\_b" in shown("latex")
    assert r"50 \% \& more" in shown("latex")


@pytest.mark.parametrize(
    ("style", "ending"),
    [
        ("table", "\n* 1_a & <b>"),
        ("md", "\n\n\\* 1_a & \\<b>"),
        ("html", "<p>* 1_a &amp; &lt;b&gt;</p>"),
        ("latex", "\n\n* 1\\_a \\& \\ensuremath{<}b\\ensuremath{>}"),
    ],
)
def test_notes_stand_below_the_table_in_its_own_markup(style, ending):
    assert shown(style, notes=["* 1_a & <b>"]).endswith(ending)


def test_a_table_without_rows_is_its_head():
    assert render(HEADERS, [], "csv") == "name,number,text"
    assert "number" in render(HEADERS, [], "table", left=("name",))


def test_numbers_are_shown_with_one_decimal_on_the_scale_of_100():
    assert (points(None), points(12.34), points(12.34, sign=True)) == ("-", "12.3", "+12.3")
    assert span(1.0, 2.55) == "1.0 - 2.5"
    assert span(-1.0, 2.0, sign=True) == "-1.0 to +2.0"
    assert span(None, None) == ""
    assert (scaled(0.25), scaled(None)) == (25.0, None)
