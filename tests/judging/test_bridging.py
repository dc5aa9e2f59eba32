"""A bridge says what the anchor would have said, and how sure that is."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paired_judges import LEAN, QUALITY, draw_levels, draw_scores

from ugcbench.errors import UsageError
from ugcbench.protocol import JudgeRule
from ugcbench_judging.bridged_means import bridge_mean
from ugcbench_judging.bridges import Bridge, read_bridge, write_bridge
from ugcbench_judging.bridging import Scores, fit_bridge, fit_curves
from ugcbench_judging.score_maps import (
    KNOTS,
    METHODS,
    Paired,
    apply_map,
    choose_knots,
    fit_map,
    knot_shares,
)

DATASETS = 120
ABOUT = {
    "judge": "new",
    "anchor": "old",
    "task": "ugc/caption",
    "rubric": "abc",
    "rule": JudgeRule(),
    "comparable": True,
    "calibration": "def",
}
levels = st.integers(1, 5).map(lambda level: level / 5)


def fit(method, judge, anchor):
    knots = choose_knots(judge)
    return fit_map(method, Paired.of(judge, anchor), np.ones(len(judge)), knots)


@given(st.lists(st.tuples(levels, levels), min_size=1, max_size=40))
@settings(max_examples=40)
def test_a_map_stays_among_the_anchors_scores_and_an_isotonic_one_rises(pairs):
    judge, anchor = np.array(pairs).T
    for method in METHODS:
        values = fit(method, judge, anchor)
        assert anchor.min() - 1e-9 <= values.min()
        assert values.max() <= anchor.max() + 1e-9
    assert np.all(np.diff(fit("isotonic", judge, anchor)) >= -1e-12)


def test_a_judge_one_level_too_strict_is_mapped_back():
    judge = np.repeat([0.2, 0.4, 0.6, 0.8], 50)
    for method in METHODS:
        assert fit(method, judge, judge + 0.2) == pytest.approx([0.4, 0.6, 0.8, 1.0], abs=0.02)


def test_an_ordinal_map_finds_the_curve_that_the_levels_were_drawn_from():
    rng = np.random.default_rng(0)
    judge = rng.choice([0.2, 0.4, 0.6, 0.8, 1.0], 20_000)
    above = 1 / (1 + np.exp(-(4 * judge[:, None] - np.array([0.5, 2.0, 3.0]))))
    level = 1 + (rng.random((len(judge), 1)) < above).sum(axis=1)
    knots = choose_knots(judge)
    at_knots = 1 / (1 + np.exp(-(4 * knots[:, None] - np.array([0.5, 2.0, 3.0]))))
    expected = (1 + at_knots.sum(axis=1)) / 5
    assert fit("ordinal", judge, level / 5) == pytest.approx(expected, abs=0.01)


def test_weights_stand_for_repeated_answers():
    rng = np.random.default_rng(1)
    judge, anchor = rng.choice([0.2, 0.4, 0.6], (2, 60))
    weights = rng.integers(0, 3, 60)
    weights[:3], judge[:3] = 1, [0.2, 0.4, 0.6]
    knots = choose_knots(judge)
    for method in METHODS:
        weighted = fit_map(method, Paired.of(judge, anchor), weights.astype(float), knots)
        repeated = np.repeat(judge, weights), np.repeat(anchor, weights)
        assert weighted == pytest.approx(fit(method, *repeated), abs=1e-6)


def test_a_judge_of_many_scores_gets_few_knots_and_any_score_a_value():
    scores = np.random.default_rng(2).random(500)
    knots = choose_knots(scores)
    assert len(knots) == KNOTS
    values = np.sort(np.random.default_rng(3).random(KNOTS))
    new = np.array([0.0, 0.31, 0.5, 1.0])
    mapped = apply_map(new, knots, values)
    assert knot_shares(new, knots) @ values == pytest.approx(mapped)
    assert (mapped[0], mapped[-1]) == (values[0], values[-1])


def test_the_interval_holds_the_truth_about_a_new_system():
    """Nominal 95 %: of the population's mean, not of the clips at hand; a bootstrap of the map and
    the clips alone would be far too sure of itself.
    """
    held = naive = 0
    for seed in range(DATASETS):
        rng = np.random.default_rng(seed)
        curves = fit_curves(draw_scores(rng), ["isotonic"], seed, resamples=25)
        quality, lean = [rng.normal(0, QUALITY)], [rng.normal(0, LEAN)]
        _, judged = draw_levels(rng, quality, lean, 40)
        true = draw_levels(rng, quality, lean, 20_000)[0].mean()
        found = bridge_mean(curves, ["d"], judged.T, np.arange(40))
        held += found.low <= true <= found.high
        naive += abs(found.mean - true) <= 2 * np.hypot(found.sampling, found.mapping)
    assert held / DATASETS >= 0.9
    assert naive / DATASETS <= 0.6


def test_each_part_of_the_error_is_the_spread_that_it_stands_for():
    rng = np.random.default_rng(5)
    curves = fit_curves(draw_scores(rng, clips=60), ["isotonic"], 0, resamples=100)
    runs = [draw_levels(rng, [0.2], [0.0], 40)[1] for _ in range(300)]
    found = [bridge_mean(curves, ["d"], run.T, np.arange(40)) for run in runs]
    spread = np.std([one.mean for one in found])
    assert np.mean([one.sampling for one in found]) == pytest.approx(spread, rel=0.15)
    quality, lean = [0.4, 0.0, -0.3, 0.1], [0.0, 0.1, 0.0, -0.1]
    refitted = []
    for _ in range(80):
        anchor, judge = draw_levels(rng, quality, lean, 60)
        names = np.repeat(list("abcd"), 60)
        scores = Scores(
            ("d",), names, np.tile(np.arange(60).astype(str), 4), judge.reshape(-1, 1),
            anchor.reshape(-1, 1),
        )  # fmt: skip
        refitted.append(
            bridge_mean(
                fit_curves(scores, ["isotonic"], 0, resamples=25), ["d"], runs[0].T, np.arange(40)
            )
        )
    spread = np.std([one.mean for one in refitted])
    assert np.mean([one.mapping for one in refitted]) == pytest.approx(spread, rel=0.25)


def test_the_systems_part_is_the_error_of_left_out_systems():
    made = fit_bridge(draw_scores(np.random.default_rng(6)), resamples=10, **ABOUT)
    part = made.curves.maps[0]
    errors = {row.system: row.recorded - row.bridged for row in made.left_out}
    assert part.system_errors == pytest.approx(errors)
    found = bridge_mean(made.curves, ["d"], np.full((9, 1), 0.6), np.arange(9))
    assert found.system == pytest.approx(np.sqrt(np.mean(np.square(list(errors.values())))))
    assert found.system == pytest.approx(part.error.systems)
    assert found.sampling == 0
    assert found.error == pytest.approx(np.hypot(found.mapping, found.system))


def test_a_left_out_system_has_no_part_in_its_own_bridge():
    scores = draw_scores(np.random.default_rng(7))
    made = fit_bridge(scores, method="isotonic", resamples=20, **ABOUT)
    rows = scores.systems == "s1"
    raised = scores.anchor.copy()
    raised[rows] = 1.0
    other = Scores(scores.dimensions, scores.systems, scores.clips, scores.judge, raised)
    again = fit_bridge(other, method="isotonic", resamples=20, **ABOUT)
    before, after = (next(r for r in b.left_out if r.system == "s1") for b in (made, again))
    assert (after.recorded, after.bridged) == (1.0, pytest.approx(before.bridged))
    assert (after.low, after.high) == (before.low, before.high)
    assert after.covered == (after.high == 1.0)


def test_the_average_stands_on_the_mean_of_the_maps_and_their_joint_errors():
    names = ("a", "b")
    made = fit_bridge(
        draw_scores(np.random.default_rng(8), dimensions=names), resamples=20, **ABOUT
    )
    new = np.random.default_rng(9).choice([0.2, 0.4, 0.6, 0.8], (30, 2))
    both = bridge_mean(made.curves, names, new, np.arange(30))
    alone = [
        bridge_mean(made.curves, [name], new[:, [at]], np.arange(30))
        for at, name in enumerate(names)
    ]
    assert both.mean == pytest.approx(np.mean([one.mean for one in alone]))
    assert both.system <= np.mean([one.system for one in alone]) + 1e-12
    assert both.mapping <= np.mean([one.mapping for one in alone]) + 1e-12
    average = [row for row in made.left_out if row.dimension == "average"]
    assert len(average) == 4


def test_answers_that_count_by_rule_are_taken_as_they_are():
    made = fit_bridge(draw_scores(np.random.default_rng(10)), resamples=20, **ABOUT)
    judged = np.full((10, 1), 0.6)
    plain = bridge_mean(made.curves, ["d"], judged, np.arange(10))
    half = np.where(np.arange(10)[:, None] < 5, judged, np.nan)
    mixed = bridge_mean(made.curves, ["d"], half, np.arange(10), fixed=np.zeros(10))
    assert mixed.mean == pytest.approx(plain.mean / 2)
    assert (mixed.mapping, mixed.system) == pytest.approx((plain.mapping / 2, plain.system / 2))
    with pytest.raises(ValueError, match="at least two clips"):
        bridge_mean(made.curves, ["d"], judged, np.zeros(10))


def test_auto_takes_the_method_with_the_smaller_error_for_each_dimension():
    scores = draw_scores(np.random.default_rng(11), dimensions=("a", "b"), clips=40)
    auto, *single = (fit_bridge(scores, method=m, resamples=5, **ABOUT) for m in ("auto", *METHODS))
    for at, part in enumerate(auto.curves.maps):
        errors = {one.curves.maps[at].method: one.curves.maps[at].error.rmse for one in single}
        assert part.method == min(errors, key=errors.get)
        assert part.error.rmse == min(errors.values())
        assert part.error.rmse < part.constant.rmse


def test_an_anchor_without_levels_has_only_the_isotonic_map():
    scores = draw_scores(np.random.default_rng(12))
    finer = np.random.default_rng(13).random(scores.anchor.shape)
    smooth = Scores(scores.dimensions, scores.systems, scores.clips, scores.judge, finer)
    made = fit_bridge(smooth, resamples=5, **ABOUT)
    assert made.curves.maps[0].method == "isotonic"
    with pytest.raises(UsageError, match="--method isotonic"):
        fit_bridge(smooth, method="ordinal", **ABOUT)


def test_too_few_systems_or_clips_make_no_bridge():
    with pytest.raises(UsageError, match="at least 3 systems, and here are 2"):
        fit_bridge(draw_scores(np.random.default_rng(0), systems=2), **ABOUT)
    with pytest.raises(UsageError, match="at least 5 clips, and here are 4"):
        fit_bridge(draw_scores(np.random.default_rng(0), clips=4), **ABOUT)
    three = fit_bridge(draw_scores(np.random.default_rng(0), systems=3), resamples=5, **ABOUT)
    assert {row.covered for row in three.left_out} == {None}


def test_a_bridge_is_the_same_again_and_another_by_another_seed(tmp_path):
    scores = draw_scores(np.random.default_rng(14))
    made = fit_bridge(scores, resamples=5, **ABOUT)
    assert fit_bridge(scores, resamples=5, **ABOUT) == made
    assert fit_bridge(scores, resamples=5, seed=1, **ABOUT).hash != made.hash
    write_bridge(made, tmp_path)
    assert read_bridge(tmp_path) == made


def test_a_changed_bridge_is_refused(tmp_path):
    made = fit_bridge(draw_scores(np.random.default_rng(14)), resamples=5, **ABOUT)
    file = write_bridge(made, tmp_path)
    plain = json.loads(file.read_text())
    plain["comparable"] = False
    file.write_text(json.dumps(plain))
    with pytest.raises(UsageError, match="changed afterwards; fit the bridge again"):
        read_bridge(tmp_path)
    plain["curves"]["covariance"].pop()
    with pytest.raises(ValueError, match="doesn't fit the maps"):
        Bridge.model_validate(plain)
    with pytest.raises(UsageError, match="ugcbench judge bridge"):
        read_bridge(tmp_path / "nowhere")
