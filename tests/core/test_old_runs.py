"""Runs that older versions wrote are read, scored, compared and gone on with by this one.

`old_runs/VERSION` is a run of the mini benchmark as that version wrote it. A version that changes
what the files hold adds a folder of its own, and takes none away.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import ugcbench
from ugcbench.compatibility import tell_newer
from ugcbench.errors import RunCorruptError
from ugcbench.plans import read_config
from ugcbench.verification import find_problems

OLD = sorted((Path(__file__).parent / "old_runs").iterdir())


@pytest.fixture(params=OLD, ids=lambda folder: folder.name)
def old(request, tmp_path):
    return shutil.copytree(request.param, tmp_path / "old")


def numbers(result):
    return {name: (cell.value, cell.n, cell.statuses) for name, cell in result.cells.items()}


def test_it_is_read_and_whole(old):
    result = ugcbench.Result.load(old)
    assert result.cells["ugc/caption:audio"].value == 0.2
    names = [record.sample_id for record in result.records()]
    assert names == ["mini-01", "mini-01", "mini-02", "mini-02"]
    assert find_problems(old) == []


def test_its_verdicts_give_the_same_numbers_again(old, tmp_path):
    before = numbers(ugcbench.Result.load(old))
    again = ugcbench.rescore(old, judge="lexical", output=tmp_path / "again")
    assert numbers(again) == before
    assert all(row.difference == 0 for row in ugcbench.compare(old, again.path).rows)


def test_it_goes_on_and_asks_nothing_twice(old):
    logs = old / "predictions.jsonl", old / "verdicts.jsonl"
    asked, before = [log.read_bytes() for log in logs], numbers(ugcbench.Result.load(old))
    assert numbers(ugcbench.run(resume=old)) == before
    assert [log.read_bytes() for log in logs] == asked


@pytest.mark.parametrize(
    ("file", "read"), [("run.json", read_config), ("summary.json", ugcbench.Result.load)]
)
def test_a_file_of_a_newer_version_says_so(tmp_path, file, read):
    run = shutil.copytree(OLD[-1], tmp_path / "new")
    held = json.loads((run / file).read_text())
    versions = {**held["versions"], "ugcbench": "99.1"}
    (run / file).write_text(json.dumps({**held, "versions": versions, "news": 1}))
    wanted = r"unknown key 'news'; ugcbench 99.1 wrote it, .* pip install 'ugcbench>=99.1'"
    with pytest.raises(RunCorruptError, match=wanted):
        read(run)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"[]",
        b"{}",
        b'{"versions": null}',
        b'{"versions": {"ugcbench": "0.2"}}',
        b'{"versions": {"ugcbench": "0.1"}}',
        b'{"versions": {"ugcbench": "mine"}}',
    ],
)
def test_what_no_newer_version_wrote_is_said_to_be_damaged(file):
    assert tell_newer(file, "0.2") is None
