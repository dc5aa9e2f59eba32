"""No dataset chooses which files of this machine are read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import ugcbench_tasks
from ugcbench.errors import DatasetError, MediaError
from ugcbench.media import probe
from ugcbench.paths import Enclosure, check_file_name, find_below
from ugcbench_tasks.datasets import open_dataset

MINI = Path(ugcbench_tasks.__file__).parent / "mini"
OUTWARD = [
    "../x.mp4",
    "/etc/passwd",
    "a/../../x",
    "..",
    ".",
    "",
    "a\\..\\x",
    "x\0y",
    "link/x",
    "a" * 5000,
]


@pytest.fixture
def official(tmp_path):
    folder = tmp_path / "in" / "mini"
    shutil.copytree(MINI, folder)
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    return folder


@pytest.mark.parametrize("path", OUTWARD)
def test_no_path_leads_out(path, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path)
    folder = (tmp_path / "in").resolve()
    assert find_below(folder, path) is None
    assert Enclosure(folder).find(path) is None


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "a\\b", "", " ", "..", "a\nb", "\x1b[2J", "x\x7f", "\x85"]
)
def test_an_id_is_the_name_of_one_file(name):
    with pytest.raises(ValueError, match="file name"):
        check_file_name(name)


def test_a_clip_whose_name_no_file_can_have_is_missing(tmp_path):
    with pytest.raises(MediaError, match=r"(?i)name too long"):
        probe(tmp_path / ("a" * 5000))


def test_a_clip_that_is_a_link_to_elsewhere_is_refused(official, tmp_path):
    clip = next((official / "videos").glob("*.mp4"))
    clip.unlink()
    clip.symlink_to(tmp_path / "secret.mp4")
    dataset = open_dataset(official)
    with pytest.raises(DatasetError, match=f"{clip.name} leads out of"):
        list(dataset)
    found = dataset.salvage()
    assert (len(found.clips), len(found.errors)) == (11, 1)


def test_a_folder_of_clips_that_is_a_link_is_refused_until_it_is_named(official, tmp_path):
    shutil.move(official / "videos", tmp_path / "elsewhere")
    (official / "videos").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DatasetError, match="option videos=DIR"):
        list(open_dataset(official))
    clips = list(open_dataset(official, videos=tmp_path / "elsewhere"))
    assert len(clips) == 12
    assert all(Path(clip.media).is_file() for clip in clips)


def test_a_gold_file_that_is_a_link_to_elsewhere_is_refused(official, tmp_path):
    shutil.move(official / "tone.json", tmp_path / "tone.json")
    (official / "tone.json").symlink_to(tmp_path / "tone.json")
    with pytest.raises(DatasetError, match=r"tone\.json leads out of"):
        open_dataset(official)


def test_links_within_the_dataset_are_fine(official):
    clip = next((official / "videos").glob("*.mp4"))
    clip.rename(official / "moved.mp4")
    clip.symlink_to(official / "moved.mp4")
    assert len(list(open_dataset(official))) == 12


@pytest.mark.parametrize("media", [*OUTWARD, "link"])
def test_a_table_names_only_what_lies_beside_it(media, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path)
    table = tmp_path / "in" / "t.jsonl"
    table.write_text(json.dumps({"id": "a", "media": media, "tone": "Positive"}) + "\n")
    with pytest.raises(DatasetError, match="is no path inside"):
        list(open_dataset(table))
