"""A user's own table as parquet holds the same rows as JSON Lines."""

from __future__ import annotations

import json
import sys

import pytest

from ugcbench.errors import DatasetError, MissingExtraError
from ugcbench_tasks import rows
from ugcbench_tasks.datasets import open_dataset

pyarrow = pytest.importorskip("pyarrow", reason="needs the extra [parquet]")
ROWS = [
    {"id": "a", "media": "clips/a.mp4", "tone": "Positive", "ocr": ["DAY ONE", "New city"]},
    {"id": "b", "media": "clips/b.mp4", "final_caption": "A cat sleeps."},
    {"id": "c", "bgm": {"answer": "Yes", "question": "Does music play?"}},
    {"id": "d", "bgm": {"answer": "loud", "choices": ["Loud", "Soft"]}},
]


def write(path, table):
    import pyarrow.parquet

    keys = {key for row in table for key in row}
    columns = {key: [row.get(key) for row in table] for key in keys}
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


def test_the_same_rows_give_the_same_clips(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "BATCH", 2)
    (tmp_path / "mine.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    mine = open_dataset(write(tmp_path / "mine.parquet", ROWS))
    assert list(mine) == list(open_dataset(tmp_path / "mine.jsonl"))
    assert mine.name == "mine"
    assert len(mine.revision) == 12


def test_a_wrong_row_is_named(tmp_path):
    table = [{"id": "a", "tone": "Positive"}, {"id": "b", "tone": "Sad"}, {"id": "a", "tone": None}]
    dataset = open_dataset(write(tmp_path / "mine.parquet", table))
    first, second = dataset.salvage().errors
    assert str(first).startswith(f"{tmp_path}/mine.parquet: row 2: tone: answer 'Sad' is none of")
    assert str(second) == f"{tmp_path}/mine.parquet: row 3: id 'a' stands in row 1 already"
    with pytest.raises(DatasetError, match="row 2"):
        list(dataset)


@pytest.mark.parametrize(
    "damage", [lambda raw: b"", lambda raw: raw[:-30], lambda raw: b"PAR1" * 9]
)
def test_a_damaged_file_is_an_error(tmp_path, damage):
    path = write(tmp_path / "mine.parquet", ROWS)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DatasetError, match=r"mine\.parquet: not parquet, or cut off or damaged"):
        list(open_dataset(path))


def test_pages_that_were_overwritten_are_an_error(tmp_path):
    path = write(tmp_path / "mine.parquet", ROWS)
    raw = bytearray(path.read_bytes())
    raw[4:200] = bytes(196)
    path.write_bytes(raw)
    with pytest.raises(DatasetError, match=r"mine\.parquet: "):
        list(open_dataset(path))


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    path = write(tmp_path / "mine.parquet", ROWS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ugcbench\[parquet\]'"):
        list(open_dataset(path))


def test_it_runs_from_the_command_line(ugcbench, tmp_path):
    write(tmp_path / "mine.parquet", [{"id": str(n), "tone": "Positive"} for n in range(10)])
    done = ugcbench("run", "--model", "blind", "--tasks", "ugc/tone", "--dataset", "mine.parquet")
    assert done.returncode == 0, done.stderr
    assert "10" in done.stdout
