"""Every picture can be kept, twice the same, with any names in it."""

from __future__ import annotations

import io
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import pytest
from drawn_runs import HOSTILE, number_run, opened
from matplotlib.backends.backend_agg import FigureCanvasAgg

import ugcbench_plots
from ugcbench import pages
from ugcbench.errors import MissingExtraError, UsageError
from ugcbench_plots.sheet import fit, fit_names, width_of
from ugcbench_plots.themes import THEMES

NAMED = ("sheet", "ink", "quiet", "line", "edge", "accent", "tint", "warn")


def arguments(kind, minis, judged):
    return judged if kind == "calibration" else minis


@pytest.mark.parametrize("kind", ugcbench_plots.KINDS)
def test_same_runs_give_same_bytes(kind, minis, judged):
    before = dict(mpl.rcParams)
    runs = arguments(kind, minis, judged)
    first, again = (ugcbench_plots.draw_svg(kind, runs) for _ in range(2))
    assert first == again
    assert first != ugcbench_plots.draw_svg(kind, runs, theme="dark")
    root = ET.fromstring(first)
    assert root.tag.endswith("svg")
    assert b"<script" not in first
    assert b"<text" not in first  # letters are outlines: no font is needed where it is shown
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("kind", ugcbench_plots.KINDS)
@pytest.mark.parametrize("theme", THEMES)
def test_files_can_be_opened(kind, theme, minis, judged, tmp_path):
    draw = getattr(ugcbench_plots, f"plot_{kind}")
    picture = draw(*arguments(kind, minis, judged), theme=theme)
    image = opened(picture.save(tmp_path / "a.PNG").read_bytes())
    assert image.size == tuple(int(160 * inches) for inches in picture.figure.get_size_inches())
    rgb = tuple(bytes.fromhex(THEMES[theme].sheet[1:]))
    assert image.convert("RGB").getpixel((2, 2)) == rgb
    assert picture.save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    shown, size = picture._repr_png_()
    assert shown == picture.png()
    assert size["width"] < image.size[0]
    assert list(picture.to_pandas().columns) == list(picture.rows[0])


@pytest.mark.parametrize("kind", ["forest", "scores", "cost"])
def test_any_name_is_drawn_as_it_is(kind, tmp_path):
    runs = [
        number_run(
            tmp_path / name,
            name + HOSTILE,
            lambda n, own=place: f"{0.3 * own + n % 3 / 10} 0",
            seconds=1.0 + place,
        )
        for place, name in enumerate("ab")
    ]
    options = {"against": "seconds"} if kind == "cost" else {}
    picture = getattr(ugcbench_plots, f"plot_{kind}")(*runs, **options)
    width = picture.figure.get_size_inches()[0]
    picture.svg()
    texts = [text for text in picture.figure.texts if "frac" in text.get_text()]
    assert texts
    renderer = FigureCanvasAgg(picture.figure).get_renderer()
    for text in texts:
        assert re.search(r"[\x00-\x1f\u202e]", text.get_text()) is None
        box = text.get_window_extent(renderer)
        assert 0 <= box.x0 < box.x1 <= width * picture.figure.dpi
    ET.parse(io.BytesIO(picture.svg()))


def test_names_are_cut_where_they_do_not_differ():
    assert fit("short", 2) == "short"
    cut = fit("maker/" + "x" * 200 + "-7b", 2)
    assert cut.startswith("maker/")
    assert cut.endswith("-7b")
    assert width_of(cut) <= 2
    assert fit("a long name", 0.01) == "\N{HORIZONTAL ELLIPSIS}"
    first, second = fit_names(["a" * 90 + "b" + "a" * 90, "a" * 181], 1.5)
    assert first.startswith("(1) ")
    assert second.startswith("(2) ")


def test_colours_are_those_of_the_pages():
    css = (Path(pages.__file__).parent / "house" / "house.css").read_text("utf-8")
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", css)
    by_theme = zip(("light", "dark"), (1, 2), strict=True)
    for theme, place in by_theme:
        house = {pair[0]: pair[place] for pair in pairs}
        assert {name: getattr(THEMES[theme], name) for name in NAMED} == {
            name: house[name] for name in NAMED
        }


def test_a_picture_has_a_known_suffix(minis):
    with pytest.raises(UsageError, match=r"x\.gif: a picture's name ends in \.png, \.svg, \.pdf"):
        ugcbench_plots.plot_scores(minis[0]).save("x.gif")


def test_matplotlib_is_asked_for(minis, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for kind in ugcbench_plots.KINDS:
        with pytest.raises(MissingExtraError, match=r"pip install 'ugcbench\[plots\]'"):
            ugcbench_plots.draw_svg(kind, minis)


def test_what_is_not_there_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'plot_pie'"):
        _ = ugcbench_plots.plot_pie
