"""Runs to look at, made once, and one export of them."""

from __future__ import annotations

import pytest
from watched_runs import CLIPS, FEWER, Blind, Watcher, make_run

from ugcbench.plugins import Registry
from ugcbench_view.compiling import compiled
from ugcbench_view.exporting import export
from ugcbench_view.reading import opened


@pytest.fixture(scope="session")
def watched(tmp_path_factory):
    """A run by a model that watches clips, judged by three votes."""
    return make_run(Watcher(), tmp_path_factory.mktemp("runs") / "watched", votes=3, limit=CLIPS)


@pytest.fixture(scope="session")
def blind(tmp_path_factory):
    """A run on fewer clips, by a model that watches none."""
    return make_run(Blind(), tmp_path_factory.mktemp("runs") / "blind run", limit=FEWER)


@pytest.fixture(scope="session")
def undrawn():
    """All plugins but the one that draws, which takes seconds."""
    registry = Registry()
    registry.manager.unregister(name="ugcbench_plots")
    return registry


@pytest.fixture(scope="session")
def write_export(tmp_path_factory, undrawn):
    """Exports runs into a new folder, or the one given."""

    def write(*runs, tasks=(), videos=None, wanted="copy", folder=None):
        folder = folder or tmp_path_factory.mktemp("exports") / "shown"
        with opened(runs) as files, compiled(files, undrawn, tasks, videos) as view:
            export(view, folder, wanted, lambda total: lambda: None)
        return folder

    return write


@pytest.fixture(scope="session")
def shown(watched, blind, write_export):
    """The export of both runs, with copies of the clips."""
    return write_export(watched, blind)
