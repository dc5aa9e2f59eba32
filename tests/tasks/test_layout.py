"""The reader of the official layout: finds, orders, checks, and never leaves its folder."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from ugcbench.errors import DatasetError
from ugcbench.types import Gold
from ugcbench_tasks.datasets import open_dataset
from ugcbench_tasks.layout import OfficialLayout

ROOT = Path(__file__).parents[2]
RELEASE = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP", ROOT.parent / "shared/ugc-videocap"))
TONES = ["Positive", "Negative", "Neutral"]


def tone(video_id, answer="Positive", path=None):
    return {"video_id": video_id, "path": path, "answer": answer, "options": TONES}


def write(file, samples, question="How does it sound?"):
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {"question": question, "valid_count": len(samples), "samples": samples}
    file.write_text(json.dumps(document), "utf-8")


def complain(root):
    with pytest.raises(DatasetError) as caught:
        list(OfficialLayout(root))
    return str(caught.value)


@pytest.mark.parametrize(
    ("folder", "ocr"),
    [
        ("omni_bench_qa/benchmark_qa", "results/ocr/ocr.jsonl"),
        ("benchmark_qa", "ocr.jsonl"),
        ("", "ocr.jsonl"),
    ],
)
def test_both_layouts_and_a_flat_one_read_alike(tmp_path, folder, ocr):
    write(tmp_path / folder / "tone.json", [tone("a", "neutral"), tone("b")])
    (tmp_path / ocr).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / ocr).write_text('{"video_id": "b", "ocr": ["ÉTÉ", "2 €"]}\n\n', "utf-8")
    first, second = OfficialLayout(tmp_path)
    gold = {"answer": "neutral", "choices": tuple(TONES), "question": "How does it sound?"}
    assert first.gold == {"tone": Gold(**gold)}
    assert second.gold["ocr"] == Gold(answer=("ÉTÉ", "2 €"))
    assert [clip.media for clip in (first, second)] == [
        str(tmp_path / "videos" / name) for name in ("a.mp4", "b.mp4")
    ]


def test_the_folder_of_the_files_is_not_part_of_the_revision(tmp_path):
    write(tmp_path / "one/benchmark_qa/tone.json", [tone("a")])
    write(tmp_path / "two/tone.json", [tone("a")])
    write(tmp_path / "three/tone.json", [tone("a", "Negative")])
    one, two, three = (OfficialLayout(tmp_path / n).revision for n in ("one", "two", "three"))
    assert one == two != three
    assert len(one) == 12
    assert int(one, 16) >= 0


def test_clips_come_in_order_of_first_appearance_every_time(tmp_path):
    write(tmp_path / "voice_source.json", [{"video_id": "c", "answer": "x"}])
    write(tmp_path / "tone.json", [tone("b"), tone("a")])
    dataset = OfficialLayout(tmp_path, name="mine")
    assert [clip.id for clip in dataset] == [clip.id for clip in dataset]
    assert sorted(clip.id for clip in dataset) == ["a", "b", "c"]
    assert [clip.id for clip in dataset if clip.id != "c"] == ["b", "a"]
    assert dataset.name == "mine"


def test_the_folder_of_the_videos_can_be_named(tmp_path):
    write(tmp_path / "tone.json", [tone("a", path="clips/a.mp4")])
    (clip,) = OfficialLayout(tmp_path, videos=tmp_path / "elsewhere")
    assert clip.media == str(tmp_path / "elsewhere/a.mp4")


def test_a_path_inside_is_used_if_the_file_is_there(tmp_path):
    write(tmp_path / "tone.json", [tone("a", path="clips/a.webm"), tone("b", path="clips/b.webm")])
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips/a.webm").touch()
    here, missing = OfficialLayout(tmp_path)
    assert here.media == str(tmp_path / "clips/a.webm")
    assert missing.media == str(tmp_path / "videos/b.mp4")


@pytest.mark.parametrize(
    "path", ["../secret.mp4", "{absolute}", "link/secret.mp4", "a\0b", ".", ""]
)
def test_a_path_cannot_leave_the_directory(tmp_path, path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.mp4").touch()
    (tmp_path / "secret.mp4").touch()
    root = tmp_path / "root"
    path = path.format(absolute=tmp_path / "secret.mp4")
    write(root / "tone.json", [tone("a", path=path)])
    (root / "link").symlink_to(tmp_path / "outside")
    (clip,) = OfficialLayout(root)
    assert clip.media == str(root / "videos/a.mp4")


@pytest.mark.parametrize("video_id", ["../a", "a/b", "..", " ", "a\\b"])
def test_an_id_must_be_a_file_name(tmp_path, video_id):
    write(tmp_path / "tone.json", [tone("fine"), tone(video_id)])
    assert "tone.json: samples[1].video_id: must be usable as a file name" in complain(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"samples": [', "tone.json: Invalid JSON"),
        ("[]", "tone.json: Input should be an object"),
        ("{}", "tone.json: samples: Field required"),
        ('{"samples": [{"video_id": "a"}]}', "tone.json: samples[0].answer: Field required"),
        ('{"samples": [{"video_id": "a", "answer": 3}]}', "tone.json: samples[0].answer: Input"),
        (
            '{"samples": [{"video_id": "a", "answer": "Sad", "options": ["Yes", "No"]}]}',
            "tone.json: samples[0]: answer 'Sad' is none of Yes, No",
        ),
        (
            '{"samples": [{"video_id": "a", "answer": "x"}, {"video_id": "a", "answer": "y"}]}',
            "tone.json: video_id 'a' stands there twice",
        ),
        ('{"samples": [{"video_id": "a", "answer": "\\ud800"}]}', "tone.json: Invalid JSON"),
    ],
)
def test_a_broken_file_is_named_with_the_place(tmp_path, text, message):
    (tmp_path / "tone.json").write_text(text, "utf-8")
    assert message in complain(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"nonsense", "ocr.jsonl:3: Invalid JSON"),
        (b'{"video_id": "b", "ocr": "text"}', "ocr.jsonl:3: ocr: Input should be a valid"),
        (b'{"video_id": "b", "ocr": ["\xff"]}', "ocr.jsonl:3: Invalid JSON"),
    ],
)
def test_a_broken_line_is_named_with_its_number(tmp_path, line, message):
    (tmp_path / "ocr.jsonl").write_bytes(b'{"video_id": "a", "ocr": []}\n\n' + line + b"\n")
    assert message in complain(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    write(tmp_path / "tone.json", [tone("a")])
    file = tmp_path / "tone.json"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert [clip.id for clip in OfficialLayout(tmp_path)] == ["a"]


def test_a_directory_without_gold_says_what_was_looked_for(tmp_path):
    assert "looked for final_caption_qa.json" in complain(tmp_path)
    assert "no such directory" in complain(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["nothing", "clips.csv"])
def test_what_is_no_dataset_says_what_to_give(tmp_path, name):
    (tmp_path / "clips.csv").touch()
    with pytest.raises(DatasetError, match="give a directory in the layout of UGC-VideoCap"):
        open_dataset(tmp_path / name)


@pytest.mark.skipif(
    not RELEASE.is_dir(), reason="needs the public release; name it in $UGCBENCH_UGC_VIDEOCAP"
)
def test_the_public_release_is_read_whole():
    clips = list(open_dataset(RELEASE))
    counts = Counter(key for clip in clips for key in clip.gold)
    assert counts == {
        "voice_source": 669,
        "tone": 999,
        "ocr": 826,
        "background": 311,
        "objects": 997,
        "final_caption": 999,
        "audio_caption": 999,
        "visual_caption": 999,
        "bgm": 999,
    }
    assert len(clips) == 1000  # one video has on-screen text only
    tones = Counter(clip.gold["tone"].answer for clip in clips if "tone" in clip.gold)
    assert tones == {"Positive": 743, "neutral": 213, "negative": 43}
