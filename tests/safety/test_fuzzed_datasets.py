"""Whatever stands in a dataset's files: clips or a DatasetError that names the file."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path

import pytest
from damage import VALUES, damaged, torn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ugcbench_tasks
from ugcbench.errors import DatasetError, UgcbenchError
from ugcbench_tasks.data.census import count
from ugcbench_tasks.data.tables import render_census
from ugcbench_tasks.data.validation import validate
from ugcbench_tasks.datasets import open_dataset
from ugcbench_tasks.importing.captions import read_captions
from ugcbench_tasks.importing.problems import Problems
from ugcbench_tasks.salvage import salvage

MINI = Path(ugcbench_tasks.__file__).parent / "mini"
GOLD = sorted(file.name for file in MINI.glob("*.json*") if file.name != "manifest.json")
ROWS = [
    {"id": "a", "media": "a.mp4", "tone": "Positive", "ocr": ["DAY ONE"]},
    {"id": "b", "media": "b.mp4", "bgm": {"answer": "Yes", "choices": ["Yes", "No"]}},
]
KEYS = ["id", "media", "tone", "ocr", "bgm", "final_caption", "objects", "else"]
bounded = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def look(source):
    """Everything that reads a dataset, one after the other."""
    found = salvage(open_dataset(source))
    assert all(isinstance(error, DatasetError) for error in found.errors)
    validate(open_dataset(source))
    render_census(count(open_dataset(source)))
    return list(open_dataset(source))


def refuse_all_but_typed(source):
    with contextlib.suppress(UgcbenchError):
        look(source)


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """A copy of the mini benchmark's gold, to be damaged."""
    folder = tmp_path_factory.mktemp("official") / "mini"
    folder.mkdir()
    for name in GOLD:
        shutil.copy(MINI / name, folder)
    return folder


@bounded
@given(data=st.data())
def test_the_official_layout(data, official):
    name = data.draw(st.sampled_from(GOLD))
    whole = (MINI / name).read_bytes()
    (official / name).write_bytes(data.draw(damaged(whole)))
    try:
        refuse_all_but_typed(official)
    finally:
        (official / name).write_bytes(whole)


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
@bounded
@given(data=st.data())
def test_tables(suffix, data, tmp_path):
    lines = [json.dumps(row) for row in ROWS]
    text = "\n".join(lines) + "\n" if suffix == "jsonl" else f"[{', '.join(lines)}]"
    (tmp_path / f"t.{suffix}").write_bytes(data.draw(damaged(text.encode())))
    refuse_all_but_typed(tmp_path / f"t.{suffix}")


@bounded
@given(row=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5))
def test_rows_of_anything(row, tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps({"id": "x", **row}) + "\n")
    refuse_all_but_typed(tmp_path / "rows.jsonl")


@settings(bounded, max_examples=40)
@given(data=st.data())
def test_parquet(data, tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="needs the extra [parquet]")
    parquet = pytest.importorskip("pyarrow.parquet")
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), buffer)
    (tmp_path / "t.parquet").write_bytes(data.draw(torn(buffer.getvalue())))
    refuse_all_but_typed(tmp_path / "t.parquet")


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv"])
@settings(bounded, max_examples=40)
@given(data=st.data())
def test_saved_captions(suffix, data, tmp_path):
    rows = {"json": b'{"a": "A cat.", "b": "B"}', "jsonl": b'{"id": "a", "caption": "A"}\n'}
    whole = rows.get(suffix, b'id,caption\na,"A, cat"\nb,B\n')
    (tmp_path / f"c.{suffix}").write_bytes(data.draw(torn(whole)))
    problems = Problems()
    read_captions(tmp_path / f"c.{suffix}", "x", problems)
    for place in problems.found:
        assert place.startswith(str(tmp_path))
