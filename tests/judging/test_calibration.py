"""A calibration asks by the ordinary road, keeps everything, and measures only what was said."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from judged_runs import CLIPS, Named, reading_judge, strict_judge, verdict

import ugcbench
from ugcbench.errors import (
    FatalModelError,
    RequestRejectedError,
    RunCorruptError,
    RunError,
    UgcbenchError,
    UsageError,
)
from ugcbench.evaluation import Unobserved
from ugcbench.models import Price
from ugcbench.store import read_lines
from ugcbench.types import Usage
from ugcbench_judging.calibration import read_calibration, read_judged_pairs
from ugcbench_judging.gates import GateRule
from ugcbench_judging.procedure import Design, calibrate

ALL = Design(size=None, repeats=1)


def scripted(reply=reading_judge, name="new-judge", **more):
    return Named(name, reply, **more)


def test_the_anchor_judge_agrees_with_itself(anchor, tmp_path):
    found = calibrate(anchor, scripted(), tmp_path / "c", ALL)
    for measured in (*found.dimensions.values(), found.average):
        assert (measured.n, measured.exact, measured.bias) == (3 * CLIPS, 1.0, pytest.approx(0))
        assert [measured.kappa, measured.alpha] == pytest.approx([1, 1])
        assert [measured.spearman, measured.spearman_within] == pytest.approx([1, 1])
        assert measured.rank.tau == 1
    assert all(gate.passed for gate in found.gates)
    assert [gate.n for gate in found.gates] == [CLIPS, CLIPS]
    assert (found.coverage, found.statuses) == (1.0, {"ok": 3 * CLIPS})
    assert found.retest == {}
    assert found == read_calibration(tmp_path / "c")


def test_a_strict_judge_is_found_out(anchor, tmp_path):
    found = calibrate(anchor, scripted(strict_judge), tmp_path / "c", ALL)
    details = found.dimensions["details"]
    assert details.within_one == 1.0
    assert details.exact < 0.5
    biases = {each.level: each.bias for each in details.bias_by_level}
    assert biases == {
        level: pytest.approx(0 if level in (1, 5) else -0.2) for level in (1, 2, 3, 4, 5)
    }


def test_a_constant_judge_has_no_ranks_and_fails_a_gate(anchor, tmp_path):
    constant = scripted(lambda prompt: verdict(audio=3, visual=3, details=3))
    found = calibrate(anchor, constant, tmp_path / "c", ALL)
    audio = found.dimensions["audio"]
    assert (audio.spearman, audio.rank, audio.kappa) == (None, None, pytest.approx(0, abs=0.2))
    assert [gate.passed for gate in found.gates] == [False, False]


def test_the_pairs_hold_both_judges(anchor, tmp_path):
    calibrate(anchor, scripted(strict_judge), tmp_path / "c", Design(size=None, repeats=3))
    pairs = read_judged_pairs(tmp_path / "c")
    assert [(p.system, p.clip) for p in pairs] == [(p.system, p.clip) for p in anchor.pairs]
    assert [p.anchor for p in pairs] == [p.scores for p in anchor.pairs]
    assert all(p.status == "ok" and p.repeats == (p.judge, p.judge) for p in pairs)
    line = json.loads((tmp_path / "c" / "pairs.jsonl").read_text().splitlines()[0])
    assert set(line) == {"system", "clip", "sample_id", "status", "anchor", "judge", "repeats"}


def test_a_subset_is_asked_about(anchor, tmp_path):
    judge = scripted()
    design = Design(size=9, repeats=2, gates=GateRule(size=4))
    found = calibrate(anchor, judge, tmp_path / "c", design)
    assert (found.size, found.anchor_size, found.repeats) == (9, 3 * CLIPS, 2)
    assert {pair.system for pair in read_judged_pairs(tmp_path / "c")} == set(anchor.systems)
    assert found.expense.verdicts == len(judge.prompts) <= 9 * 2 + 4 * 2
    assert sum(found.repeat_statuses.values()) == 9


def test_repeats_are_asked_for_anew_by_a_seed(anchor, tmp_path):
    def moody(prompt):
        return verdict(audio=1 + (prompt.sampling.seed or 0))

    judge = scripted(moody)
    found = calibrate(anchor, judge, tmp_path / "c", Design(size=6, repeats=3), concurrency=1)
    assert {prompt.sampling.seed for prompt in judge.prompts} == {None, 1, 2}
    assert found.retest["audio"].difference == pytest.approx((0.2 + 0.4 + 0.2) / 3)
    assert found.retest["audio"].exact == 0
    assert found.retest["visual"].exact == 1
    assert found.dimensions["audio"].n == 6


def test_votes_and_repeats_do_not_share_seeds(anchor, tmp_path):
    judge = scripted()
    calibrate(anchor, judge, tmp_path / "c", Design(size=6, repeats=2), votes=3)
    assert {prompt.sampling.seed for prompt in judge.prompts} == {None, 1, 2, 3, 4, 5}


def test_a_panel_is_one_judge(anchor, tmp_path):
    panel = [scripted(strict_judge, "a"), scripted(reading_judge, "b"), scripted(name="c")]
    found = calibrate(anchor, panel, tmp_path / "c", Design(size=12, repeats=2))
    assert (found.judge, found.dimensions["details"].exact) == ("a,b,c", 1.0)
    for judge in panel:
        assert {prompt.sampling.seed for prompt in judge.prompts} == {None, 1}
    assert found.expense.verdicts == sum(len(judge.prompts) for judge in panel)


def test_progress_counts_failures(anchor, tmp_path):
    class Watching(Unobserved):
        stages, failures = [], []

        def begin(self, stage, total):
            self.stages.append((stage, total))

        def step(self, prediction=None):
            if prediction.failure:
                self.failures.append(prediction.failure.kind)

    judge = scripted(lambda p: "hm" if "clip 5:" in p.fields["reference"] else reading_judge(p))
    watching = Watching()
    design = Design(size=None, repeats=2)
    calibrate(anchor, judge, tmp_path / "c", design, watching, concurrency=2)
    assert [stage for stage, _ in watching.stages] == ["judging", "shuffled", "gold", "again 1"]
    assert watching.failures == ["malformed"] * (3 + 2 + 3)


def test_the_judge_sees_the_rubric_and_never_the_sample(anchor, tmp_path):
    judge = scripted()
    calibrate(anchor, judge, tmp_path / "c", ALL)
    assert not [p for p in judge.prompts if "id-" in p.text or p.media or "quality" not in p.text]
    assert not [p for p in judge.prompts if set(p.fields) != {"reference", "prediction"}]


def test_nothing_is_asked_twice(anchor, tmp_path):
    first = calibrate(anchor, scripted(), tmp_path / "c", Design(size=10))
    judge = scripted()
    again = calibrate(anchor, judge, tmp_path / "c", Design(size=10))
    assert not judge.prompts
    same = {"created", "seconds"}
    assert again.model_dump(exclude=same) == first.model_dump(exclude=same)
    larger = calibrate(anchor, judge, tmp_path / "c", Design(size=20))
    assert larger.size == 20
    assert 0 < len(judge.prompts) < larger.expense.verdicts


def test_a_torn_verdict_is_asked_for_again_and_only_that(anchor, tmp_path):
    whole = calibrate(anchor, scripted(), tmp_path / "c", ALL)
    file = tmp_path / "c" / "verdicts.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    half = len(lines) // 2
    file.write_bytes(b"".join(lines[:half]) + lines[half][:40])
    for name in ("calibration.json", "pairs.jsonl"):
        (tmp_path / "c" / name).unlink()
    judge = scripted()
    again = calibrate(anchor, judge, tmp_path / "c", ALL)
    assert len(judge.prompts) == len(lines) - half
    assert again.dimensions == whole.dimensions
    keys = [line["key"] for line in read_lines(file)]
    assert len(keys) == len(set(keys)) == len(lines)


def test_failures_are_counted_and_never_scored(anchor, tmp_path):
    def failing(prompt):
        if "clip 4:" in prompt.fields["reference"]:
            return RequestRejectedError("too long")
        return "hm" if "clip 5:" in prompt.fields["reference"] else reading_judge(prompt)

    found = calibrate(anchor, scripted(failing), tmp_path / "c", ALL)
    assert found.statuses == {"api_error": 3, "malformed": 3, "ok": 3 * (CLIPS - 2)}
    assert found.coverage == pytest.approx((CLIPS - 2) / CLIPS)
    assert found.dimensions["audio"].n == 3 * (CLIPS - 2)
    assert found.dimensions["audio"].exact == 1.0
    lost = [pair for pair in read_judged_pairs(tmp_path / "c") if pair.status != "ok"]
    assert len(lost) == 6
    assert not any(pair.judge for pair in lost)
    mended = calibrate(anchor, scripted(), tmp_path / "c", ALL)
    assert mended.statuses["ok"] == 3 * (CLIPS - 1)  # replies that could not be read are kept


def test_a_judge_that_never_answers_is_an_error_that_says_so(anchor, tmp_path):
    judge = scripted(lambda prompt: RequestRejectedError("no such deployment"))
    with pytest.raises(UgcbenchError, match=r"no verdict on any of 36 .*no such deployment.*again"):
        calibrate(anchor, judge, tmp_path / "c", ALL)
    assert len(judge.prompts) == 3 * CLIPS
    with pytest.raises(RunError, match="ugcbench judge calibrate"):
        read_calibration(tmp_path / "c")


def test_a_wrong_key_stops_at_once(anchor, tmp_path):
    judge = scripted(lambda prompt: FatalModelError("wrong key"))
    with pytest.raises(FatalModelError, match="wrong key"):
        calibrate(anchor, judge, tmp_path / "c", ALL)
    assert len(judge.prompts) <= 16


def test_other_dimensions_are_an_error(anchor, tmp_path):
    other = replace(anchor, dimensions=("audio", "style"))
    with pytest.raises(UsageError, match="gives audio, visual, details, but the anchor has audio,"):
        calibrate(other, scripted(), tmp_path / "c", ALL)


def test_a_task_without_a_judge_is_an_error(anchor, tmp_path):
    with pytest.raises(UsageError, match="ugc/tone is scored without a judge"):
        calibrate(replace(anchor, task="ugc/tone"), scripted(), tmp_path / "c", ALL)


def test_a_directory_belongs_to_one_judge_anchor_and_protocol(anchor, anchor_runs, tmp_path):
    design = Design(size=6)
    calibrate(anchor, scripted(), tmp_path / "c", design, judge_options={"a": 1, "api_key": "x"})
    options = {"a": 1, "api_key": "y"}
    calibrate(anchor, scripted(), tmp_path / "c", design, judge_options=options)
    wrong = [
        (anchor, "other", {}, r"another judge \(new-judge\)"),
        (replace(anchor, judge="x"), "new-judge", {}, "another anchor"),
        (anchor, "new-judge", {"protocol": "paper"}, "another protocol"),
        (anchor, "new-judge", {"judge_options": {"a": 2, "api_key": "x"}}, "judge's options"),
    ]
    for runs, name, more, message in wrong:
        given = {"judge_options": options, **more}
        with pytest.raises(UsageError, match=message):
            calibrate(runs, scripted(name=name), tmp_path / "c", design, **given)
    with pytest.raises(UsageError, match="is a run of weak; choose another --output"):
        calibrate(anchor, scripted(), anchor_runs / "weak", design)


def test_money_tokens_and_time_are_added_up(anchor, tmp_path):
    usage = Usage(input_tokens=1000, output_tokens=100)
    judge = scripted(usage=usage, seconds=0.01)
    prices = {"new-judge": Price(input=1.0, output=10.0)}
    found = calibrate(anchor, judge, tmp_path / "c", Design(size=6, repeats=1), prices=prices)
    spent = found.expense
    assert spent.input_tokens == 1000 * spent.verdicts
    assert spent.output_tokens == 100 * spent.verdicts
    assert spent.usd == pytest.approx(0.002 * spent.verdicts)
    assert spent.usd_per_thousand == pytest.approx(2.0)
    assert 0.01 <= spent.seconds < 1


def test_the_report_says_how_the_judge_was_asked(anchor, anchor_runs, tmp_path):
    found = calibrate(anchor, scripted(), tmp_path / "c", Design(size=6))
    assert (found.judge, found.judge_answered, found.anchor) == ("new-judge", ("fake",), "fake")
    assert found.protocol == "v1"
    assert found.protocol_hash == ugcbench.get_protocol("v1").hash()
    cells = ugcbench.Result.load(anchor_runs / "weak").cells
    mine = calibrate(anchor, scripted(name="anchor-judge"), tmp_path / "d", Design(size=6))
    assert mine.rules == cells["ugc/caption:audio"].protocol_hash
    assert found.rules != mine.rules


def test_a_damaged_report_is_noticed(anchor, tmp_path):
    calibrate(anchor, scripted(), tmp_path / "c", Design(size=6))
    (tmp_path / "c" / "calibration.json").write_text('{"judge": "x"}')
    with pytest.raises(RunCorruptError, match=r"calibration\.json"):
        read_calibration(tmp_path / "c")
    (tmp_path / "c" / "pairs.jsonl").write_text('{"system": 1}\n')
    with pytest.raises(RunCorruptError, match=r"pairs\.jsonl"):
        read_judged_pairs(tmp_path / "c")
    with pytest.raises(RunError, match="no finished calibration"):
        read_judged_pairs(tmp_path)
