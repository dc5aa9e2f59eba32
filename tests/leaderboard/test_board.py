"""Rows, averages, marks and ranks that come from entries and runs."""

from __future__ import annotations

import pytest
from published import PUBLISHED

from ugcbench.protocol import get_protocol
from ugcbench.subsets import Subset
from ugcbench_leaderboard.columns import ALL, MAIN
from ugcbench_leaderboard.comparability import list_differences, mark_differences
from ugcbench_leaderboard.entries import Directory, read_entries
from ugcbench_leaderboard.ranking import rank
from ugcbench_leaderboard.standings import find_runs, gather, read_run

PAPER = get_protocol("paper")
AUDIO = ALL["ugc/caption:audio"]


def board(*paths, table="main", directory=None, prefixes=()):
    """The finished rows by model."""
    directory = directory or read_entries(PUBLISHED)
    rows = gather(table, directory, [read_run(path) for path in paths], prefixes)
    return {row.model: row for row in rank(table, mark_differences(rows))}


@pytest.mark.parametrize(
    ("mean", "shown"),
    [(2.9229, 58.4), (2.9251, 58.6), (3.7096, 74.2), (1.0, 20.0), (5.0, 100.0)],
)
def test_the_papers_rounding_is_of_two_decimals_and_then_times_twenty(mean, shown):
    assert AUDIO.percentage(mean / 5, PAPER) == shown


def test_only_the_papers_levels_are_rounded():
    assert AUDIO.percentage(0.58458, get_protocol("v1")) == pytest.approx(58.458)
    assert ALL["ugc/caption:average"].percentage(0.767269, PAPER) == pytest.approx(76.7269)
    assert ALL["ugc/ocr"].percentage(0.69376, PAPER) == pytest.approx(69.376)


def test_without_runs_the_table_is_the_published_one():
    rows = board()
    assert list(rows)[:3] == ["gemini-2.5-flash", "gemini-2.5-pro", "qwen2.5-omni-7b"]
    assert [row.rank for row in rows.values()] == list("1234567")
    assert rows["minicpm-o-2.6"].average == 48.9
    assert rows["minicpm-o-2.6"].figures["ugc/ocr"].value == 67.2
    assert {figure.source for figure in rows["minicpm-o-2.6"].figures.values()} == {"published"}


def test_the_caption_table_has_its_own_figures_and_those_of_the_main_table():
    rows = board(table="caption")
    assert len(rows) == 12
    assert rows["qwen2.5-omni-3b"].average == 52.18
    assert rows["gemma-3n-e4b-it"].average == 53.3
    assert rows["gemma-3n-e4b-it"].figures["ugc/caption:audio"].published.source.endswith("2")


def test_a_paper_run_takes_the_place_of_published_figures(make_run, constant_values):
    path = make_run("a", "gemini-2.5-flash", constant_values(ocr=0.6938))
    row = board(path)["gemini-2.5-flash"]
    assert row.figures["ugc/ocr"].value == pytest.approx(69.38)
    assert row.figures["ugc/ocr"].source == "recorded"
    assert float(row.figures["ugc/ocr"].published.figure) == 69.4
    assert row.figures["ugc/tone"].source == "published"
    mean = sum(row.figures[column.name].value for column in MAIN) / 8
    assert row.average == pytest.approx(mean)
    assert list(board(path)) == list(board())


def test_runs_of_one_system_share_a_row_until_a_cell_comes_twice(make_run, constant_values):
    ocr = make_run("ocr", "gemini-2.5-flash", constant_values(ocr=0.6))
    tone = make_run("tone", "gemini-2.5-flash", constant_values(tone=0.7))
    again = make_run("again", "gemini-2.5-flash", constant_values(ocr=0.8))
    both = board(ocr, tone)["gemini-2.5-flash"]
    assert (both.figures["ugc/ocr"].value, both.figures["ugc/tone"].value) == (60.0, 70.0)
    rows = board(ocr, again)
    assert {"gemini-2.5-flash (ocr)", "gemini-2.5-flash (again)"} < rows.keys()


@pytest.mark.parametrize(
    "other",
    [
        {"protocol": "v1"},
        {"dataset": "ugc-videocap@v1.1@abc"},
        {"dataset": "mini@abc"},
        {"limit": 10},
        {"subset": Subset(size=300)},
    ],
)
def test_any_other_run_stands_beside_the_published_row(make_run, other):
    path = make_run("mine", "gemini-2.5-flash", **other)
    rows = board(path)
    mine, published = rows["gemini-2.5-flash (mine)"], rows["gemini-2.5-flash"]
    assert published.average == 67.4
    assert not any(figure.published for figure in mine.figures.values())
    assert all(figure.differences for figure in mine.figures.values())


