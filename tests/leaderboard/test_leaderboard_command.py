"""`ugcbench leaderboard` as a user types it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from published import PUBLISHED

ROOT = Path(__file__).parent.parent.parent
RELEASE = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP", ROOT.parent / "shared" / "ugc-videocap"))

ALONE = ["--entries", PUBLISHED]


def test_what_was_measured_and_is_bundled_gives_the_published_figures(ugcbench):
    done = ugcbench("leaderboard", "--check", "--format", "json")
    assert done.returncode == 0, done.stdout
    verdicts = [made["verdict"] for made in json.loads(done.stdout)]
    assert len(verdicts) >= 20
    assert set(verdicts) == {"agrees"}


def test_the_bundled_table_needs_no_run(ugcbench):
    done = ugcbench("leaderboard")
    assert done.returncode == 0, done.stderr
    assert "gemini-2.5-flash" in done.stdout
    assert "as published" in done.stdout
    captions = ugcbench("leaderboard", "--table", "caption", "--format", "json")
    assert len(json.loads(captions.stdout)) == 12


def test_help_explains_the_exit_codes(ugcbench):
    text = ugcbench("leaderboard", "--help").stdout
    assert "Exit codes" in text
    assert "--strict" in text


def test_a_check_passes_or_exits_with_1_and_says_what_differs(ugcbench, make_run, constant_values):
    right = make_run("right", "gemini-2.5-flash", constant_values(ocr=0.6938))
    wrong = make_run("wrong", "gemini-2.5-pro", constant_values(ocr=0.6938, tone=0.5))
    done = ugcbench("leaderboard", right, "--check", *ALONE)
    assert done.returncode == 0, done.stderr
    assert "agrees" in done.stdout
    done = ugcbench("leaderboard", right, wrong, "--check", "--format", "json", *ALONE)
    assert done.returncode == 1
    verdicts = {(made["model"], made["cell"]): made["verdict"] for made in json.loads(done.stdout)}
    assert verdicts["gemini-2.5-pro", "ugc/tone"] == "differs"
    assert verdicts["gemini-2.5-flash", "ugc/ocr"] == "agrees"


def test_a_check_of_nothing_is_an_error(ugcbench, make_run):
    done = ugcbench("leaderboard", make_run("a", "nobody-knows-me"), "--check", *ALONE)
    assert done.returncode == 2
    assert "nothing to check" in done.stderr


def test_strict_refuses_what_is_otherwise_marked(ugcbench, make_run):
    paths = [make_run("a", "m1"), make_run("b", "m2"), make_run("c", "odd", protocol="v1")]
    assert ugcbench("leaderboard", *paths, *ALONE).returncode == 0
    done = ugcbench("leaderboard", *paths, "--strict", *ALONE)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "odd, Tone: protocol v1 instead of paper" in done.stderr
    assert ugcbench("leaderboard", *paths[:2], "--strict", *ALONE).returncode == 0
    assert ugcbench("leaderboard", "--strict", *ALONE).returncode == 0


def test_runs_below_a_folder_own_entries_and_an_output_file(
    ugcbench, make_run, constant_values, tmp_path
):
    make_run("runs/a", "mine", constant_values(tone=0.5))
    make_run("runs/b", "other", constant_values(tone=0.6))
    (tmp_path / "none").mkdir()
    done = ugcbench(
        "leaderboard", tmp_path / "runs" / "a", "--runs", "runs", "--entries", "none",
        "--format", "json", "--output", "board.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    rows = json.loads((tmp_path / "board.json").read_text())
    assert [row["model"] for row in rows] == ["mine", "other"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "does not exist"),
        (["."], "no summary"),
        (["--table", "mian"], "is not one of"),
        (["--output", "no/such/folder/x.md"], "choose another --output"),
    ],
)
def test_mistakes_are_answered(ugcbench, arguments, message):
    done = ugcbench("leaderboard", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_entry_is_named(ugcbench, tmp_path):
    (tmp_path / "mine.json").write_text('{"model": "m", "surprise": 1}')
    done = ugcbench("leaderboard", "--entries", tmp_path)
    assert done.returncode == 2
    assert "mine.json" in done.stderr
    assert "surprise" in done.stderr


@pytest.mark.skipif(not RELEASE.is_dir(), reason=f"no copy of the public release at {RELEASE}")
def test_the_recorded_systems_give_the_published_figures(ugcbench):
    done = ugcbench("import", "ugc-videocap", RELEASE, "--output", "imported")
    assert done.returncode == 0, done.stderr
    done = ugcbench("leaderboard", "--runs", "imported", "--check", "--format", "json")
    assert done.returncode == 0, done.stdout
    made = json.loads(done.stdout)
    assert {comparison["verdict"] for comparison in made} == {"agrees"}
    figures = {(c["model"], c["cell"], c["source"][-1]): c["regenerated"] for c in made}
    assert figures["gemini-2.5-flash", "ugc/ocr", "2"] == pytest.approx(69.38, abs=0.005)
    assert figures["qwen2.5-omni-3b", "ugc/ocr", "2"] == pytest.approx(56.08, abs=0.005)
    assert figures["gemma-3n-e4b-it", "ugc/ocr", "2"] == pytest.approx(12.39, abs=0.005)
    average = "ugc/caption:average"
    assert figures["ugc-videocaptioner-3b", average, "3"] == pytest.approx(60.01, abs=0.005)
