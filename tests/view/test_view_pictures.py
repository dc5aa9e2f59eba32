"""What plugins draw of runs stands on the page that shows them."""

from __future__ import annotations

import pytest
from watched_runs import read_index

from ugcbench import Registry, hookimpl
from ugcbench.pages.pictures import RunPicture
from ugcbench_view import compiling
from ugcbench_view.exporting import export
from ugcbench_view.reading import opened

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


class Drawing:
    """A plugin that draws; one of its names would leave the folder."""

    @hookimpl
    def ugcbench_pictures(self, runs):
        yield RunPicture("count", f"{len(runs)} runs", SVG, SVG + b"\n")
        yield RunPicture("../count", "elsewhere", SVG, SVG)


@pytest.fixture
def drawing(undrawn):
    """All plugins, with ours in the place of the one that draws."""
    plugin = Drawing()
    undrawn.manager.register(plugin)
    yield undrawn
    undrawn.manager.unregister(plugin)


@pytest.fixture
def write(undrawn, tmp_path):
    def call(*runs, registry=None):
        registry = registry or undrawn
        with opened(runs) as files, compiling.compiled(files, registry) as view:
            export(view, tmp_path / "shown", "none", lambda total: lambda: None)
        return tmp_path / "shown"

    return call


def drawn_in(folder):
    return {file.name: file.read_bytes() for file in (folder / "pictures").iterdir()}


def test_pictures_are_written_and_listed(watched, blind, write, drawing):
    folder = write(watched, blind, registry=drawing)
    (shown,) = read_index(folder).pictures
    assert (shown.name, shown.title) == ("count", "2 runs")
    assert drawn_in(folder) == {"count-light.svg": SVG, "count-dark.svg": SVG + b"\n"}


def test_large_runs_are_not_drawn(watched, write, drawing, monkeypatch):
    monkeypatch.setattr(compiling, "MOST_DRAWN", 1)
    folder = write(watched, registry=drawing)
    assert read_index(folder).pictures == ()
    assert drawn_in(folder) == {}


def test_the_plots_are_there(watched, blind, write):
    pytest.importorskip("matplotlib", reason="needs the extra [plots]")
    folder = write(watched, blind, registry=Registry())
    names = [picture.name for picture in read_index(folder).pictures]
    assert {"forest", "scores"} <= set(names)
    assert all(file.startswith(b"<?xml") for file in drawn_in(folder).values())
    alone = write(watched, registry=Registry())
    assert [picture.name for picture in read_index(alone).pictures] == ["scores"]
