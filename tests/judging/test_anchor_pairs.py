"""An anchor is read from finished runs as they lie there, and says what is wrong with them."""

from __future__ import annotations

import json
import shutil

import pytest
from judged_runs import CLIPS, Named, make_run, reading_judge, reference, write_gold

import ugcbench
from ugcbench.errors import RunError, UsageError
from ugcbench.models import Fake
from ugcbench_judging.pairs import read_anchor


def test_pairs_hold_answer_reference_and_scores(anchor):
    assert anchor.judge == "fake"
    assert anchor.dimensions == ("audio", "visual", "details")
    assert set(anchor.systems) == {"weak", "middling", "strong"}
    assert len(anchor.pairs) == 3 * CLIPS
    pair = next(p for p in anchor.pairs if p.system == "strong" and p.clip == "id-2")
    assert pair.reference == reference(2)
    assert pair.prediction.endswith("quality 5")
    assert pair.scores == {"audio": 1.0, "visual": 1.0, "details": 1.0}
    assert (pair.sample.id, pair.sample.answer, pair.sample.media) == ("id-2", reference(2), None)


def test_runs_may_be_named_one_by_one_and_twice(anchor, anchor_runs):
    paths = [anchor_runs / "weak", anchor_runs / "weak", anchor_runs / "strong"]
    found = read_anchor(paths)
    assert found.systems == ("weak", "strong")
    assert len(found.pairs) == 2 * CLIPS
    assert found.revision != anchor.revision


def test_nothing_in_a_run_is_touched(anchor_runs):
    before = {f: (f.stat().st_mtime_ns, f.stat().st_size) for f in anchor_runs.rglob("*")}
    read_anchor([anchor_runs])
    assert before == {f: (f.stat().st_mtime_ns, f.stat().st_size) for f in anchor_runs.rglob("*")}


def test_answers_without_a_verdict_are_counted_and_left_out(tmp_path):
    def picky(prompt):
        return "no idea" if "clip 3:" in prompt.fields["prediction"] else reading_judge(prompt)

    found = read_anchor([make_run(tmp_path, "weak", 2, picky)])
    assert (len(found.pairs), found.left_out) == (CLIPS - 1, {"malformed": 1})


def test_a_task_without_parts_has_one_dimension(tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"id": "a", "background": "It stays the same."}) + "\n")
    ugcbench.run(
        model=Fake("It stays."),
        tasks=["ugc/background"],
        dataset=gold,
        judge=Fake('{"consistent": "yes"}'),
        output=tmp_path / "run",
    )
    found = read_anchor([tmp_path / "run"], "ugc/background")
    assert found.dimensions == ("score",)
    assert found.pairs[0].scores == {"score": 1.0}


def test_other_judges_are_refused(anchor_runs, tmp_path):
    make_run(tmp_path, "other", 2)
    verdicts = tmp_path / "other" / "records.jsonl"
    verdicts.write_text(verdicts.read_text().replace('"judge_model":"fake"', '"judge_model":"b"'))
    with pytest.raises(UsageError, match=r"here are judges: .*weak\); b \(.*other\)"):
        read_anchor([anchor_runs / "weak", tmp_path / "other"])


def test_two_runs_of_a_system_are_refused(anchor_runs, tmp_path):
    shutil.copytree(anchor_runs / "weak", tmp_path / "copy")
    shutil.copy(anchor_runs / "gold.jsonl", tmp_path)
    with pytest.raises(UsageError, match="both runs of weak; leave one out"):
        read_anchor([anchor_runs / "weak", tmp_path / "copy"])


def test_a_run_without_verdicts_is_an_error_only_where_it_is_named(tmp_path):
    write_gold(tmp_path / "gold.jsonl")
    make_run(tmp_path, "strong", 4)
    tone = [{"id": "a", "tone": {"answer": "Neutral", "choices": ["Neutral", "Positive"]}}]
    (tmp_path / "tone.jsonl").write_text(json.dumps(tone[0]) + "\n")
    ugcbench.run(
        model=Named("toned", "Neutral"),
        tasks=["ugc/tone"],
        dataset=tmp_path / "tone.jsonl",
        output=tmp_path / "toned",
    )
    assert read_anchor([tmp_path]).systems == ("strong",)
    with pytest.raises(UsageError, match="toned has no verdicts of ugc/caption; leave it out"):
        read_anchor([tmp_path / "strong", tmp_path / "toned"])
    with pytest.raises(UsageError, match="no verdicts of ugc/objects in"):
        read_anchor([tmp_path], "ugc/objects")


def test_a_folder_without_runs_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="no run directory and no finished run is below it"):
        read_anchor([tmp_path])


def test_changed_references_are_an_error(tmp_path):
    run = make_run(tmp_path, "weak", 2)
    write_gold(tmp_path / "gold.jsonl", clips=5)
    with pytest.raises(RunError, match="its references are gone"):
        read_anchor([run])
