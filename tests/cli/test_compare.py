"""`ugcbench compare` as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

TASKS = "ugc/tone,ugc/ocr"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Finished runs of two floors, and of one of them under another protocol."""
    folder = tmp_path_factory.mktemp("runs")
    for name, model, protocol in [
        ("majority", "majority", "v1"),
        ("blind", "blind", "v1"),
        ("paper", "blind", "paper"),
    ]:
        command = [sys.executable, "-m", "ugcbench", "run", "--model", model, "--dataset", "mini"]
        command += ["--tasks", TASKS, "--protocol", protocol]
        subprocess.run([*command, "--output", str(folder / name)], check=True)
    return folder


def test_two_runs_are_compared_column_by_column(ugcbench, runs):
    done = ugcbench("compare", "majority", "blind", cwd=runs)
    assert done.returncode == 0, done.stderr
    for text in ("2 runs on the samples", "OCR", "majority - blind", "Average", "p (Holm)"):
        assert text in done.stdout
    assert done.stderr == ""


def test_json_is_nothing_but_json_on_the_scale_of_100(ugcbench, runs):
    done = ugcbench("compare", "majority", "blind", "--format", "json", "--seed", "3", cwd=runs)
    found = json.loads(done.stdout)
    rows = {row["cell"]: row for row in found["rows"]}
    assert set(rows) == {"ugc/tone", "ugc/ocr", "average"}
    ocr = rows["ugc/ocr"]
    assert ocr["difference"] > 1
    assert ocr["first_value"] - ocr["second_value"] == pytest.approx(ocr["difference"])
    assert ocr["low"] < ocr["difference"] < ocr["high"]
    assert found["seed"] == 3


@pytest.mark.parametrize(
    ("style", "part"),
    [("md", "| column"), ("latex", r"\toprule"), ("html", "<table>"), ("csv", "column,run,score")],
)
def test_ranks_in_all_formats(ugcbench, runs, style, part):
    done = ugcbench("compare", "majority", "blind", "--ranks", "--format", style, cwd=runs)
    assert part in done.stdout
    assert "1-2" in done.stdout


def test_other_rules_are_refused_with_the_way_to_go_on(ugcbench, runs):
    done = ugcbench("compare", "blind", "paper", cwd=runs)
    assert done.returncode == 2
    assert "choice (lenient, exact)" in done.stderr
    assert "--allow-different-protocols" in done.stderr
    assert done.stdout == ""
    allowed = ugcbench("compare", "blind", "paper", "--allow-different-protocols", cwd=runs)
    assert allowed.returncode == 0
    assert "[1] different protocols" in allowed.stdout
    some = ugcbench("compare", "majority", "blind", "paper", "--cells", "ugc/tone", cwd=runs)
    assert some.returncode == 0
    assert "- [1]" in some.stdout
    assert "--allow-different-protocols" in some.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["majority"], "two or more runs"),
        (["majority", "majority"], "each of them once"),
        (["majority", "none"], "'none' does not exist"),
        (["majority", "."], "no run directory"),
        (["majority", "blind", "--cells", "ugc/tune"], "but for: ugc/tone, ugc/ocr"),
        (["majority", "blind", "--confidence", "95"], "not in the range"),
    ],
)
def test_errors_say_what_is_wrong(ugcbench, runs, arguments, message):
    done = ugcbench("compare", *arguments, cwd=runs)
    assert message in done.stderr
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
