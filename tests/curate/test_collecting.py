"""`ugcbench data collect`: which clips of a folder fall out, and why."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import filelock
import numpy as np
import pytest
from click.testing import CliRunner
from clip_copies import RATE, VIDEOS, recode, write_grey_clip

from ugcbench.commands.notices import Notices
from ugcbench.errors import DatasetError, RunLockedError
from ugcbench_curate.annotations import Annotation
from ugcbench_curate.collecting import command
from ugcbench_curate.collecting.collection import collect
from ugcbench_curate.collecting.measuring import Measures
from ugcbench_curate.collecting.offers import Offer, find_offers
from ugcbench_curate.collecting.sifting import Rules, sift

RULES = Rules()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Clips that are fit, copies of them, and clips that are not fit."""
    root = tmp_path_factory.mktemp("clips")
    for name in ("mini-01", "mini-04", "mini-05", "mini-07", "mini-09", "mini-12"):
        shutil.copy(VIDEOS / f"{name}.mp4", root)
    (root / "again").mkdir()
    shutil.copy(VIDEOS / "mini-05.mp4", root / "again/twin.mp4")
    recode(VIDEOS / "mini-01.mp4", root / "again/anew.mp4")
    recode(VIDEOS / "mini-12.mp4", root / "again/small.mkv", shrink=2, gain=0.4)
    recode(VIDEOS / "mini-04.mp4", root / "again/cut.mp4", skip=0.9)
    recode(VIDEOS / "mini-01.mp4", root / "dubbed.mp4", sound=VIDEOS / "mini-09.mp4")
    noise = np.random.default_rng(1).normal(0, 1e-4, 8 * RATE)
    write_grey_clip(root / "quiet.mp4", 8, noise)
    write_grey_clip(root / "long.mp4", 64, np.zeros(RATE))
    (root / "broken.mp4").write_bytes((VIDEOS / "mini-02.mp4").read_bytes()[:3000])
    (root / "empty.mp4").touch()
    (root / "notes.txt").write_text("no clip")
    (root / ".hidden.mp4").touch()
    return root


@pytest.fixture(scope="module")
def collected(folder, tmp_path_factory):
    """The verdicts by id, and the folder that they were written into."""
    output = tmp_path_factory.mktemp("collected")
    found = collect(folder, output, RULES, Notices())
    return {verdict.id: verdict for verdict in found.verdicts}, output


def test_each_clip_falls_out_for_its_reason(collected):
    verdicts, _ = collected
    assert {name: verdict.reason for name, verdict in verdicts.items()} == {
        "mini-01": None,
        "mini-04": None,
        "mini-05": "copy",
        "mini-07": "no_sound",
        "mini-09": None,
        "mini-12": None,
        "anew": "near_copy",
        "cut": "near_copy",
        "small": "near_copy",
        "twin": None,
        "dubbed": None,
        "quiet": "little_sound",
        "long": "too_long",
        "broken": "unreadable",
        "empty": "unreadable",
    }
    assert [v.kept for v in verdicts.values()] == [v.reason is None for v in verdicts.values()]


def test_a_near_copy_names_its_original_and_what_they_share(collected):
    verdicts, _ = collected
    for name, original in (("anew", "mini-01"), ("cut", "mini-04"), ("small", "mini-12")):
        (same,) = verdicts[name].resembles
        assert same.other == original
        assert same.pictures >= 0.5
        assert same.sound < 0.25
        assert f"the same clip as {original}" in verdicts[name].message
    assert verdicts["mini-05"].message == "the same bytes as twin"


def test_the_same_pictures_with_another_sound_are_another_clip(collected):
    verdicts, _ = collected
    (like,) = verdicts["dubbed"].resembles
    assert like.other == "mini-01"
    assert like.pictures > 0.9
    assert like.sound > 0.4


