"""Clips that two collections have in common are found by id, by address and by content."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ugcbench.errors import UsageError
from ugcbench.plugins import Registry
from ugcbench.types import Clip
from ugcbench_train.data.apart import refuse_overlaps
from ugcbench_train.data.files import read_rows, write_rows
from ugcbench_train.data.overlap import find_overlaps
from ugcbench_train.rows import Row

OFFICIAL = Path(
    os.environ.get("UGCBENCH_UGC_VIDEOCAP")
    or Path(__file__).resolve().parents[3] / "shared" / "ugc-videocap"
)


def row(name, video=None, **more):
    return Row(id=name, video=str(video or f"/nowhere/{name}.mp4"), prompt="?", **more)


def clip(name, media=None, **meta):
    return Clip(id=name, media=None if media is None else str(media), gold={}, meta=meta)


def found(rows, others):
    return {(pair.row, pair.other): pair.by for pair in find_overlaps(rows, others).pairs}


def put(path, content):
    path.write_bytes(content)
    return path


def refuse(rows, test=(), apart_from=()):
    return refuse_overlaps(rows, test, apart_from, Registry())


def sha(content):
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (row("a"), clip("a")),
        (row("renamed", "/train/a.mp4"), clip("a")),
        (row("a"), clip("0001", "/test/a.webm")),
        (row("b", "/train/a.mp4"), row("c", "/rl/a.mp4")),
    ],
)
def test_one_id_or_file_name_is_one_clip(mine, theirs):
    assert found([mine], [theirs]) == {(mine.id, theirs.id): ("id",)}


def test_nothing_in_common_is_no_overlap():
    rows = [row("a", "/train/a.mp4", url="https://example.org/a", sha256=sha(b"a"))]
    others = [clip("b", "/test/b.mp4", url="https://example.org/b"), row("c", sha256=sha(b"c"))]
    overlaps = find_overlaps(rows, others)
    assert not overlaps
    assert str(overlaps).startswith("none of 1 rows is among 2 clips, of which 1 could be")


def test_one_address_is_one_clip_however_it_is_written():
    mine = row("a", url="https://www.tiktok.com/@who/video/7?is_from_webapp=1&utm_source=x")
    assert found([mine], [clip("b", url="http://tiktok.com/@who/video/7/")]) == {
        ("a", "b"): ("url",)
    }
    assert not found([mine], [clip("b", url="http://tiktok.com/@who/video/8")])


def test_one_content_is_one_clip_whatever_its_name(tmp_path):
    mine = put(tmp_path / "mine.mp4", b"the same")
    theirs = put(tmp_path / "theirs.mp4", b"the same")
    put(tmp_path / "other.mp4", b"not same")  # as long, but other bytes
    others = [clip("b", theirs), clip("c", tmp_path / "other.mp4")]
    assert found([row("a", mine)], others) == {("a", "b"): ("content",)}
    assert found([row("a", sha256=sha(b"the same"))], others) == {("a", "b"): ("content",)}
    known = row("b", "/not/here.mp4", sha256=sha(b"the same"))
    assert found([row("a", mine)], [known]) == {("a", "b"): ("content",)}


def test_files_are_only_read_where_it_can_show_something(tmp_path, monkeypatch):
    mine, theirs = put(tmp_path / "a.mp4", b"long one"), put(tmp_path / "b.mp4", b"short")
    monkeypatch.setattr("ugcbench_train.data.contents.hash_file", lambda _: pytest.fail("read"))
    assert not find_overlaps([row("a", mine)], [clip("b", theirs)])


def test_all_that_two_clips_have_in_common_is_said(tmp_path):
    file = put(tmp_path / "a.mp4", b"clip")
    url = "https://example.org/1"
    assert found([row("a", file, url=url)], [clip("a", file, url=url), clip("b", url=url)]) == {
        ("a", "a"): ("id", "url", "content"),
        ("a", "b"): ("url",),
    }


def test_a_file_that_cannot_be_read_is_compared_by_id(tmp_path):
    (tmp_path / "a.mp4").mkdir()
    assert found([row("x", tmp_path / "a.mp4")], [clip("a")]) == {("x", "a"): ("id",)}


def test_training_is_refused_on_clips_of_a_test_set(tmp_path):
    rows = [row("mini-03"), row("else")]
    with pytest.raises(UsageError, match=r"in common with mini, but 1 of 2 rows \(1 by id\)"):
        refuse(rows, ["mini"])
    write_rows([row("else"), row("more")], tmp_path / "rl.jsonl")
    with pytest.raises(UsageError, match=r"rl\.jsonl, but 1 of 1 rows .*: else = else"):
        refuse(rows[1:], ["mini"], [tmp_path / "rl.jsonl"])
    assert refuse([row("new")], ["mini"], [tmp_path / "rl.jsonl"]) == [
        "mini: none of 1 rows is among 12 clips, of which 12 could be compared by content",
        f"{tmp_path / 'rl.jsonl'}: none of 1 rows is among 2 clips, "
        "of which 0 could be compared by content",
    ]


def test_a_renamed_clip_of_a_test_set_is_recognised(tmp_path, mini_clips):
    copy = put(tmp_path / "holiday.mp4", Path(mini_clips[4]).read_bytes())
    with pytest.raises(UsageError, match=r"\(1 by content\).*holiday = mini-05"):
        refuse([row("holiday", copy)], ["mini"])


@pytest.mark.skipif(not (OFFICIAL / "train_data").is_dir(), reason="needs the official files")
def test_the_official_stages_share_clips_but_none_with_the_test_set():
    sft, grpo = (
        read_rows(OFFICIAL / "train_data" / f"{name}_1k.jsonl") for name in ("sft", "grpo")
    )
    assert len(find_overlaps(sft.rows, grpo.rows).ids) == 55
    for rows in (sft.rows, grpo.rows):
        assert refuse(rows, [str(OFFICIAL)])
