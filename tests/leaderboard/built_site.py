"""The leaderboard's pages, built as `ugcbench leaderboard --site` does."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from ugcbench.plugins import Registry
from ugcbench_leaderboard.command import leaderboard

HOSTILE = "<img src=x onerror=alert(1)>\"'<b>{{7*7}}"


def build(folder, *arguments):
    """The files of a site by their path in it."""
    words = [*map(str, arguments), "--site", str(folder)]
    leaderboard.main(words, obj=Registry(), standalone_mode=False)
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def write_entry(folder, model, *, table="main", about=None, **figures):
    """An entry with the same published figure in every column, or those given by name."""
    cells = figures or {"ugc/tone": "50.0"}
    folder.mkdir(exist_ok=True)
    entry = {
        "model": model,
        "about": about or {},
        "published": [{"table": table, "source": f"A table of {model}", "cells": cells}],
    }
    name = f"{len(list(folder.iterdir()))}.json"
    (folder / name).write_text(json.dumps(entry), encoding="utf-8")
    return folder


class Page(HTMLParser):
    """What a page consists of: its tags with attributes, ids, links and the embedded data."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.data = [], set(), [], ""
        self._in_data = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append((tag, given))
        if "id" in given:
            assert given["id"] not in self.ids, f"two of id {given['id']}"
            self.ids.add(given["id"])
        self.links += [given[name] for name in ("href", "src") if name in given]
        self._in_data = given.get("type") == "application/json"

    def handle_endtag(self, tag):
        self._in_data = False

    def handle_data(self, data):
        self.data += data if self._in_data else ""
