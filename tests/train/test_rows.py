"""Rows are read from files of either kind, written back, and what is wrong is named by its line."""

from __future__ import annotations

import json
import os
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ugcbench.errors import DatasetError, UsageError
from ugcbench_train.data.files import read_rows, write_rows
from ugcbench_train.data.splits import take
from ugcbench_train.rows import Row, row_schema

OFFICIAL = Path(
    os.environ.get("UGCBENCH_UGC_VIDEOCAP")
    or Path(__file__).resolve().parents[3] / "shared" / "ugc-videocap"
)
NEEDS_OFFICIAL = pytest.mark.skipif(
    not (OFFICIAL / "train_data").is_dir(), reason="needs the official training files"
)
VIDEO = "/workspace/train_video_20k/PI-1.mp4"
SFT = {
    "videos": [VIDEO],
    "messages": [
        {"role": "user", "content": "<video>Describe."},
        {"role": "assistant", "content": "A dog."},
    ],
}
GRPO = {"videos": [VIDEO], "messages": SFT["messages"][:1], "solution": "A dog."}
OWN = {"id": "PI-1", "video": VIDEO, "prompt": "Describe.", "caption": "A dog."}


def write_lines(path, *lines):
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def texts(**bounds):
    return st.text(st.characters(exclude_categories=["Cs"]), **bounds).filter(str.strip)


@pytest.mark.parametrize("line", [SFT, GRPO, OWN], ids=["sft", "grpo", "own"])
def test_all_three_kinds_of_line_give_the_same_row(tmp_path, line):
    found = read_rows(write_lines(tmp_path / "rows.jsonl", line))
    assert found.rows == (Row(**OWN),)
    assert [complaint.line for complaint in found.missing] == [1]
    assert not found.complaints


@pytest.mark.parametrize(
    ("style", "line"), [("official-sft", SFT), ("official-grpo", GRPO), ("ugcbench", OWN)]
)
def test_rows_are_written_as_the_files_have_them(tmp_path, style, line):
    write_rows([Row(**OWN)], tmp_path / "new" / "rows.jsonl", style)
    assert json.loads((tmp_path / "new" / "rows.jsonl").read_text()) == line


@NEEDS_OFFICIAL
@pytest.mark.parametrize(("name", "count"), [("sft", 1000), ("grpo", 1073)])
def test_the_official_files_come_back_byte_by_byte(tmp_path, name, count):
    source = OFFICIAL / "train_data" / f"{name}_1k.jsonl"
    found = read_rows(source)
    assert (len(found.rows), len(found.missing), found.complaints) == (count, count, ())
    write_rows(found.rows, tmp_path / "again.jsonl", f"official-{name}")
    assert (tmp_path / "again.jsonl").read_bytes() == source.read_bytes()
    write_rows(found.rows, tmp_path / "own.jsonl")
    assert read_rows(tmp_path / "own.jsonl").rows == found.rows


