"""Figures carried over from another judge: marked, beside native ones, never in their place."""

from __future__ import annotations

import csv
import io
import json

import pytest
from published import PUBLISHED

from ugcbench.errors import RunCorruptError, RunError
from ugcbench.store import read_summary
from ugcbench.types import Bridging
from ugcbench_leaderboard.checking import compare_with_published
from ugcbench_leaderboard.columns import MAIN
from ugcbench_leaderboard.comparability import list_differences, mark_differences
from ugcbench_leaderboard.entries import Directory, Entry, read_entries
from ugcbench_leaderboard.ranking import rank
from ugcbench_leaderboard.rendering import render_table
from ugcbench_leaderboard.standings import gather, read_run

NEW = {"judge": "new-judge", "source": "run"}
WORDS = "bridged from new-judge to the scale of gpt-4o: isotonic, bridge 0123456789ab"


def bridge(path, low=0.4, value=0.6, high=0.8, comparable=True):
    """Leave bridged.json in a run: every judged cell on gpt-4o's scale."""
    mark = Bridging(anchor="gpt-4o", judge="new-judge", method="isotonic", bridge="0123456789ab")
    changed = {
        "judge": "gpt-4o", "value": value, "low": low, "high": high, "bridged": mark,
        "comparable": comparable,
    }  # fmt: skip
    cells = [cell for cell in read_summary(path).cells if cell.judge]
    plain = [cell.model_copy(update=changed).model_dump(mode="json") for cell in cells]
    (path / "bridged.json").write_text(json.dumps(plain))
    return path


def board(*paths, table="main", directory=None):
    rows = gather(table, directory or Directory([]), [read_run(path) for path in paths])
    return {row.model: row for row in rank(table, mark_differences(rows))}


def test_a_bridged_figure_stands_in_for_the_other_judges(make_run):
    native = make_run("a", "native")
    row = board(native, bridge(make_run("b", "mine", **NEW)))["mine"]
    audio, tone = row.figures["ugc/caption:audio"], row.figures["ugc/tone"]
    assert (audio.value, audio.cell.judge, audio.bridged.judge) == (60, "gpt-4o", "new-judge")
    assert audio.interval == (40, 80)
    assert [(d.kind, d.text) for d in audio.differences] == [("bridged", WORDS)]
    assert tone.bridged is None
    assert tone.differences == ()
    values = [row.figures[column.name].value for column in MAIN]
    assert row.average == pytest.approx(sum(values) / 8)


@pytest.mark.parametrize(
    "native", [{"source": "recorded"}, {"source": "run"}, {"source": "run", "judge": "openai/x"}]
)
def test_a_figure_by_the_anchor_itself_stays(make_run, native):
    own = make_run("own", "mine", **native)
    if "judge" in native:
        text = (own / "summary.json").read_text()
        answered = text.replace('"judge_answered": []', '"judge_answered": ["gpt-4o"]')
        (own / "summary.json").write_text(answered)
    other = bridge(make_run("other", "mine", **NEW))
    rows = board(own, other)
    assert len(rows) == 2
    assert not any(f.bridged for row in rows.values() for f in row.figures.values())
    assert rows["mine (own)"].figures["ugc/objects"].value == pytest.approx(50, abs=2)


def test_published_figures_stay_and_are_not_checked_against_bridged_ones(make_run):
    path = bridge(make_run("a", "gemini-2.5-pro", {"ugc/objects": [0.3, 0.5]}, **NEW))
    row = board(path, directory=read_entries(PUBLISHED))["gemini-2.5-pro"]
    assert row.figures["ugc/objects"].bridged is None
    assert row.figures["ugc/objects"].value == 40
    other = board(
        bridge(make_run("b", "gemini-2.5-pro", protocol="v1", **NEW)),
        directory=read_entries(PUBLISHED),
    )
    assert other["gemini-2.5-pro"].figures["ugc/objects"].value == 38.7
    mine = other["gemini-2.5-pro (b)"]
    assert mine.figures["ugc/objects"].value == 60
    assert compare_with_published([mine]) == []


def test_a_bridged_row_has_places_but_moves_no_rank(make_run, full_values):
    natives = [make_run(str(n), f"n{n}", full_values(0.1 + 0.2 * n, clips=40)) for n in range(4)]
    before = {name: row.rank for name, row in board(*natives, table="caption").items()}
    assert before == {"n3": "1", "n2": "2", "n1": "3", "n0": "4"}
    for low, value, high, places in [
        (0.65, 0.8, 0.9, "≈1-2"), (0.35, 0.4, 0.45, "≈3"), (0.0, 0.5, 1.0, "≈1-5"),
        (0.0, 0.01, 0.02, "≈5"),
    ]:  # fmt: skip
        path = bridge(make_run(f"b{value}", "mine", **NEW), low, value, high)
        rows = board(*natives, path, table="caption")
        assert rows["mine"].rank == places
        assert {name: rows[name].rank for name in before} == before
        averages = [row.average for row in rows.values()]
        assert averages == sorted(averages, reverse=True)


