"""`ugcbench data info|validate|videos|fetch` as a user types them."""

from __future__ import annotations

import json
import os
import shutil
from importlib import resources
from pathlib import Path

import pytest
from release_files import IDS, ORPHAN, make_release

from ugcbench_tasks.data.validation import validate
from ugcbench_tasks.datasets import open_dataset

ROOT = Path(__file__).parents[2]
RELEASE = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP", ROOT.parent / "shared/ugc-videocap"))
VIDEOS = Path(str(resources.files("ugcbench_tasks") / "mini/videos"))


@pytest.fixture
def checkout(tmp_path):
    return make_release(tmp_path / "checkout")


def findings(path):
    """What is found, by check and gold key."""
    return {(f.check, f.about): f for f in validate(open_dataset(path))}


def test_info_counts_clips_gold_and_labels(ugcbench, checkout):
    about = json.loads(ugcbench("data", "info", checkout, "--format", "json").stdout)
    assert about["clips"] == 25
    assert about["gold"]["voice_source"] == {
        "n": 21,
        "distinct": 2,
        "labels": {"In-Video Voice": 20, "Narration": 1, "Out-Video Voice": 0},
        "majority": {"label": "In-Video Voice", "share": 20 / 21},
    }
    assert about["gold"]["audio_caption"]["distinct"] == 22
    assert "corrections" not in about
    text = ugcbench("data", "info", checkout).stdout
    assert "majority 95.2%" in text


def test_info_lists_each_correction_with_reason_and_count(ugcbench, checkout):
    ugcbench("data", "fetch", "ugc-videocap", "--from", checkout)
    about = json.loads(ugcbench("data", "info", "ugc-videocap", "--format", "json").stdout)
    changed = {(c["task"], c["change"]): c["changed"] for c in about["corrections"]}
    assert changed["tone", "label-case"] == 16
    assert changed["bgm", "drop"] == 24
    assert all(correction["reason"] for correction in about["corrections"])
    text = ugcbench("data", "info", "ugc-videocap").stdout
    assert "label-case" in text
    assert "corrections of this revision" not in ugcbench("data", "info", "ugc-videocap@v1").stdout


def test_fetch_says_what_it_did_and_how_to_go_on(ugcbench, checkout, tmp_path):
    done = ugcbench("data", "fetch", "ugc-videocap", "--from", checkout, "--to", "elsewhere")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("new ") == 9
    assert "--dataset-option root=elsewhere" in done.stderr
    assert (tmp_path / "elsewhere/results/ocr/ocr.jsonl").is_file()
    (checkout / "results/ocr/ocr.jsonl").unlink()
    done = ugcbench("data", "fetch", "ugc-videocap", "--from", checkout, "--to", "elsewhere")
    assert done.returncode == 2
    assert "ocr.jsonl is absent" in done.stderr


def test_every_known_fault_is_found(checkout):
    found = findings(checkout)
    tone = found["label case", "tone"]
    assert (tone.level, tone.count, tone.total) == ("warning", 16, 24)
    assert tone.examples[:2] == (IDS[1], IDS[2])
    assert found["constant label", "bgm"].count == 24
    assert found["majority", "voice_source"].count == 20
    assert "Out-Video Voice" in found["unused option", "voice_source"].message
    assert found["orphan id", "clips"].examples == (ORPHAN,)
    odd = found["count", "objects"]
    assert (odd.count, odd.total) == (1, 48)
    assert found["duplicate", "audio_caption"].count == 2
    assert found["placeholder", "ocr"].examples == (IDS[1],)
    assert found["script", "ocr"].examples == (IDS[2],)
    assert found["fused words", "ocr"].examples == (IDS[3],)
    assert found["missing video", "clips"].count == 25
    assert not [finding for finding in found.values() if finding.level == "error"]


