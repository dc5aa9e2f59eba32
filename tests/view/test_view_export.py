"""Is an export whole, movable, and never in the way of something else?"""

from __future__ import annotations

import json
import os
from importlib import resources
from pathlib import Path

import pytest
from watched_runs import CLIPS, read_clip, read_index

from ugcbench.errors import UsageError

VIDEOS = Path(str(resources.files("ugcbench_tasks") / "mini" / "videos"))


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_export_holds_page_data_and_clips(shown):
    files = files_in(shown)
    assert {"index.html", "house/house.css", "data/index.js", "data/chunk/0.js"} <= files
    for place in range(CLIPS):
        media = read_clip(shown, place)
        assert {media.source, media.frames[0].sheet, f"data/clip/{place}.js"} <= files
        clip = VIDEOS / f"{media.clip}.mp4"
        assert (shown / media.source).read_bytes() == clip.read_bytes()
        assert media.kind == "video/mp4"


def test_nothing_of_this_machine_goes_into_an_export(shown, watched):
    here = [str(Path.home()), str(VIDEOS), str(watched.parent), str(Path(__file__).parent)]
    for path in [*(shown / "data").rglob("*.js"), shown / "index.html"]:
        text = path.read_text("utf-8")
        assert [folder for folder in here if folder in text and len(folder) > 1] == []


def test_linked_clips_take_no_space(watched, tmp_path, write_export, monkeypatch):
    linked = []
    monkeypatch.setattr(os, "link", lambda source, target: linked.append((source, target.name)))
    write_export(watched, wanted="link", folder=tmp_path / "shown")
    assert sorted(name for _, name in linked) == [f"{place}.mp4" for place in range(CLIPS)]
    assert {source.parent for source, _ in linked} == {VIDEOS.resolve()}


def test_links_to_another_disk_are_refused_with_what_to_do(
    watched, tmp_path, write_export, monkeypatch
):
    def refuse(source, target):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(UsageError, match=r"--media copy"):
        write_export(watched, wanted="link", folder=tmp_path / "shown")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wanted", "sheets", "told"), [("frames", CLIPS, "themselves"), ("none", 0, "left out")]
)
def test_clips_can_be_left_out(watched, write_export, wanted, sheets, told):
    folder = write_export(watched, wanted=wanted)
    files = files_in(folder)
    assert sum(name.startswith("frames/") for name in files) == sheets
    assert not any(name.startswith("media/") for name in files)
    index = read_index(folder)
    assert index.media == wanted
    assert told in index.media_told
    if wanted == "frames":
        media = read_clip(folder, 0)
        assert (media.source, media.kind) == (None, None)
        assert media.waveform is not None


def test_export_takes_the_place_of_an_earlier_one(watched, blind, tmp_path, write_export):
    folder = write_export(watched, folder=tmp_path / "shown")
    write_export(blind, folder=folder, wanted="none")
    assert read_index(folder).runs[0].key == "blind-run"
    assert not (folder / "media").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["shown"]


@pytest.mark.parametrize("stranger", ["notes.txt", "data", "index.html"])
def test_folders_of_others_are_left_alone(watched, tmp_path, write_export, stranger):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / stranger).write_text("kept")
    with pytest.raises(UsageError, match="not empty"):
        write_export(watched, folder=folder)
    assert (folder / stranger).read_text() == "kept"


def test_export_with_something_added_is_left_alone(watched, tmp_path, write_export):
    folder = write_export(watched, folder=tmp_path / "shown", wanted="none")
    (folder / "CNAME").write_text("kept")
    with pytest.raises(UsageError, match="not empty"):
        write_export(watched, folder=folder)
    assert (folder / "CNAME").exists()


def test_a_run_is_never_exported_over(watched, write_export):
    with pytest.raises(UsageError, match="not empty"):
        write_export(watched, folder=watched)
    assert (watched / "summary.json").exists()


def test_failed_export_leaves_the_earlier_one(watched, tmp_path, write_export, monkeypatch):
    folder = write_export(watched, folder=tmp_path / "shown", wanted="none")
    monkeypatch.setattr("ugcbench_view.exporting._write_clips", fail)
    with pytest.raises(UsageError, match="No space left"):
        write_export(watched, folder=folder)
    assert read_index(folder).runs[0].key == "watched"
    assert [path.name for path in tmp_path.iterdir()] == ["shown"]


def fail(*_):
    raise OSError(28, "No space left on device")


def test_command_exports_without_a_server(ugcbench, watched, blind, tmp_path):
    done = ugcbench("view", watched, blind, "--export", "out", "--media", "copy", "--quiet")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out/index.html: ")
    assert "the clips take 0." in done.stderr
    assert len(read_index(tmp_path / "out").runs) == 2
    again = ugcbench("view", watched, "--export", "out", "--media", "none")
    assert again.returncode == 0, again.stderr


def test_command_refuses_before_it_reads(ugcbench, tmp_path, watched):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    done = ugcbench("view", watched, "--export", "full")
    assert done.returncode == 2
    assert "not empty" in done.stderr
    (tmp_path / "none").mkdir()
    done = ugcbench("view", tmp_path / "none", "--export", "out")
    assert done.returncode == 2
    assert "no run directory" in done.stderr


def test_command_tells_what_cannot_be_shown(ugcbench, watched, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    for name in ("records.jsonl", "summary.json"):
        (run / name).write_bytes((watched / name).read_bytes())
    config = json.loads((watched / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**config, "dataset": "gone/away.jsonl"}))
    done = ugcbench("view", run, "--export", "out")
    assert done.returncode == 0, done.stderr
    assert "note: Prompts, references and clips can't be shown" in done.stderr
