"""`ugcbench plot` writes pictures and prints the numbers in them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner
from drawn_runs import opened

from ugcbench_plots import KINDS, plot_scores
from ugcbench_plots.commands import plot


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(*words):
        return CliRunner().invoke(plot, list(map(str, words)), catch_exceptions=False)

    return invoke


@pytest.mark.parametrize("kind", KINDS)
def test_each_picture_by_its_name(kind, call, minis, judged, tmp_path):
    runs = judged if kind == "calibration" else minis
    done = call(kind, *runs)
    assert (done.exit_code, done.stdout) == (0, f"{kind}.png\n")
    opened((tmp_path / f"{kind}.png").read_bytes())
    done = call(kind, *runs, "--theme", "dark", "--output", "dark.svg")
    assert done.exit_code == 0
    assert (tmp_path / "dark.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_on_stdout(kind, call, minis, judged, tmp_path):
    runs = judged if kind == "calibration" else minis
    told = json.loads(call(kind, *runs, "--format", "json").stdout)
    table = list(csv.DictReader(io.StringIO(call(kind, *runs, "--format", "csv").stdout)))
    assert told["title"]
    assert len(table) == len(told["rows"])
    assert list(table[0]) == list(told["rows"][0])
    assert not list(tmp_path.glob("*.png"))


def test_chosen_cells(call, minis):
    done = call("scores", minis[0], "--cells", "ugc/tone,ugc/caption:audio", "--format", "json")
    rows = json.loads(done.stdout)["rows"]
    assert rows == [
        dict(row) for row in plot_scores(minis[0], cells=["ugc/tone", "ugc/caption:audio"]).rows
    ]


def test_errors_say_what_to_type(ugcbench, minis):
    done = ugcbench("plot", "scores", minis[0], "--output", "x.bmp")
    assert done.returncode == 2
    assert "a picture's name ends in .png, .svg, .pdf" in done.stderr