def test_bridged_rows_alone_have_no_places(make_run):
    rows = board(bridge(make_run("a", "m1", **NEW)), bridge(make_run("b", "m2", **NEW)))
    assert [row.rank for row in rows.values()] == [None, None]


def test_an_offline_judges_bridged_figure_stays_incomparable(make_run):
    offline = make_run("b", "mine", comparable=False, **NEW)
    row = board(make_run("a", "native"), bridge(offline, comparable=False))["mine"]
    assert row.rank is None
    kinds = [(d.kind, d.text) for d in row.figures["ugc/objects"].differences]
    assert kinds == [
        ("judge", "judge new-judge, not comparable with an LLM judge"),
        ("bridged", WORDS),
    ]


def test_bridging_mends_no_other_difference(make_run):
    natives = [make_run("a", "n1"), make_run("b", "n2")]
    mine = bridge(make_run("c", "mine", protocol="v1", limit=5, **NEW))
    texts = [d.text for d in board(*natives, mine)["mine"].figures["ugc/objects"].differences]
    assert texts[:2] == [WORDS, "the first 5 clips instead of all clips"]
    assert texts[2].startswith("protocol v1 instead of paper (other: ")
    assert "judge" not in texts[2]
    assert board(*natives, mine)["mine"].rank is None
    elsewhere = [make_run("d", "n3", judge="claude"), make_run("e", "n4", judge="claude")]
    found = list_differences(list(board(*elsewhere, mine).values()))
    assert "mine, Objects: judge gpt-4o instead of claude" in found


def test_every_format_marks_a_bridged_figure(make_run):
    rows = list(board(make_run("a", "native"), bridge(make_run("b", "mine", **NEW))).values())
    text = render_table("main", rows, "table")
    assert text.count("≈60.0 a") == 5
    assert "≈ carried over from another judge" in text
    assert f"a {WORDS}" in text
    assert "≈1-2" in text
    mine = next(r for r in json.loads(render_table("main", rows, "json")) if r["model"] == "mine")
    cell = mine["cells"]["ugc/objects"]
    assert (cell["judge"], cell["value"], cell["low"], cell["high"]) == ("gpt-4o", 60, 40, 80)
    assert cell["bridged"] == {
        "anchor": "gpt-4o", "judge": "new-judge", "method": "isotonic", "bridge": "0123456789ab",
    }  # fmt: skip
    assert mine["cells"]["ugc/tone"]["bridged"] is None
    lines = list(csv.DictReader(io.StringIO(render_table("main", rows, "csv"))))
    marks = {line["cell"]: line["bridged"] for line in lines if line["model"] == "mine"}
    assert (marks["ugc/objects"], marks["ugc/tone"]) == ("new-judge", "")
    assert "≈" not in render_table("main", rows[:0], "table")


def test_an_entry_keeps_bridged_figures(make_run):
    path = bridge(make_run("b", "mine", **NEW))
    entry = Entry(model="mine", measured=(read_run(path).measured,))
    again = Entry.model_validate_json(entry.model_dump_json(exclude_defaults=True))
    assert again == entry
    row = board(make_run("a", "native"), directory=Directory([again]))["mine"]
    assert row.figures["ugc/objects"].bridged.judge == "new-judge"
    assert row.rank == "≈1-2"


def test_bridged_figures_of_an_older_scoring_are_refused(make_run):
    path = bridge(make_run("a", "mine", **NEW))
    summary = path / "summary.json"
    summary.write_text(summary.read_text().replace("paper-new-judge", "paper-other-rubric"))
    with pytest.raises(RunError, match="scored anew"):
        read_run(path)
    (path / "bridged.json").write_text("[{}]")
    with pytest.raises(RunCorruptError, match=r"bridged\.json"):
        read_run(path)
    cells = [cell.model_dump(mode="json") for cell in read_summary(path).cells]
    (path / "bridged.json").write_text(json.dumps(cells))
    with pytest.raises(RunCorruptError, match="how it was bridged"):
        read_run(path)


def test_strict_refuses_bridged_figures(make_run, ugcbench):
    paths = [make_run("a", "native"), bridge(make_run("b", "mine", **NEW))]
    done = ugcbench("leaderboard", *paths, "--strict", "--entries", PUBLISHED)
    assert done.returncode == 1
    assert f"mine, Objects: {WORDS}" in done.stderr