def test_what_was_measured_stands_in_the_report(collected):
    verdicts, output = collected
    speaking, music, quiet = (verdicts[name] for name in ("mini-01", "mini-09", "quiet"))
    assert speaking.seconds == pytest.approx(9, abs=0.1)
    assert 6 < speaking.speech_seconds < speaking.audio_seconds < 9.1
    assert music.speech_seconds < 1
    assert music.audio_seconds > 6
    assert -30 < speaking.loudness < -15
    assert quiet.audio_seconds == 0
    assert quiet.loudness < -60
    assert verdicts["long"].message == "64.0 s, not less than 60"
    assert verdicts["broken"].message.startswith("media_damaged: ")
    assert verdicts["broken"].seconds is None
    lines = (output / "report.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(verdicts)


def test_kept_clips_are_a_list_and_empty_annotations(collected, tmp_path):
    verdicts, output = collected
    kept = [name for name, verdict in verdicts.items() if verdict.kept]
    lines = (output / "clips.jsonl").read_text().splitlines()
    annotations = [Annotation.model_validate_json(line) for line in lines]
    assert [each.id for each in annotations] == kept
    assert all((output / each.media).is_file() for each in annotations)
    assert [each.sha256 for each in annotations] == [verdicts[name].sha256 for name in kept]
    again = collect(output / "kept.txt", tmp_path, RULES, Notices())
    assert [verdict.id for verdict in again.kept] == kept


def test_nothing_is_measured_twice_whatever_the_thresholds(folder, collected, tmp_path):
    _, known = collected
    output = tmp_path / "again"
    shutil.copytree(known, output)
    first = (output / "report.jsonl").read_bytes()
    strict = collect(folder, output, Rules(min_speech=3.0), Notices())
    assert strict.measured == 1, "the long clip is not decoded, so it is looked at again"
    reasons = {verdict.id: verdict.reason for verdict in strict.verdicts}
    assert reasons["mini-09"] == "little_sound"
    assert {name for name, reason in reasons.items() if reason is None} == {
        "mini-01",
        "mini-12",
        "twin",
    }
    longer = collect(folder, output, Rules(max_seconds=100, min_audio=0), Notices())
    assert next(v for v in longer.verdicts if v.id == "long").kept
    assert collect(folder, output, RULES, Notices()).measured == 0
    assert (output / "report.jsonl").read_bytes() == first


def test_a_torn_line_costs_one_clip(folder, collected, tmp_path, capsys):
    _, output = collected
    lines = (output / "measures.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "measures.jsonl").write_bytes(b"".join(lines[:-1]) + lines[-1][:50])
    found = collect(folder, tmp_path, RULES, Notices())
    assert found.measured == 2, "the clip of the torn line, and the long one that stays closed"
    assert "a torn last line of 50 bytes was cut off" in capsys.readouterr().err


def test_a_killed_collection_goes_on_where_it_was(tmp_path):
    output = tmp_path / "out"
    command = [sys.executable, "-m", "ugcbench", "data", "collect", str(VIDEOS), "--jobs", "1"]
    process = subprocess.Popen([*command, "--output", output], stderr=subprocess.DEVNULL)
    stored = output / "measures.jsonl"
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        if stored.exists() and stored.stat().st_size:
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    process.wait()
    assert process.returncode == -signal.SIGKILL
    known = stored.read_bytes().count(b"\n")
    found = collect(VIDEOS, output, RULES, Notices())
    assert found.measured == 12 - known
    assert len(found.kept) == 11


def test_two_at_once_are_refused(tmp_path):
    with (
        filelock.FileLock(tmp_path / "lock"),
        pytest.raises(RunLockedError, match="choose another --output"),
    ):
        collect(VIDEOS, tmp_path, RULES, Notices())


def test_equal_names_get_ids_of_their_own(tmp_path):
    for folder in ("a", "b", "b/c"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "x.mp4").touch()
    (tmp_path / "b" / "x.mov").touch()
    (tmp_path / "y.webm").touch()
    offers = find_offers(tmp_path)
    assert [offer.id for offer in offers.clips] == ["a-x", "c-x", "b-x", "b-x-2", "y"]
    assert offers.others == 0


@pytest.mark.parametrize(("seconds", "reason"), [(60.0, "too_long"), (59.9, "little_sound")])
def test_a_clip_must_be_shorter_than_the_limit(seconds, reason):
    clip = Offer("a", Path("a.mp4"))
    measures = Measures(sha256="0" * 64, seconds=seconds, has_sound=True)
    (verdict,) = sift([clip], {"a": measures}, RULES)
    assert verdict.reason == reason


def test_a_link_to_a_clip_that_is_gone_is_reported(tmp_path):
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (verdict,) = collect(tmp_path, tmp_path / "out", RULES, Notices()).verdicts
    assert (verdict.id, verdict.reason) == ("gone", "unreadable")


def test_a_single_clip_is_no_list():
    with pytest.raises(DatasetError, match=r"mini-01\.mp4 is a clip; name its folder, or a list"):
        find_offers(VIDEOS / "mini-01.mp4")


def test_a_list_is_relative_to_its_folder_and_may_name_what_is_not_there(tmp_path):
    (tmp_path / "clips.txt").write_text("# mine\n\ngone.mp4\nsub/gone.mp4\ngone.mp4\n")
    offers = find_offers(tmp_path / "clips.txt").clips
    assert [offer.path for offer in offers] == [tmp_path / "gone.mp4", tmp_path / "sub/gone.mp4"]
    found = collect(tmp_path / "clips.txt", tmp_path / "out", RULES, Notices())
    assert [verdict.reason for verdict in found.verdicts] == ["unreadable"] * 2
    (tmp_path / "clips.txt").write_text("# nothing\n")
    with pytest.raises(DatasetError, match="name a folder of clips"):
        find_offers(tmp_path / "clips.txt")


def test_typed_it_shows_a_table_or_json(ugcbench, folder, collected, tmp_path):
    _, output = collected
    shutil.copytree(output, tmp_path / "known")
    done = ugcbench("data", "collect", folder, "--output", "known")
    assert done.returncode == 0, done.stderr
    assert "6 of 15 clips are kept; " in done.stdout
    assert "near_copy 3" in done.stdout
    assert "dubbed: kept, though its pictures are like those of mini-01" in done.stdout
    assert "note: files passed over, as by their names they are no clips: 1" in done.stderr
    done = ugcbench("data", "collect", folder, "--output", "known", "--format", "json")
    about = json.loads(done.stdout)
    assert (about["clips"], about["kept"], about["measured"]) == (15, 6, 1)
    assert about["rules"]["min_audio"] == 5.0
    assert about["reasons"]["near_copy"] == 3
    empty = tmp_path / "nothing"
    empty.mkdir()
    done = ugcbench("data", "collect", empty)
    assert done.returncode == 2
    assert "no clip below it" in done.stderr


def test_ctrl_c_says_how_to_go_on(monkeypatch, tmp_path):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("ugcbench_curate.collecting.collection.collect", stop)
    done = CliRunner().invoke(command.collect, [str(VIDEOS), "--output", str(tmp_path / "out")])
    assert done.exit_code == 130
    assert done.stderr == f"interrupted; type the same again to go on in {tmp_path / 'out'}\n"
