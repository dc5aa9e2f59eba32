"""`ugcbench data doctor` on the public release: the known faults, with their counts."""

from __future__ import annotations

import json

import pytest

from ugcbench.datasets import open_dataset
from ugcbench.gold.corrections import Revision
from ugcbench_curate.doctor.examination import examine
from ugcbench_curate.doctor.patches import draft_patch

ORPHAN = "PI-0abb79ae-18ae-40d9-a66f-3ad7744a6095"


@pytest.fixture(scope="module")
def dataset(registry, release):
    return open_dataset(registry, release, {})[0]


@pytest.fixture(scope="module")
def findings(dataset, release):
    results = release / "results"
    answers = [
        results / "omni_infer_caption_result/omni_baseline.jsonl",
        results / "caption_score/omni_baseline_4o.json",
        results / "ocr/ocr_omni3b.jsonl",
        results / "object/omni3b_object.json",
    ]
    train = [release / "train_data" / name for name in ("sft_1k.jsonl", "grpo_1k.jsonl")]
    return examine(dataset, answers, train)


@pytest.fixture(scope="module")
def found(findings):
    """What is found, by check and what it is about; of several, the first."""
    return {(f.check, f.about.rpartition("/")[2]): f for f in reversed(findings)}


def test_labels_in_the_wrong_case(found):
    case = found["label case", "tone"]
    assert (case.count, case.total, len(case.clips)) == (256, 999, 256)
    assert "'neutral' 213 times, 'negative' 43 times" in case.message
    labels = found["labels", "tone"].message
    assert labels.startswith("'Positive' 743, 'neutral' 213, 'negative' 43; ")
    assert "always answering 'Positive' scores 74.4%" in labels
    assert "no model more than 74.4% if case counts" in labels


def test_labels_that_say_nothing_or_are_never_used(found):
    dead = found["constant label", "bgm"]
    assert (dead.count, dead.total) == (999, 999)
    majority = found["majority", "voice_source"]
    assert (majority.count, majority.total) == (633, 669)
    assert "94.6%" in majority.message
    assert found["unused option", "voice_source"].message == "never the answer: Out-Video Voice"


def test_labels_that_captions_contradict(findings):
    """352 affirm music: 199 call it background music or BGM, the others ambient music.

    A search for these words without "no" or "without" shortly before finds 258, of which 59 deny it
    ("There is no mention of background music").
    """
    about = {f.message: f for f in findings if f.check == "contradiction"}
    heard = about["the answer is 'no', but the audio_caption tells of background music"]
    assert (heard.count, heard.total, len(heard.clips)) == (352, 999, 352)
    final = about["the answer is 'no', but the final_caption tells of background music"]
    assert final.count == 231


def test_copies(found):
    assert found["duplicate", "audio_caption"].count == 7
    assert len(found["duplicate", "audio_caption"].clips) == 11
    near = found["near duplicate", "audio_caption"]
    assert "90 % or more of their letters: 27" in near.message
    assert found["near duplicate", "visual_caption"].count == 2
    assert ("near duplicate", "final_caption") not in found


def test_ids_without_gold(found):
    assert found["orphan id", "clips"].clips == (ORPHAN,)
    for file in ("omni_baseline.jsonl", "omni_baseline_4o.json"):
        stranger = found["orphan id", file]
        assert (stranger.clips, stranger.message) == (
            (ORPHAN,),
            "answered, but has no final_caption",
        )
    assert not {("orphan id", "ocr_omni3b.jsonl"), ("unanswered", "ocr_omni3b.jsonl")} & set(found)
    assert ("orphan id", "omni3b_object.json") not in found


def test_counts_and_texts(found):
    odd = found["count", "objects"]
    assert (odd.count, odd.total, len(odd.clips)) == (607, 2760, 417)
    assert "(22%)" in odd.message
    assert found["script", "ocr"].count == 2
    assert found["fused words", "ocr"].count == 102
    empty = found["placeholder", "ocr"]
    assert empty.count == 9
    assert "'none' 2" in empty.message
    assert found["language", "final_caption"].message == "en 999"


def test_training_rows(findings, release):
    overlaps = {
        f.about.rpartition("/")[2] + " " + f.level: f for f in findings if f.check == "overlap"
    }
    both = overlaps["sft_1k.jsonl note"]
    assert (both.count, both.total) == (55, 1000)
    assert "grpo_1k.jsonl too (55 by id, 55 by text" in both.message
    assert overlaps["sft_1k.jsonl ok"].message.startswith("0 of 1,000 rows are in the dataset")
    assert overlaps["grpo_1k.jsonl ok"].message.startswith("0 of 1,073 rows are in the dataset")


def test_the_draft_makes_the_changes_of_the_shipped_revision(dataset, findings, registry, release):
    clips = list(dataset)
    draft = draft_patch(clips, findings)
    shipped = open_dataset(registry, "ugc-videocap", {"root": release})[0]
    mended = {clip.id: clip.gold for clip in Revision.model_validate(draft).apply(clips)}
    assert mended == {clip.id: clip.gold for clip in shipped}
    for number, correction in enumerate(draft.corrections):
        if correction.change != "note":
            assert draft.count(clips)[number] == correction.count
    notes = {(c.task, c.count) for c in draft.corrections if c.change == "note"}
    assert {("ocr", 1), ("ocr", 2), ("objects", 417), ("audio_caption", 11)} <= notes
    assert not [task for task, _ in notes if task == "bgm"]


def test_typed_on_the_release(ugcbench, release, tmp_path):
    done = ugcbench("data", "doctor", release, "--patch", "draft.json", "--format", "json")
    assert done.returncode == 0, done.stderr
    about = json.loads(done.stdout)
    checks = {(f["check"], f["about"]): f for f in about["findings"]}
    assert checks["constant label", "bgm"]["count"] == 999
    assert "corrections are drafted in draft.json" in done.stderr
    draft = Revision.model_validate_json((tmp_path / "draft.json").read_bytes())
    assert draft.revision == "draft"
