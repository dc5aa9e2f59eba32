"""A cheap judge makes the anchor's few verdicts go further, and never lies about how far."""

from __future__ import annotations

import json

import numpy as np
import pytest
from judged_runs import make_run, strict_judge

from ugcbench.errors import UsageError
from ugcbench.statistics import mean_interval
from ugcbench_judging.powered_runs import power_runs
from ugcbench_judging.prediction_powered import powered_mean

DATASETS = 400


def draw(rng, clips, judged, skill, a_clip=1):
    """Anchor scores (NaN but for `judged` clips), the cheap judge's, the clips."""
    true = np.repeat(rng.normal(0, 1, clips), a_clip)
    anchor = levels(3 + 0.8 * true + rng.normal(0, 0.5, len(true)))
    cheap = levels(2 + skill * true + (1 - skill) * rng.normal(0, 1, len(true)))
    names = np.repeat(np.arange(clips), a_clip)
    chosen = np.isin(names, rng.permutation(clips)[:judged])
    return np.where(chosen, anchor, np.nan), cheap, names


def levels(values):
    return np.clip(np.round(values), 1, 5) / 5


@pytest.mark.parametrize(
    ("judged", "skill", "a_clip", "gain"),
    [(20, 0.8, 1, 0.8), (50, 0.8, 1, 0.8), (50, 0.0, 1, 1.02), (30, 0.8, 3, 0.8)],
)
def test_the_interval_holds_the_truth_and_is_no_wider_than_the_classic(judged, skill, a_clip, gain):
    rng = np.random.default_rng(judged)
    true = levels(3 + np.hypot(0.8, 0.5) * rng.normal(0, 1, 1_000_000)).mean()
    held, widths = 0, []
    for _ in range(DATASETS):
        found = powered_mean(*draw(rng, 300, judged, skill, a_clip))
        held += found.powered.low <= true <= found.powered.high
        classic = found.classic.high - found.classic.low
        widths.append((found.powered.high - found.powered.low) / classic)
    assert 0.92 <= held / DATASETS <= 0.985
    assert np.mean(widths) <= gain
    assert max(widths) <= 1.04


def test_a_bias_of_the_cheap_judge_changes_nothing():
    anchor, cheap, clips = draw(np.random.default_rng(0), 200, 60, 0.8)
    found, shifted = (
        powered_mean(anchor, cheap, clips),
        powered_mean(anchor, cheap / 2 + 0.3, clips),
    )
    assert shifted.powered.mean == pytest.approx(found.powered.mean)
    assert shifted.powered.low == pytest.approx(found.powered.low)
    assert shifted.weight == pytest.approx(2 * found.weight)
    assert shifted.effective == pytest.approx(found.effective)


def test_a_perfect_judge_is_worth_every_answer():
    rng = np.random.default_rng(1)
    true, _, clips = draw(rng, 400, 400, 0.8)
    anchor = np.where(np.arange(400) < 40, true, np.nan)
    found = powered_mean(anchor, true, clips)
    assert found.effective == pytest.approx(400, rel=0.25)
    assert found.powered.mean == pytest.approx(true.mean(), abs=0.01)
    assert found.classic == mean_interval(true[:40])
    assert found.classic.n == 40


def test_a_constant_judge_gives_the_classic_estimate():
    anchor, cheap, clips = draw(np.random.default_rng(2), 100, 30, 0.8)
    found = powered_mean(anchor, np.full_like(cheap, 0.6), clips)
    assert (found.weight, found.effective) == (0.0, 30)
    assert found.powered.mean == found.classic.mean


def test_an_anchor_that_always_says_the_same_leaves_no_spread_to_work_with():
    anchor, cheap, clips = draw(np.random.default_rng(2), 100, 30, 0.8)
    found = powered_mean(np.where(np.isnan(anchor), anchor, 0.4), cheap, clips)
    assert found.powered == found.classic
    assert found.powered.low is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, c, k: (a[1:], c, k), "one score by each judge"),
        (lambda a, c, k: (a, np.where(k == 3, np.nan, c), k), "every answer"),
        (lambda a, c, k: (np.where(k < 90, np.nan, 0.4), c, k), "10 clips or more"),
        (lambda a, c, k: (c, c, k), "plain mean"),
    ],
)
def test_what_gives_no_estimate_is_refused(change, message):
    anchor, cheap, clips = draw(np.random.default_rng(3), 99, 40, 0.8)
    with pytest.raises(ValueError, match=message):
        powered_mean(*change(anchor, cheap, clips))


def some_of(folder, run, clips):
    """The run with verdicts on some of its clips alone."""
    kept = []
    for line in (run / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        if int(record["clip"].removeprefix("id-")) not in clips:
            record["score"] = {"status": "missing", "source": "judge"}
        kept.append(json.dumps(record) + "\n")
    folder.mkdir()
    for name in ("run.json", "summary.json"):
        (folder / name).write_bytes((run / name).read_bytes())
    (folder / "records.jsonl").write_text("".join(kept))
    return folder


@pytest.fixture
def both_runs(tmp_path, anchor_runs):
    """Verdicts of the anchor on 10 of 12 answers, and of a cheap judge on all."""
    (tmp_path / "cheap").mkdir()
    gold = anchor_runs / "gold.jsonl"
    (tmp_path / "cheap" / "gold.jsonl").write_bytes(gold.read_bytes())
    cheap = make_run(tmp_path / "cheap", "middling", 3, strict_judge, "cheap-judge")
    return some_of(tmp_path / "some", anchor_runs / "middling", range(10)), cheap


def test_the_command_prints_both_estimates(both_runs, ugcbench):
    done = ugcbench("judge", "ppi", "--anchor", both_runs[0], "--judge-run", both_runs[1])
    assert done.returncode == 0, done.stderr
    assert "anchor-judge, helped by cheap-judge" in done.stdout
    assert "Caption: details" in done.stdout
    arguments = ["--anchor", both_runs[0], "--judge-run", both_runs[1], "--format", "json"]
    cells = json.loads(ugcbench("judge", "ppi", *arguments).stdout)
    assert [cell["name"].partition(":")[2] for cell in cells] == [
        "audio", "visual", "details", "average",
    ]  # fmt: skip
    details = cells[2]
    assert (details["n"], details["total"]) == (10, 12)
    assert 0.2 < details["weight"] < 0.5
    assert details["low"] < details["value"] < details["high"]
    assert details["classic"] == pytest.approx(np.mean([2, 3, 4, 2, 3, 4, 2, 3, 4, 2]) / 5)
    foretold = powered_mean(
        np.where(np.arange(12) < 10, [2, 3, 4] * 4, np.nan) / 5,
        np.array([1, 2, 3] * 4) / 5,
        range(12),
    )
    assert details["value"] == pytest.approx(foretold.powered.mean)


def test_runs_that_do_not_belong_together_are_refused(both_runs, anchor_runs):
    some, cheap = both_runs
    with pytest.raises(UsageError, match="both judged by anchor-judge"):
        power_runs(some, anchor_runs / "middling")
    with pytest.raises(UsageError, match="plain mean"):
        power_runs(anchor_runs / "middling", cheap)
    with pytest.raises(UsageError, match="hold different answers, as to ugc/caption id-"):
        power_runs(anchor_runs / "weak", cheap)
