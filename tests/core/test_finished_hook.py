"""A plugin that is told of a finished run finds it on disk."""

from __future__ import annotations

import ugcbench
from ugcbench import hookimpl
from ugcbench.store import read_summary


class Listener:
    def __init__(self):
        self.told = []

    @hookimpl
    def ugcbench_finished(self, summary, path):
        self.told.append((path, summary == read_summary(path)))


def test_it_gets_the_run_directory(tmp_path):
    listener = Listener()
    registry = ugcbench.Registry({"listener": listener})
    asked = {"model": "blind", "tasks": "ugc/tone", "dataset": "mini", "limit": 1}
    result = ugcbench.run(registry=registry, output=tmp_path / "run", **asked)
    ugcbench.rescore(result.path, registry=registry)
    assert listener.told == [(tmp_path / "run", True)] * 2
