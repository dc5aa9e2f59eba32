"""Columns that are ratios of sums: over the samples with a weight, with honest intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench import Cell, Clip, Column, Gold, Prompt, Registry, Sample, Score, Task, get_protocol
from ugcbench import compare as compare_runs
from ugcbench import run as run_task
from ugcbench.models import Fake
from ugcbench.pairing import assess_contrasts, contrast
from ugcbench.statistics import mean_interval, wilson_interval
from ugcbench.summaries import Tally, average
from ugcbench.verification import find_problems

SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=20)


@given(SHARES, st.floats(0.01, 100))
def test_equal_weights_change_nothing(values, weight):
    clusters = [place // 2 for place in range(len(values))]
    plain = mean_interval(values, clusters)
    weighted = mean_interval(values, clusters, weights=[weight] * len(values))
    for field in ("mean", "low", "high", "n"):
        mine, its = getattr(weighted, field), getattr(plain, field)
        assert mine == its if its is None else mine == pytest.approx(its, abs=1e-9)


def test_a_weight_is_so_many_questions_about_one_clip():
    """A rate of 3 of 4 events is the mean of four values about one clip."""
    rates, events = [3 / 4, 0.0, 1 / 5], [4, 2, 5]
    single = np.concatenate([[1, 1, 1, 0], [0, 0], [1, 0, 0, 0, 0]])
    expected = mean_interval(single, np.repeat([0, 1, 2], events))
    found = mean_interval(rates, weights=events)
    for field in ("mean", "low", "high"):
        assert getattr(found, field) == pytest.approx(getattr(expected, field))


def test_rates_above_1_have_an_interval_above_1():
    found = mean_interval([2.0, 0.5, 1.5], weights=[2, 4, 3])
    assert found.mean == pytest.approx((4 + 2 + 4.5) / 9)
    assert found.low < found.mean < found.high
    assert found.high > 1.5


def test_rates_of_0_have_wilsons_interval_of_so_many_clips():
    found = mean_interval([0.0] * 5, weights=[1, 2, 3, 4, 5])
    assert (found.low, found.high) == wilson_interval(0.0, 5)


@pytest.mark.parametrize("weights", [[1, 0], [1, -1], [1, np.inf], [1], [1, 1, 1]])
def test_weights_must_fit(weights):
    with pytest.raises(ValueError, match="2 positive finite numbers"):
        mean_interval([0.5, 0.6], weights=weights)


def test_intervals_of_scores_stay_within_0_and_1():
    for weights in (None, [1, 1, 2]):
        assert mean_interval([0.1, 1.0, 1.0], weights=weights).high == 1.0
        assert mean_interval([0.1, 0.0, 0.0], weights=weights).low == 0.0
        with pytest.raises(ValueError, match="at least 0"):
            mean_interval([0.5, np.nan, 1.0], weights=weights)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    draw = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        events = draw.integers(5, 40, 50)
        rates = draw.poisson(draw.gamma(2, 0.15, 50) * events) / events
        found = mean_interval(rates, weights=events)
        hits += found.low <= 0.3 <= found.high
    assert 0.91 < hits / 400 < 0.98


def test_a_weighted_difference_is_that_of_the_two_ratios():
    draw = np.random.default_rng(1)
    first, second = draw.random(30) * 2, draw.random(30)
    weights = draw.integers(1, 9, 30).astype(float)
    part = contrast(first - second, np.arange(30), weights=weights)
    (found,) = assess_contrasts([part], 0, 999, 0.95)
    ratios = [float(weights @ values / weights.sum()) for values in (first, second)]
    assert found.mean == pytest.approx(ratios[0] - ratios[1])
    assert part.errors.sum() == pytest.approx(0)
    assert found.low < found.mean < found.high


def test_a_difference_of_shares_stays_within_1():
    (found,) = assess_contrasts(
        [contrast(np.array([1.0, -1.0, 1.0]), np.arange(3), weights=np.array([1.0, 5.0, 2.0]))],
        0,
        999,
        0.95,
    )
    assert (found.low, found.high) == (-1.0, 1.0)


class Rates:
    """Two words are two errors, and a question has as many parts as its gold says."""

    fingerprint = "rates/1"
    judge = None

    async def score(self, sample, prediction):
        rate = len(prediction.text.split()) / sample.weights["size"]
        return Score(status="ok", value=max(0.0, 1 - rate), parts={"errors": rate})


COLUMNS = (
    Column("Errors", "errors", weight="size", absent=1.0, lower_is_better=True),
    Column("Even", "even", table=False, weight="even"),
)
SIZES = {"a": 1, "b": 2, "c": 5, "d": 8}


def counting(setting=None):
    return Task(
        name="toy/counting",
        version=1,
        sample=lambda clip: Sample(
            id=clip.id,
            clip=clip.id,
            media=None,
            answer="",
            weights={"size": SIZES[clip.id], "even": float(SIZES[clip.id] % 2 == 0)},
        ),
        prompt=lambda sample: Prompt(task="toy/counting", sample_id=sample.id, text="Count."),
        scorer=Rates(),
        columns=COLUMNS,
        fingerprint="1",
    )


class Sizes:
    name, revision, group = "sizes", "1", "toy"

    def __iter__(self):
        return (Clip(id=name, media=None, gold={"n": Gold(answer="")}) for name in SIZES)


def run(tmp_path, name, says):
    model = Fake(lambda prompt: says[prompt.sample_id])
    return run_task(
        model=model,
        tasks=[counting()],
        dataset=Sizes(),
        output=tmp_path / name,
        registry=Registry({}, installed=False),
    )


BAD = {"a": "x x x", "b": "", "c": "x", "d": "x x"}
GOOD = {"a": "x", "b": "x", "c": "x", "d": "x"}


def test_a_run_counts_what_has_a_weight(tmp_path):
    result = run(tmp_path, "bad", BAD)
    errors, even = result.summary.cells
    assert errors.value == pytest.approx((3 + 2 + 1 + 2) / 16)  # the refusal counts as absent
    assert (errors.n, errors.asked) == (4, 4)
    assert even.value == pytest.approx((0 + 6 / 8) / 2)
    assert (even.n, even.asked, even.statuses) == (2, 2, {"ok": 1, "refused": 1})
    assert find_problems(result.path) == []


def test_a_changed_weight_is_found(tmp_path):
    result = run(tmp_path, "bad", BAD)
    file = result.path / "records.jsonl"
    file.write_text(file.read_text().replace('"size":8.0', '"size":9.0'))
    assert any("toy/counting:errors" in problem for problem in find_problems(result.path))


def test_the_lower_rate_wins(tmp_path):
    bad, good = run(tmp_path, "bad", BAD), run(tmp_path, "good", GOOD)
    found = compare_runs(bad, good)
    rows = {row.cell: row for row in found.rows}
    assert rows["toy/counting:errors"].difference == pytest.approx(100 * 4 / 16)
    assert rows["toy/counting:even"].n == 2
    best = next(place for place in found.standings if place.cell == "toy/counting:errors")
    assert best.run.endswith(f"({good.path})")
    assert best.rank_drawn.startswith("1")
    assert "lower is better: Errors" in found.ranks()


def cell(value, *, lower):
    return Cell(
        name=f"t{value}",
        label="t",
        value=value,
        low=None,
        high=None,
        n=1,
        asked=1,
        coverage=1.0,
        statuses={},
        protocol="v1",
        protocol_hash="h",
        lower_is_better=lower,
    )


def test_rates_of_error_and_shares_have_no_average():
    assert average([cell(0.25, lower=True), cell(0.75, lower=True)]) == 0.5
    assert average([cell(0.25, lower=True), cell(0.75, lower=False)]) is None


def test_the_best_constant_answer_may_be_a_letter():
    """No two texts are the same, but two of three right choices stand first."""
    tally = Tally(
        Task(
            name="t",
            version=1,
            sample=lambda clip: None,
            prompt=lambda sample: Prompt(task="t", sample_id="", text=""),
            scorer=Rates(),
            columns=(Column("t"),),
            fingerprint="1",
            baseline=True,
        ),
        get_protocol("v1"),
        None,
    )
    for right, choices in [("a", "ab"), ("c", "cd"), ("f", "ef")]:
        sample = Sample(id=right, clip=right, media=None, answer=right, choices=tuple(choices))
        tally.add(sample, Score(status="ok", value=1.0))
    assert tally.cells()[0].baseline == pytest.approx(2 / 3)