def test_checkpoints_of_ones_own_are_rows_of_their_own(make_run, constant_values):
    captioner = "ugc-videocaptioner-3b"
    paths = [
        make_run(name, captioner, constant_values(ocr=0.7), options={"path": f"out/{name}/final"})
        for name in ("sft-1k", "rl-1k")
    ]
    rows = board(*paths, make_run("hub", captioner))
    assert {f"{captioner} (sft-1k/final)", f"{captioner} (rl-1k/final)"} < rows.keys()
    assert [run.measured.checkpoint for run in rows[captioner].runs] == [None]


def test_the_adapter_is_no_part_of_a_systems_name(make_run, constant_values):
    path = make_run("a", "openai/gemini-2.5-pro", constant_values(ocr=0.7), source="run")
    assert "openai/gemini-2.5-pro" in board(path)
    assert "openai/gemini-2.5-pro" not in board(path, prefixes=["openai"])


def test_what_could_not_be_scored_leaves_the_published_figure(make_run, constant_values):
    values = {**constant_values(ocr=0.6), "ugc/objects": []}
    row = board(make_run("a", "gemini-2.5-pro", values, asked=2))["gemini-2.5-pro"]
    assert row.figures["ugc/objects"].value == 38.7
    assert row.figures["ugc/objects"].source == "published"


def test_bounds_for_what_is_missing(make_run, constant_values):
    row = board(make_run("a", "m", constant_values(tone=0.5), asked=4))["m"]
    assert row.figures["ugc/tone"].bounds == (25.0, 75.0)
    assert row.average is None
    assert row.rank is None
    assert list(board(make_run("b", "m", constant_values(tone=0.5))))[-1] == "m"


def test_a_lexical_judge_is_marked_and_has_no_rank(make_run):
    lexical = {"judge": "lexical", "comparable": False, "source": "run"}
    rows = board(make_run("a", "m", **lexical), directory=Directory([]))
    kinds = {name: [d.kind for d in f.differences] for name, f in rows["m"].figures.items()}
    assert kinds["ugc/objects"] == ["judge"]
    assert kinds["ugc/tone"] == []
    assert rows["m"].rank is None
    assert rows["m"].average is not None


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ({"judge": "another"}, "judge another instead of gpt-4o"),
        ({"protocol": "v1"}, "protocol v1 instead of paper (other: "),
        ({"dataset": "mini@1"}, "dataset mini@1 instead of ugc-videocap@v1"),
        ({"limit": 5}, "the first 5 clips instead of all clips"),
        ({"subset": Subset(size=5)}, "5 drawn clips (seed 0) instead of all clips"),
    ],
)
def test_the_odd_one_out_is_marked_and_not_the_majority(make_run, other, text):
    paths = [make_run("a", "odd", **other), make_run("b", "m1"), make_run("c", "m2")]
    rows = board(*paths, directory=Directory([]))
    found = list_differences(list(rows.values()))
    assert found
    assert all(line.startswith("odd, ") for line in found)
    assert any(text in line for line in found)
    assert (rows["odd"].rank is None) == ("protocol" not in other)


def test_systems_that_the_data_cannot_tell_apart_share_their_ranks(make_run, full_values):
    paths = [
        make_run("a", "best", full_values(0.7, clips=40)),
        make_run("b", "second", full_values(0.501, clips=40)),
        make_run("c", "third", dict(reversed_values(full_values(0.5, clips=40)))),
    ]
    for table in ("main", "caption"):
        rows = board(*paths, table=table, directory=Directory([]))
        assert {name: row.rank for name, row in rows.items()} == {
            "best": "1",
            "second": "2-3",
            "third": "2-3",
        }


def reversed_values(values):
    return {name: numbers[::-1] for name, numbers in values.items()}


def test_a_small_steady_difference_is_told_apart(make_run, full_values):
    a, b = make_run("a", "a", full_values(0.50)), make_run("b", "b", full_values(0.52))
    rows = board(a, b, directory=Directory([]))
    assert [(row.model, row.rank) for row in rows.values()] == [("b", "1"), ("a", "2")]


def test_equal_averages_share_a_rank_without_records():
    entries = {entry.model: entry for entry in read_entries(PUBLISHED).entries}
    pro = entries["gemini-2.5-pro"]
    twin = pro.model_copy(update={"model": "twin", "aliases": ()})
    rows = board(directory=Directory([pro, twin, entries["gemini-2.5-flash"]]))
    assert [row.rank for row in rows.values()] == ["1", "2-3", "2-3"]


def test_finished_runs_are_found_below_a_folder(make_run, tmp_path):
    paths = [make_run("x/a"), make_run("x/deep/b")]
    (tmp_path / "x" / "unfinished").mkdir()
    assert find_runs(tmp_path / "x") == sorted(paths)
