"""The reader of a user's own table: rows with their line numbers, a flat memory, no way out."""

from __future__ import annotations

import importlib
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench.errors import DatasetError
from ugcbench.paths import Enclosure, find_below
from ugcbench.types import Gold
from ugcbench_tasks import table
from ugcbench_tasks.datasets import open_dataset
from ugcbench_tasks.gold import CHOICES, KEYS


def read(tmp_path, text, name="mine.jsonl", **options):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(open_dataset(path, **options))


def complain(tmp_path, text, **options):
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, text, **options)
    return str(caught.value)


def test_the_rows_of_the_docstring_are_read(tmp_path):
    rows = [line for line in table.__doc__.splitlines() if line.startswith('    {"id"')]
    first, second, third = read(tmp_path, "\n".join(rows))
    assert first.media == str(tmp_path / "clips/a.mp4")
    assert first.gold == {
        "tone": Gold(answer="Positive", choices=CHOICES["tone"]),
        "ocr": Gold(answer=("DAY ONE", "New city")),
    }
    assert set(second.gold) == {"final_caption"}
    assert third.gold["bgm"] == Gold(
        answer="Yes", choices=("Yes", "No"), question="Does music play?"
    )


def test_the_documentation_shows_every_key_and_rows_that_are_read(tmp_path):
    text = (Path(__file__).parents[2] / "docs/datasets.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith('{"id"') and "media" in line]
    clips = read(tmp_path, "\n".join(rows))
    assert [set(clip.gold) for clip in clips] == [{"tone", "ocr"}, {"final_caption"}, {"bgm"}]
    assert [key for key in KEYS if f"`{key}`" not in text] == []


def test_a_json_list_holds_the_same_rows(tmp_path):
    rows = [{"id": "a", "media": "a.mp4", "ocr": "HELLO"}, {"id": "b", "objects": "cup"}]
    as_lines = read(tmp_path, "\n\n".join(map(json.dumps, rows)) + "\n\n")
    assert as_lines == read(tmp_path, json.dumps(rows), name="mine.json")
    assert as_lines[0].gold["ocr"].answer == ("HELLO",)
    assert as_lines[1].media is None


def test_own_options_replace_the_usual_ones(tmp_path):
    row = {"id": "a", "tone": {"answer": "calm", "choices": ["Calm", "Wild"]}}
    (clip,) = read(tmp_path, json.dumps(row))
    assert clip.gold["tone"].choices == ("Calm", "Wild")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "b", "tonne": "Positive"}', "unknown key 'tonne'; did you mean 'tone'?"),
        ('{"id": "b", "zzz": 1}', "unknown key 'zzz'; known keys: id, media, final_caption"),
        ('{"media": "b.mp4"}', "id: Field required"),
        ('{"id": 7}', "id: Input should be a valid string"),
        ('{"id": "../b"}', "id: must be usable as a file name"),
        ('{"id": "b", "tone": "Sad"}', "tone: answer 'Sad' is none of Positive, Negative"),
        ('{"id": "b", "tone": ["Positive"]}', "tone: the answer must be one text"),
        ('{"id": "b", "objects": " "}', "objects: the answer must be one text that isn't blank"),
        ('{"id": "b", "ocr": 5}', "ocr: must be a text, a list of texts, or"),
        ('{"id": "b", "ocr": {"answr": "x"}}', "ocr.answer: Field required"),
        ('{"id": "b", "ocr": ["\\ud800"]}', "not JSON: unexpected end of hex escape"),
        ('{"id": "a"}', "id 'a' stands in line 1 already"),
        ('"b"', "Input should be a valid dictionary"),
        ('{"id": "b",', "not JSON: EOF while parsing"),
        ("[" * 100_000, "not JSON: recursion limit exceeded"),
        (b'{"id": "\xff"}', "not JSON: invalid unicode code point at column 9"),
        ('{"id": "b", "media": "../b.mp4"}', "media '../b.mp4' is no path inside"),
        ('{"id": "b", "media": "/b.mp4"}', "or name the clips' own folder with the option videos"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(tmp_path, line, message):
    line = line if isinstance(line, bytes) else line.encode()
    said = complain(tmp_path, b'{"id": "a"}\n\n' + line + b'\n{"id": "never read"}\n')
    assert said.startswith(f"{tmp_path}/mine.jsonl:3: ")
    assert message in said


def test_a_wrong_row_of_a_list_is_named_with_its_number(tmp_path):
    said = complain(tmp_path, '[{"id": "a"}, {"id": "b", "Tone": "x"}]', name="mine.json")
    assert "mine.json: row 2: unknown key 'Tone'; did you mean 'tone'?" in said
    said = complain(tmp_path, '[\n{"id": "a"},\n{"id": }]', name="mine.json")
    assert "not JSON: expected value at line 3 column 8" in said
    assert "must be a list of rows" in complain(tmp_path, '{"id": "a"}', name="mine.json")


@pytest.mark.parametrize(
    ("text", "name"), [("", "a.jsonl"), ("\n \n", "b.jsonl"), ("[]", "c.json")]
)
def test_an_empty_table_says_so(tmp_path, text, name):
    assert "holds no rows" in complain(tmp_path, text, name=name)


def test_the_folder_of_the_videos_can_be_named(tmp_path):
    videos = tmp_path / "elsewhere"
    row = '{"id": "a", "media": "x/a.mp4"}'
    assert read(tmp_path, row, videos=videos)[0].media == str(videos / "x/a.mp4")
    assert str(videos) in complain(tmp_path, '{"id": "a", "media": "../a.mp4"}', videos=videos)


def test_a_link_cannot_lead_outside(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "away").symlink_to(tmp_path)
    said = complain(inside, '{"id": "a", "media": "away/a.mp4"}')
    assert "'away/a.mp4' is no path inside" in said


@given(st.text(alphabet="./\\a\0", max_size=12))
def test_no_path_leads_outside(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp().resolve()
    found = find_below(folder, text)
    assert found is None or (folder in found.resolve().parents and "\\" not in text)


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """A folder with links: out of it, within it, to themselves."""
    folder = (tmp_path_factory.mktemp("linked") / "root").resolve()
    (folder / "d").mkdir(parents=True)
    for link, target in [
        *(("d/out", ".."), ("d/up", "../.."), ("in", "d"), ("away", folder.parent)),
        *(("a", "d/b"), ("loop", "loop"), ("d/far", folder.parent / "x"), ("etc", "/etc")),
    ]:
        (folder / link).symlink_to(target)
    return folder


PARTS = ["d", "in", "away", "out", "up", "a", "b", "loop", "far", "etc", "root", "x.mp4"]
ODD_PARTS = ["", ".", "..", "\\", "\0", "n" * 300]


@given(st.lists(st.sampled_from([*PARTS, *ODD_PARTS]), max_size=4))
def test_many_paths_are_found_as_one_is(linked, parts):
    path = "/".join(parts)
    found = find_below(linked, path)
    assert Enclosure(linked).find(path) == (None if found is None else str(found))


def test_the_revision_follows_the_content(tmp_path):
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text('{"id": "a"}')
    two.write_text('{"id": "a"}')
    first = open_dataset(one)
    assert (first.name, first.revision) == ("one", open_dataset(two).revision)
    two.write_text('{"id": "b"}')
    assert first.revision != open_dataset(two).revision


def test_a_row_can_hold_every_gold():
    assert set(KEYS) <= set(table._Row.model_fields)


def test_lines_are_read_as_they_are_needed(tmp_path):
    path = tmp_path / "long.jsonl"
    caption = "A quiet room with a lamp and a red chair. " * 25
    with path.open("w") as file:
        for number in range(10_000):
            file.write(json.dumps({"id": f"clip-{number}", "final_caption": caption}) + "\n")
        file.write("broken\n")
    importlib.import_module("numpy")  # taken for an index this long, and larger than all of it
    tracemalloc.start()
    clips = iter(open_dataset(path))
    assert next(clips).id == "clip-0"  # the broken line at the end is not met yet
    with pytest.raises(DatasetError, match=r"long\.jsonl:10001: not JSON"):
        for _ in clips:
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 4