@given(
    st.builds(
        Row,
        id=texts(),
        video=st.just("/nowhere/x.mp4"),
        prompt=texts(),
        caption=st.none() | texts(),
        url=st.none() | texts(),
        provenance=st.dictionaries(st.text("ab"), st.none() | st.integers() | st.text("é\n\u2028")),
    )
)
def test_any_row_survives_a_file(tmp_path_factory, row):
    file = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    write_rows([row], file)
    assert read_rows(file).rows == (row,)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "a"', "not JSON: EOF"),
        ("[1]", "must be a JSON object"),
        ('"text"', "must be a JSON object"),
        (json.dumps({**OWN, "captoin": "x"}), "unknown key 'captoin'; did you mean 'caption'?"),
        (json.dumps({**OWN, "caption": "  "}), "caption: is blank"),
        (json.dumps({"id": "a", "video": "v"}), "prompt: Field required"),
        (json.dumps({**OWN, "sha256": "abc"}), "sha256: "),
        (json.dumps({**SFT, "videos": []}), "videos: "),
        (json.dumps({**SFT, "videos": [VIDEO, VIDEO]}), "videos: "),
        (json.dumps({**SFT, "audios": [VIDEO]}), "unknown key 'audios'"),
        (json.dumps({**GRPO, "messages": SFT["messages"][1:]}), "must be one of the user"),
        (json.dumps({**SFT, "messages": SFT["messages"] * 2}), "messages: "),
        (json.dumps({**SFT, "solution": "A cat."}), "differ"),
        (
            json.dumps({**GRPO, "messages": [{"role": "user", "content": "<video><video>?"}]}),
            "<video> once",
        ),
        (json.dumps({**GRPO, "messages": [{"role": "user", "content": "<video> "}]}), "a text"),
        (
            '{"id": "\\ud800", "video": "v", "prompt": "p"}',
            "not JSON: unexpected end of hex escape at column 15",
        ),
    ],
)
def test_a_bad_line_is_named_or_counted(tmp_path, line, reason):
    file = tmp_path / "rows.jsonl"
    file.write_text(f"{json.dumps(OWN)}\n\n{line}\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"rows\.jsonl:3: ") as caught:
        read_rows(file, max_skipped=0.49)
    assert reason in str(caught.value)
    found = read_rows(file, max_skipped=0.5)
    assert [row.id for row in found.rows] == ["PI-1"]
    assert [(bad.line, reason in bad.reason) for bad in found.complaints] == [(3, True)]


def test_an_error_names_the_first_bad_lines_and_counts_the_rest(tmp_path):
    file = write_lines(tmp_path / "rows.jsonl", OWN, *[[]] * 8)
    with pytest.raises(DatasetError, match=r":6: .*\n  \.\.\. and 3 more$"):
        read_rows(file)


def test_an_id_stands_for_one_row(tmp_path):
    file = write_lines(tmp_path / "rows.jsonl", OWN, {**OWN, "video": "other.mp4"})
    with pytest.raises(DatasetError, match=":2: the id 'PI-1' stands in line 1 already"):
        read_rows(file)


def test_official_clips_of_one_name_in_two_folders_are_two_rows(tmp_path):
    other = {**GRPO, "videos": ["/elsewhere/PI-1.mp4"]}
    found = read_rows(write_lines(tmp_path / "rows.jsonl", GRPO, other)).rows
    assert [row.video for row in found] == [VIDEO, "/elsewhere/PI-1.mp4"]
    assert found[0].id == "PI-1"
    assert found[1].id.startswith("PI-1-")
    with pytest.raises(DatasetError, match=":2: the id 'PI-1' stands in line 1 already"):
        read_rows(write_lines(tmp_path / "rows.jsonl", GRPO, SFT))


def test_a_mark_at_the_beginning_is_no_part_of_the_first_row(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(OWN), encoding="utf-8-sig")
    assert len(read_rows(file).rows) == 1


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_file_without_rows_is_an_error(tmp_path, text):
    (tmp_path / "rows.jsonl").write_text(text)
    with pytest.raises(DatasetError, match="holds no row"):
        read_rows(tmp_path / "rows.jsonl")


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(DatasetError, match="No such file"):
        read_rows(tmp_path / "rows.jsonl")
    file = write_lines(tmp_path / "rows.jsonl", OWN)
    with pytest.raises(DatasetError, match="no such folder of clips"):
        read_rows(file, tmp_path / "nothing")


@pytest.mark.parametrize(
    ("named", "place"),
    [
        ("clip.mp4", "rows/clip.mp4"),
        ("videos/clip.mp4", "rows/videos/clip.mp4"),
        ("videos/clip.mp4", "media/videos/clip.mp4"),
        ("/workspace/train/clip.mp4", "media/clip.mp4"),
        ("train/clip.mp4", "media/clip.mp4"),
    ],
)
def test_a_clip_is_found_beside_the_file_or_in_the_folder_of_media(tmp_path, named, place):
    (tmp_path / "media").mkdir()
    clip = tmp_path / place
    clip.parent.mkdir(parents=True, exist_ok=True)
    clip.write_bytes(b"clip")
    (tmp_path / "rows").mkdir(exist_ok=True)
    file = write_lines(tmp_path / "rows" / "rows.jsonl", {**OWN, "video": named})
    found = read_rows(file, tmp_path / "media")
    assert (found.rows[0].video, found.missing) == (str(clip), ())


def test_a_clip_that_is_not_found_says_where_it_was_looked_for(tmp_path):
    file = write_lines(tmp_path / "rows.jsonl", OWN)
    missing = read_rows(file, tmp_path).missing[0]
    assert str(missing).startswith(f"{file}:1: the clip of 'PI-1' was not found at {VIDEO}, ")
    assert str(tmp_path / "PI-1.mp4") in missing.reason


def test_a_folder_of_rows_and_clips_can_be_moved(tmp_path):
    here = tmp_path / "here"
    (here / "clips").mkdir(parents=True)
    (here / "clips" / "a.mp4").write_bytes(b"clip")
    write_rows([Row(id="a", video=str(here / "clips" / "a.mp4"), prompt="?")], here / "rows.jsonl")
    there = here.rename(tmp_path / "there")
    found = read_rows(there / "rows.jsonl")
    assert (found.rows[0].video, found.missing) == (str(there / "clips" / "a.mp4"), ())


def test_an_official_file_needs_captions(tmp_path):
    row = Row(id="a", video="a.mp4", prompt="?")
    with pytest.raises(UsageError, match="row 'a' has no caption"):
        write_rows([row], tmp_path / "rows.jsonl", "official-grpo")
    with pytest.raises(UsageError, match="there is no format 'csv'"):
        write_rows([row], tmp_path / "rows.jsonl", "csv")
    assert not (tmp_path / "rows.jsonl").exists()


def test_the_schema_is_shipped_as_it_is():
    shipped = resources.files("ugcbench_train").joinpath("rows.schema.json").read_text()
    assert json.loads(shipped) == row_schema()


def test_a_row_is_closed_and_its_texts_are_not_blank():
    for bad in ({"extra": 1}, {"id": " "}, {"sha256": "A" * 64}):
        with pytest.raises(ValidationError):
            Row(**{**OWN, **bad})


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 5), st.permutations(range(50)))
def test_smaller_splits_begin_larger_ones(small, large, seed, order):
    rows = [Row(id=f"clip-{number}", video="v", prompt="?") for number in order]
    small, large = sorted((small, large))
    assert take(rows, large, seed)[:small] == take(rows, small, seed)
    assert take(rows, large, seed) == take(sorted(rows, key=lambda row: row.id), large, seed)
    assert len(take(rows, large, seed)) == large


def test_the_seed_decides_which_rows_come_first():
    rows = [Row(id=f"clip-{number}", video="v", prompt="?") for number in range(100)]
    assert sorted(take(rows), key=lambda row: row.id) == sorted(rows, key=lambda row: row.id)
    assert take(rows, 50, 1) != take(rows, 50, 2)
