"""Annotations on the disk: what is written is read back, and what is wrong is named by its line."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_annotations import objects, sets_of

from ugcbench.errors import DatasetError
from ugcbench_curate.annotating.files import (
    dump_annotation,
    parse_annotation,
    read_annotations,
    relocate,
    write_annotations,
)
from ugcbench_curate.annotations import Annotation
from ugcbench_curate.object_lists import read_objects, write_objects


@settings(max_examples=25)
@given(sets_of())
def test_what_is_written_is_read_back(made):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "annotations.jsonl"
        write_annotations(path, made)
        assert read_annotations(path) == tuple(made)
        first = path.read_bytes()
        write_annotations(path, read_annotations(path))
        assert path.read_bytes() == first


def test_the_mini_benchmark_is_written_and_read_back(mini_annotations):
    for annotation in mini_annotations:
        line = dump_annotation(annotation)
        assert "null" not in line
        assert parse_annotation(line) == annotation


BROKEN = [
    ('{"id": "a"', r":3: not JSON: EOF .* at column"),
    ('{"id": "a"}', r":3: media: Field required"),
    ('{"id": "a", "media": "a.mp4", "audo": {}}', r":3: unknown key 'audo'; did you mean 'audio'"),
    (
        '{"id": "a", "media": "a.mp4", "audio": {"tonne": null}}',
        r":3: unknown key 'audio.tonne'; did you mean 'audio.tone'",
    ),
    ('{"id": "a", "media": "a.mp4", "version": 2}', r":3: written by version 2 of the schema"),
    ('{"id": "x", "media": "a.mp4"}', r":3: id 'x' stands in line 1 too"),
    (
        '{"id": "a", "media": "a", "audio": {"tone": {"value": "glad", "provenance": '
        '{"source": "human", "annotator": "p"}}}}',
        r":3: audio\.tone\.value: Input should be 'Positive', 'Neutral' or 'Negative'",
    ),
    ("[]", r":3: Input should be a valid dictionary"),
]


@pytest.mark.parametrize(("line", "message"), BROKEN)
def test_an_error_names_file_and_line(tmp_path, line, message):
    path = tmp_path / "annotations.jsonl"
    path.write_text(f'{{"id": "x", "media": "x.mp4"}}\n\n{line}\n')
    with pytest.raises(DatasetError, match=f"{path}{message}"):
        read_annotations(path)


def test_further_errors_are_counted(tmp_path):
    path = tmp_path / "annotations.jsonl"
    path.write_text("[]\n" * 3)
    with pytest.raises(DatasetError, match=r":1: .*\(and 2 more\)"):
        read_annotations(path)


@pytest.mark.parametrize(("text", "message"), [("", "holds no annotations"), (None, "No such")])
def test_an_empty_or_absent_file_is_an_error(tmp_path, text, message):
    path = tmp_path / "annotations.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_annotations(path)


def test_a_byte_order_mark_is_no_error(tmp_path):
    path = tmp_path / "annotations.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"id": "a", "media": "a.mp4"}).encode())
    assert read_annotations(path)[0].id == "a"


def test_a_clip_is_found_from_wherever_its_annotation_lies(tmp_path):
    near, far = (Annotation(id="a", media=path) for path in ("clips/a.mp4", "/clips/a.mp4"))
    moved = relocate(near, tmp_path, tmp_path / "deep" / "er")
    assert moved.media == "../../clips/a.mp4"
    assert relocate(moved, tmp_path / "deep" / "er", tmp_path) == near
    assert relocate(far, tmp_path, tmp_path / "deep") == far


@given(st.lists(objects, max_size=5))
def test_a_list_of_objects_is_written_as_text_and_read_back(seen):
    assert read_objects(write_objects(seen)) == tuple(seen)


def test_brackets_within_a_list_of_objects_are_part_of_it():
    text = "Symbol ('VI') (count: Multiple, color: red (dark; matt), position: wall (left)); cup"
    symbol, cup = read_objects(text)
    assert (symbol.name, symbol.count) == ("Symbol ('VI')", "multiple")
    assert (symbol.colour, symbol.position) == ("red (dark; matt)", "wall (left)")
    assert (cup.name, cup.count) == ("cup", None)


@pytest.mark.parametrize("text", ["cup (count: 1,1,2)", "cup (count: red)", "cup (count: 1"])
def test_an_object_that_cannot_be_read_is_named(text):
    with pytest.raises(ValueError, match="cup"):
        read_objects(text)
