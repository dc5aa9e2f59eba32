"""Are the frames and the sound of a page those that the model was given?"""

from __future__ import annotations

import asyncio
import io
import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from watched_runs import CLIPS, FEWER, Watcher, make_run, read_clip, read_index

from ugcbench.media import read
from ugcbench.protocol import PROFILES
from ugcbench.store import read_records
from ugcbench_view.clips import find_showing
from ugcbench_view.compiling import compiled, find_videos
from ugcbench_view.developing import develop
from ugcbench_view.gallery import Gallery
from ugcbench_view.reading import opened

VIDEOS = Path(str(resources.files("ugcbench_tasks") / "mini" / "videos"))
CLOSE = 6.0
"""Mean difference in levels of 256 that WebP may leave."""


@pytest.fixture(scope="module")
def view(watched, blind, undrawn):
    with opened([watched, blind]) as runs, compiled(runs, undrawn) as view:
        yield view


@pytest.fixture
def own_dataset(tmp_path):
    """A dataset whose one clip may be changed."""
    shutil.copyfile(VIDEOS / "mini-01.mp4", tmp_path / "a.mp4")
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "a", "media": "a.mp4", "tone": "Neutral"}\n')
    return gold


@pytest.fixture
def own_run(own_dataset, tmp_path):
    return make_run(Watcher(), tmp_path / "run", dataset=own_dataset, tasks="ugc/tone")


def test_sheet_holds_the_frames_in_their_places(shown):
    media = read_clip(shown, 0)
    frame_set = media.frames[0]
    frames = read(VIDEOS / "mini-01.mp4", PROFILES["paper"]).frames
    sheet = np.asarray(Image.open(shown / frame_set.sheet).convert("RGB"))
    for place, frame in enumerate(frames):
        top = place // frame_set.columns * frame_set.height
        left = place % frame_set.columns * frame_set.width
        tile = sheet[top : top + frame_set.height, left : left + frame_set.width]
        assert np.abs(tile.astype(int) - frame).mean() < CLOSE
    assert len(frames) == len(frame_set.times)


def test_frames_are_those_of_the_receipt(shown, watched):
    record = next(read_records(watched))
    seen, other = read_clip(shown, 0).frames
    assert (seen.seen, seen.runs, seen.told) == (True, (0,), None)
    assert seen.times == record.prediction.receipt.frame_times
    assert (seen.width, seen.height) == record.prediction.receipt.frame_size
    assert (other.seen, other.runs, other.told) == (False, (1,), "its model took in no clip")


def test_clip_of_one_run_alone_has_its_frames_only(shown):
    assert [frames.runs for frames in read_clip(shown, FEWER).frames] == [(0,)]


def test_waveform_is_that_of_the_sound(shown):
    waveform = read_clip(shown, 0).waveform
    audio = np.abs(read(VIDEOS / "mini-01.mp4", PROFILES["paper"]).audio)
    assert waveform.seconds == pytest.approx(len(audio) / 16_000)
    assert max(waveform.peaks) == round(100 * audio.max())
    half = len(waveform.peaks) // 2
    assert max(waveform.peaks[:half]) == round(100 * audio[: len(audio) // 2].max())


def test_changed_clip_is_told(own_run, own_dataset, write_export):
    shutil.copyfile(VIDEOS / "mini-02.mp4", own_dataset.with_name("a.mp4"))
    frames = read_clip(write_export(own_run), 0).frames[0]
    assert not frames.seen
    assert "has changed" in frames.told


def test_clip_that_is_gone_is_told_without_its_folder(own_run, own_dataset, write_export):
    own_dataset.with_name("a.mp4").unlink()
    folder = write_export(own_run)
    media = read_clip(folder, 0)
    assert (media.source, media.frames, media.waveform) == (None, (), None)
    assert "a.mp4: no such" in media.told[0]
    assert str(own_dataset.parent) not in media.told[0]
    assert list((folder / "media").iterdir()) == []


def test_damaged_clip_is_told(own_run, own_dataset, write_export):
    own_dataset.with_name("a.mp4").write_bytes(b"<script>" * 100)
    media = read_clip(write_export(own_run), 0)
    assert media.source is None
    assert len(media.told) == 1


def test_clips_are_found_in_a_folder_by_their_ids(own_run, own_dataset, tmp_path, write_export):
    elsewhere = tmp_path / "videos"
    elsewhere.mkdir()
    own_dataset.with_name("a.mp4").rename(elsewhere / "a.mp4")
    folder = write_export(own_run, videos=elsewhere)
    assert read_clip(folder, 0).frames[0].seen
    assert read_index(folder).media == "clips"


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    (tmp_path / "secret.mp4").write_bytes(b"x")
    (folder / "a.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "b.mp4").write_bytes(b"x")
    assert find_videos(folder, ["a", "b", "../secret"]) == {"b": folder / "b.mp4"}


def test_server_reads_a_clip_once_and_forgets_what_is_too_much(view, monkeypatch):
    one = develop(find_showing(view, 0), playable=True)
    gallery = Gallery(view, cache_bytes=2 * one.nbytes)
    reads = []

    def noting(showing, *, playable):
        reads.append(showing.place)
        return develop(showing, playable=playable)

    monkeypatch.setattr("ugcbench_view.gallery.develop", noting)

    async def look():
        await asyncio.gather(*(gallery.find(0) for _ in range(5)))
        assert reads == [0]
        for place in range(CLIPS):
            assert (await gallery.find(place)).media.clip == view.catalogue.clips[place]
        assert reads == list(range(CLIPS))
        await gallery.find(CLIPS - 1)
        assert reads == list(range(CLIPS))
        await gallery.find(0)

    asyncio.run(look())
    assert reads == [*range(CLIPS), 0]


def test_sheets_are_images(view):
    for name, sheet in develop(find_showing(view, 1), playable=True).sheets.items():
        assert name == "1-0.webp"
        assert Image.open(io.BytesIO(sheet)).format == "WEBP"
