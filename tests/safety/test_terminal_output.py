"""What data holds can't speak to the terminal, make up lines, or run as a spreadsheet's formula."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
import tabulate
from hypothesis import given
from hypothesis import strategies as st

from ugcbench.commands.printing import echo
from ugcbench.commands.progress import ProgressBars
from ugcbench.plaintext import OBEYED, escape, join_lines
from ugcbench.rendering import escape_formula, escape_markdown, render
from ugcbench.types import Failure, Prediction

ANSI = "\x1b[2J\x1b[1;31mfine\x1b[0m"
TITLE = "\x1b]0;owned\x07"
CLIPBOARD = "\x1b]52;c;cm0gLXJmIH4=\x1b\\"
C1 = "\x9b31m\x85\x90q\x9c"
BIDI = "abc\u202edcba\u2066x\u2069\u200f"
TAGS = "\U000e0041\U000e0042\u2028\u2029"
OVERWRITE = "bad\rgood\x08\x08\x7f"
LINES = "x\nerror: a made up line\r\n\x0bmore"
HOSTILE = [ANSI, TITLE, CLIPBOARD, C1, BIDI, TAGS, OVERWRITE, LINES]
MARKUP = (
    "<script>alert(1)</script> | [x](javascript:y) ![i](//e/t) `z` \\input{a} &lt; <!-- end -->"
)


@given(st.text())
def test_no_obeyed_character_is_left_and_json_stays_the_same(text):
    assert not OBEYED.search(escape(text))
    assert json.loads(escape(json.dumps(text, ensure_ascii=False))) == text
    assert "\n" not in join_lines(text)


@pytest.mark.parametrize(
    "text", ["", "Ein Kätzchen, 猫 และ قطة", "a\tb\nc", "👩‍👧 \xa0ok", "1 < 2"]
)
def test_what_is_harmless_stays(text):
    assert escape(text) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_printed_is_not_obeyed(text, capsys):
    echo(text)
    echo(text, err=True, fg="red")
    printed = capsys.readouterr()
    assert not OBEYED.search(printed.out + printed.err)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_whole_command_shows_a_hostile_run_harmlessly(text, finished, command, tmp_path):
    summary = json.loads(finished["summary.json"])
    summary["model"] = text
    for cell in summary["cells"]:
        cell.update(label=text, judge=text)
    records = [json.loads(line) for line in finished["records.jsonl"].splitlines()]
    records[0]["sample_id"] = text
    for name, data in finished.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    (tmp_path / "records.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    for style in ("table", "md", "latex", "html", "csv", "json"):
        done = command("leaderboard", tmp_path, "--format", style)
        assert done.code == 0, done.err
        assert not OBEYED.search(done.out + done.err)
    done = command("verify", tmp_path)
    assert done.code == 1
    assert not OBEYED.search(done.out)
    assert "\nerror: a made up line" not in done.out


@pytest.mark.parametrize("text", HOSTILE)
def test_names_of_files_in_errors_are_harmless(text, command):
    for arguments in (("verify", f"no{text}"), ("run", "--model", text), ("show", text)):
        done = command(*arguments)
        assert done.code == 2
        assert not OBEYED.search(done.out + done.err)


def test_progress_takes_no_markup_from_failures(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    bars = ProgressBars()
    bars.begin("asking", 1)
    kind = f"[link=http://e]{ANSI}[/link]"
    failure = Failure(status="api_error", kind=kind, message="m")
    bars.step(Prediction(task="t", sample_id="s", failure=failure))
    shown = bars._bars.tasks[0].fields["failures"]
    assert "[link=http://e]" in shown
    assert not OBEYED.search(shown)
    assert all(
        not column.markup for column in bars._bars.columns if "failures" in str(vars(column))
    )


@pytest.mark.parametrize("style", ["table", "md", "latex", "html", "csv"])
@pytest.mark.parametrize("text", [*HOSTILE, MARKUP])
def test_tables_in_every_format(style, text):
    shown = render(("name", text), [(text, "1.0")], style, left=("name",), notes=(text,))
    assert not OBEYED.search(shown)
    if style == "html":
        assert set(re.findall(r"</?(\w+)", shown)) <= {
            *("table", "thead", "tbody", "tr", "th", "td", "p")
        }
    if style == "latex":
        assert "\\input{" not in shown
    if style == "md":
        rows = [line for line in shown.splitlines() if line.startswith("|")]
        assert len(rows) == 3
        assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows)
        assert not re.search(r"(?<!\\)[<`]|(?<!\\)\]\(", shown)


@pytest.mark.parametrize(
    "text", ["a\\|b", "\\", "\\\\|", "|", "`|`", "[a](b)", "&amp;", "_x_", "*b*"]
)
def test_markdown_shows_a_text_as_it_is(text):
    shown = escape_markdown(text)
    bare = re.sub(r"\\([\\`<|~\]&_*])", r"\1", shown)
    assert bare == text
    assert shown.count("\\") > text.count("\\")


@pytest.mark.parametrize(
    "text",
    ["=1+2", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", "=HYPERLINK(1)", "+49 30"],
)
def test_formulas_are_shown_and_not_computed(text):
    row = next(csv.reader(io.StringIO(render((text,), [], "csv"))))
    assert row == [f"'{text}"]


@pytest.mark.parametrize(
    "text",
    ["-", "-1.5", "+0.3", "-1.0 to +2.0", "+0.5 *", "+0.5 * [1] [2]", "12.0 - 13.5", "a=b", ""],
)
def test_numbers_and_words_are_not_touched(text):
    assert escape_formula(text) == text


def test_latex_rules_cover_what_tex_obeys():
    assert set(tabulate.LATEX_ESCAPE_RULES) >= set("&%$#_^{}~\\")
