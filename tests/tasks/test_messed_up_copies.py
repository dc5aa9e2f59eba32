"""Copies of the release that are cut off, renamed, reordered or damaged: it is said what is wrong,
and whatever is whole is still read.
"""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from release_files import CLIPS, IDS, make_release, texts

from ugcbench.errors import DatasetError
from ugcbench_tasks.data.validation import validate
from ugcbench_tasks.gold_files import read_gold_file
from ugcbench_tasks.layout import OfficialLayout
from ugcbench_tasks.ugc_videocap.release import open_release

QA = "omni_bench_qa/benchmark_qa"
OCR = "results/ocr/ocr.jsonl"


@pytest.fixture
def checkout(tmp_path):
    return make_release(tmp_path / "checkout")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a whole QA file and of a whole file of texts."""
    root = make_release(tmp_path_factory.mktemp("whole") / "checkout")
    return {"tone": (root / QA / "tone.json").read_bytes(), "ocr": (root / OCR).read_bytes()}


def by_clip(layout):
    return {clip.id: clip.gold for clip in layout.salvage().clips}


def test_a_file_that_was_cut_off_keeps_what_stands_before(checkout):
    intact = by_clip(OfficialLayout(checkout))
    file = checkout / QA / "tone.json"
    file.write_bytes(file.read_bytes()[:-700])
    layout = OfficialLayout(checkout)
    (error,) = layout.salvage().errors
    assert "tone.json: Invalid JSON: EOF" in str(error)
    with pytest.raises(DatasetError, match="see `ugcbench data validate"):
        list(layout)
    kept = by_clip(layout)
    left = [name for name in IDS if "tone" in kept[name]]
    assert f"; {len(left)} samples before that place are whole" in str(error)
    assert CLIPS - 6 < len(left) < CLIPS
    for name, gold in intact.items():
        assert kept[name] == {k: v for k, v in gold.items() if k != "tone" or name in left}
    checks = {(f.check, f.about): f for f in validate(layout)}
    assert checks["valid_count", "tone.json"].total == CLIPS


def test_a_renamed_file_is_pointed_at(checkout):
    (checkout / QA / "object.json").rename(checkout / QA / "objects.json")
    layout = OfficialLayout(checkout)
    assert not any("objects" in gold for gold in by_clip(layout).values())
    hint = next(f for f in validate(layout) if f.check == "renamed file")
    assert hint.about == "object.json"
    assert f"{QA}/objects.json lies there: if it is object.json" in hint.message


def test_a_changed_answer_is_told_from_the_published_ones(checkout):
    checks = {(f.check, f.about): f for f in validate(open_release("v1", root=checkout))}
    wrong = checks["not as published", "tone.json"]
    assert wrong.message == f"holds {CLIPS} samples; the published 999 are others"
    questions = checks["questions", "files"]
    assert questions.level == "warning"
    assert questions.message.endswith("; the paper counts 3,975")
    corrected = {
        (f.level, f.about) for f in validate(open_release(root=checkout)) if f.check == "corrected"
    }
    assert corrected == {("warning", "tone"), ("warning", "bgm"), ("warning", "ocr")}
    (checkout / OCR).unlink()
    checks = {(f.check, f.about) for f in validate(open_release("v1", root=checkout))}
    assert ("absent file", "ocr.jsonl") in checks


def test_files_that_were_all_renamed_are_pointed_at(tmp_path):
    (tmp_path / "Tone.JSON").write_text("{}")
    with pytest.raises(DatasetError, match=r"Tone\.JSON lies there: if it is tone\.json"):
        OfficialLayout(tmp_path)


def test_another_order_is_the_same_gold(checkout):
    before = OfficialLayout(checkout)
    gold, digests = by_clip(before), [file.digest for file in before.gold_files]
    shuffle = random.Random(5).shuffle
    for file in (checkout / QA).iterdir():
        document = json.loads(file.read_text())
        shuffle(document["samples"])
        file.write_text(json.dumps(document))
    lines = (checkout / OCR).read_text().splitlines()
    shuffle(lines)
    (checkout / OCR).write_text("\n".join(lines))
    after = OfficialLayout(checkout)
    assert by_clip(after) == gold
    assert list(by_clip(after)) != list(gold)
    assert [file.digest for file in after.gold_files] == digests
    assert not [f for f in validate(after) if f.level == "error"]


def test_each_damaged_place_is_named_and_the_rest_is_kept(checkout):
    intact = by_clip(OfficialLayout(checkout))
    file = checkout / QA / "tone.json"
    document = json.loads(file.read_text())
    samples = document["samples"]
    samples[1]["answer"] = "Sad"
    samples[2]["anwser"] = samples[2].pop("answer")
    samples[3]["video_id"] = "../up"
    samples[4] = None
    samples.append(samples[0])
    file.write_text(json.dumps(document))
    lines = (checkout / OCR).read_bytes().splitlines()
    lines[6] = b"\xff\xfe" + lines[6]
    lines[8] = lines[8][:-5]
    (checkout / OCR).write_bytes(b"\n".join(lines))
    layout = OfficialLayout(checkout)
    said = [str(error).removeprefix(f"{checkout}/") for error in layout.salvage().errors]
    expected = [
        f"{QA}/tone.json: samples[1]: answer 'Sad' is none of Positive, Negative, Neutral",
        f"{QA}/tone.json: samples[2].answer: Field required; 'anwser' stands there",
        f"{QA}/tone.json: samples[3].video_id: must be usable as a file name",
        f"{QA}/tone.json: samples[4]: Input should be",
        f"{QA}/tone.json: video_id '{IDS[0]}' stands there twice",
        f"{OCR}:7: Invalid JSON",
        f"{OCR}:9: Invalid JSON",
    ]
    assert len(said) == len(expected)
    for text, start in zip(said, expected, strict=True):
        assert text.startswith(start)
    lost = {(IDS[n], "tone") for n in (1, 2, 3, 4)} | {(IDS[n], "ocr") for n in (6, 8)}
    kept = {(name, key) for name, gold in by_clip(layout).items() for key in gold}
    everything = {(name, key) for name, gold in intact.items() for key in gold}
    assert everything - kept == lost
    errors = [finding for finding in validate(layout) if finding.level == "error"]
    assert [finding.message for finding in errors] == [str(e) for e in layout.salvage().errors]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(key=st.sampled_from(["tone", "ocr"]), share=st.floats(0, 1), junk=st.binary(max_size=8))
def test_whatever_was_cut_or_put_in_nothing_is_made_up(whole, tmp_path, key, share, junk):
    raw = whole[key]
    cut = int(share * len(raw))
    file = tmp_path / "damaged"
    original = {entry.video_id: entry.gold.answer for entry in _read(file, key, raw).entries}
    for damaged in (raw[:cut], raw[:cut] + junk, raw[:cut] + b"\0" + raw[cut:]):
        found = _read(file, key, damaged)
        if damaged not in (raw, raw[:-1]):
            assert found.errors or len(found.entries) <= len(original)
        names = [entry.video_id for entry in found.entries]
        assert len(names) == len(set(names))


def _read(file, key, raw):
    file.write_bytes(raw)
    return read_gold_file(key, file)


def test_a_file_of_texts_may_end_without_a_newline(checkout):
    (checkout / OCR).write_text((checkout / OCR).read_text().rstrip("\n"))
    layout = OfficialLayout(checkout)
    assert layout.salvage().errors == ()
    assert {c for c, gold in by_clip(layout).items() if "ocr" in gold} == set(texts())
