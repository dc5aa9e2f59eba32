"""The pictures show what was measured, and drawing them leaves matplotlib as it was."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from judged_runs import Named, strict_judge
from matplotlib import _pylab_helpers
from PIL import Image

from ugcbench_judging.agreement import to_levels
from ugcbench_judging.calibration import read_judged_pairs
from ugcbench_judging.plots import draw_calibration, draw_levels
from ugcbench_judging.procedure import Design, calibrate


@pytest.fixture(scope="module")
def calibrated(anchor, tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibrated")
    found = calibrate(anchor, Named("strict", strict_judge), folder, Design(size=None, repeats=1))
    return found, read_judged_pairs(folder)


def test_both_pictures_are_drawn_twice(calibrated, tmp_path):
    before = dict(mpl.rcParams)
    files = draw_calibration(*calibrated, tmp_path)
    assert [file.name for file in files] == [
        *("agreement.png", "agreement.svg"),
        *("systems.png", "systems.svg"),
    ]
    assert dict(mpl.rcParams) == before
    assert _pylab_helpers.Gcf.get_num_fig_managers() == 0
    for file in files:
        if file.suffix == ".png":
            with Image.open(file) as picture:
                assert min(picture.size) > 500
                assert np.asarray(picture.convert("L")).std() > 10
        else:
            assert file.read_text().startswith("<?xml")


def test_the_same_numbers_give_the_same_bytes(calibrated, tmp_path):
    (tmp_path / "again").mkdir()
    first = draw_calibration(*calibrated, tmp_path)
    second = draw_calibration(*calibrated, tmp_path / "again")
    assert [f.read_bytes() for f in first] == [f.read_bytes() for f in second]


def test_the_cells_hold_the_counts(calibrated):
    found, pairs = calibrated
    figure = draw_levels(found, pairs, ["details"])
    (panel,) = figure.axes
    shown = {
        (round(text.get_position()[1]) + 1, round(text.get_position()[0]) + 1): int(text.get_text())
        for text in panel.texts
    }
    levels = [to_levels([p.anchor["details"], p.judge["details"]]).tolist() for p in pairs]
    assert shown == {(a, b): levels.count([a, b]) for a, b in map(tuple, levels)}


def test_every_system_and_dimension_is_named(anchor, tmp_path):
    names = ("audio", "visual", "details")
    long = replace(anchor, judge="provider/a-judge-with-a-name-that-nobody-wants-on-an-axis")
    found = calibrate(long, Named("b", strict_judge), tmp_path / "c", Design(size=None, repeats=1))
    with mpl.rc_context({"svg.fonttype": "none"}):
        draw_calibration(found, read_judged_pairs(tmp_path / "c"), tmp_path)
    text = " ".join(re.findall(r">([^<]+)</text>", (tmp_path / "systems.svg").read_text()))
    for name in (*names, *anchor.systems, "b against a-judge-with-a-name-tha"):
        assert name in text
    assert "nobody-wants" not in text


def test_one_system_and_one_dimension_can_be_drawn(anchor, tmp_path):
    pairs = tuple(
        replace(p, scores={"score": p.scores["audio"]}) for p in anchor.pairs if p.system == "weak"
    )
    one = replace(anchor, pairs=pairs[:1], dimensions=("score",), task="ugc/background")
    judge = Named("j", '{"consistent": "no"}')
    found = calibrate(one, judge, tmp_path / "c", Design(size=None, repeats=1))
    assert (found.gates, found.average) == ((), None)
    assert len(draw_calibration(found, read_judged_pairs(tmp_path / "c"), tmp_path)) == 4


def test_matplotlib_is_not_imported_before_it_is_needed():
    code = (
        "import sys, ugcbench_judging.plots, ugcbench_judging.procedure;"
        "assert not {'matplotlib', 'sklearn', 'krippendorff'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