def test_a_dataset_without_faults_has_no_warning(ugcbench):
    done = ugcbench("data", "validate", "mini", "--format", "json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["usable"] is True
    assert {f["level"] for f in result["findings"]} <= {"ok", "note"}


def test_only_errors_fail(ugcbench, checkout, tmp_path):
    done = ugcbench("data", "validate", checkout)
    assert done.returncode == 0, done.stderr
    assert "warning  tone, label case: 16 of 24" in done.stdout
    rows = ['{"id": "a", "tone": "Positive"}', "nonsense", '{"id": "a"}', '{"id": "b", "tune": 1}']
    (tmp_path / "own.jsonl").write_text("\n".join(rows))
    done = ugcbench("data", "validate", "own.jsonl")
    assert done.returncode == 1
    assert "own.jsonl:2: not JSON" in done.stdout
    assert "own.jsonl:3: id 'a' stands in line 1 already" in done.stdout
    assert "own.jsonl:4: unknown key 'tune'; did you mean 'tone'?" in done.stdout
    assert "error 3" in done.stdout
    (tmp_path / "own.jsonl").write_text("nonsense\n" * 30)
    assert "... and 10 more errors" in ugcbench("data", "validate", "own.jsonl").stdout
    done = ugcbench("data", "validate", "own.jsonl", "--format", "json")
    assert len([f for f in json.loads(done.stdout)["findings"] if f["level"] == "error"]) == 30


def test_what_is_no_dataset_is_wrong_usage(ugcbench):
    assert ugcbench("data", "validate", "nowhere/at/all").returncode == 2
    done = ugcbench("data", "info", "ugc-videocap")
    assert done.returncode == 2
    assert "ugcbench data fetch ugc-videocap" in done.stderr


def test_clips_are_looked_at_without_decoding(ugcbench, tmp_path):
    done = ugcbench("data", "videos", "mini", "--check", "--format", "json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    counts = {key: summary[key] for key in ("clips", "present", "open", "with_sound")}
    assert counts == {"clips": 12, "present": 12, "open": 12, "with_sound": 11}
    assert 5 < summary["seconds"]["least"] < summary["seconds"]["most"] < 15


def test_missing_and_broken_clips_are_named(ugcbench, tmp_path):
    names = ["fine.mp4", "torn.mp4", "empty.mp4", "gone.mp4", None]
    rows = [{"id": str(n), "media": name, "tone": "Positive"} for n, name in enumerate(names)]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    clips = tmp_path / "clips"
    clips.mkdir()
    shutil.copy(VIDEOS / "mini-05.mp4", clips / "fine.mp4")
    (clips / "torn.mp4").write_bytes((VIDEOS / "mini-05.mp4").read_bytes()[:200])
    (clips / "empty.mp4").touch()
    done = ugcbench("data", "videos", "own.jsonl", "--videos", "clips", "--format", "json")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    summary = json.loads(done.stdout)
    assert (summary["present"], summary["open"]) == (3, 1)
    assert [file["problem"] for file in summary["files"]] == [
        None,
        "media_damaged",
        "media_empty",
        "media_missing",
        "no_media",
    ]
    text = ugcbench("data", "videos", "own.jsonl", "--videos", "clips", "--quiet")
    assert "no such file" in text.stdout
    assert text.stderr == ""


@pytest.mark.skipif(
    not RELEASE.is_dir(), reason="needs the public release; name it in $UGCBENCH_UGC_VIDEOCAP"
)
def test_the_public_release_has_the_known_faults():
    found = findings(RELEASE)
    questions = found["questions", "files"]
    assert questions.level == "ok"
    assert questions.message.startswith("3,975 = 669 + 999 + 311 + 997 + 999 ")
    assert found["as published", "files"].count == 9
    tone = found["label case", "tone"]
    assert "'neutral' 213 times, 'negative' 43 times" in tone.message
    assert found["constant label", "bgm"].message.startswith("every answer is the same, 'No' 999")
    assert found["majority", "voice_source"].count == 633
    assert found["orphan id", "clips"].examples == ("PI-0abb79ae-18ae-40d9-a66f-3ad7744a6095",)
    assert "607 of 2,760 object counts (22%)" in found["count", "objects"].message
    assert found["duplicate", "audio_caption"].count == 7
    assert "'none' 2" in found["placeholder", "ocr"].message
    assert found["script", "ocr"].count == 2
    assert found["missing video", "clips"].count == 1000
