"""Figures made again against published ones."""

from __future__ import annotations

import pytest
from published import PUBLISHED

from ugcbench_leaderboard.checking import compare_with_published
from ugcbench_leaderboard.entries import read_entries
from ugcbench_leaderboard.standings import gather, read_run


def verdicts(*paths, table="main"):
    rows = gather(table, read_entries(PUBLISHED), [read_run(path) for path in paths])
    return {made.cell: made for made in compare_with_published(rows)}


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.6938, "agrees"), (0.6935, "agrees"), (0.6945, "agrees"), (0.6946, "differs")],
)
def test_a_figure_agrees_to_the_last_printed_digit(make_run, constant_values, value, verdict):
    found = verdicts(make_run("a", "gemini-2.5-flash", constant_values(ocr=value)))
    assert {cell: made.verdict for cell, made in found.items()} == {"ugc/ocr": verdict}


def test_captions_agree_by_the_papers_rounding(make_run, constant_values):
    values = constant_values(
        caption_audio=3.1197 / 5, caption_visual=2.9702 / 5, caption_details=2.9129 / 5,
        caption_average=0.600067,
    )  # fmt: skip
    path = make_run("a", "ugc-videocaptioner-3b", values)
    assert {made.verdict for made in verdicts(path, table="caption").values()} == {"agrees"}
    assert verdicts(path) == {}


def test_two_digits_are_asked_of_a_figure_printed_with_two(make_run, constant_values):
    values = constant_values(caption_average=0.5214)
    path = make_run("a", "qwen2.5-omni-3b", values)
    assert verdicts(path, table="caption")["ugc/caption:average"].verdict == "differs"
    values = constant_values(caption_audio=0.482, caption_average=0.5218)
    path = make_run("b", "qwen2.5-omni-3b", values)
    assert verdicts(path, table="caption")["ugc/caption:average"].verdict == "agrees"
    assert verdicts(path)["ugc/caption:average"].verdict == "agrees"


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.4616, "known"), (0.46, "agrees"), (0.464, "differs")]
)
def test_a_known_difference_is_told_with_its_reason(make_run, constant_values, value, verdict):
    found = verdicts(make_run("a", "MiniCPM-o-2_6", constant_values(caption_audio=value)))
    assert found["ugc/caption:audio"].verdict == verdict
    assert bool(found["ugc/caption:audio"].reason) == (verdict == "known")


def test_an_average_is_compared_when_all_of_it_was_made_again(make_run, constant_values):
    printed = read_entries(PUBLISHED).find("qwen2.5-omni-7b").row("main").cells
    short = {name.replace("ugc/", "").replace(":", "_"): v for name, v in printed.items()}
    values = {name: float(v) / (1 if name == "ocr" else 100) for name, v in short.items()}
    found = verdicts(make_run("a", "qwen2.5-omni-7b", constant_values(**values)))
    assert len(found) == 10
    assert {made.verdict for made in found.values()} == {"agrees"}
    values["tone"] += 0.1
    found = verdicts(make_run("b", "qwen2.5-omni-7b", constant_values(**values)))
    wrong = [made.cell for made in found.values() if made.verdict == "differs"]
    assert wrong == ["ugc/tone", "average"]


@pytest.mark.parametrize("other", [{"protocol": "v1"}, {"dataset": "mini@1"}, {"limit": 3}])
def test_only_figures_made_again_are_compared(make_run, constant_values, other):
    path = make_run("a", "gemini-2.5-flash", constant_values(ocr=0.1), **other)
    assert verdicts(path) == {}
