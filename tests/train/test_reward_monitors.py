"""Signs that a policy pleases its reward instead of describing clips: each shown, each absent."""

from __future__ import annotations

import random

import pytest
from rewarding import LENGTH, OMNI, completion

from ugcbench.types import Score
from ugcbench_train.rewards.monitors import Limits, Monitor, Series
from ugcbench_train.rewards.repetition import repeated_share, sameness, words_of
from ugcbench_train.rewards.scored import Scored

WORDS = [a + b for a in "bdfgklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "en", "or")]
GOLD = " ".join(WORDS[:40])
HELD = "ugc/ocr"


def caption(draw, words=40, known=30):
    """Words in random order, of which `known` are the gold's."""
    mine = draw.sample(WORDS[:40], known) + draw.choices(WORDS[40:], k=words - known)
    draw.shuffle(mine)
    return " ".join(mine)


def scored(values, **held):
    """A batch whose judge gave `values`; `held` are tasks of weight 0."""
    counted = {OMNI: values, **held}
    scores = {
        name: [Score(status="api_error") if n is None else Score(status="ok", value=n) for n in row]
        for name, row in counted.items()
    }
    return Scored(values, scores, counted, frozenset({OMNI}), frozenset(held))


def batch(texts, group=4):
    return [completion(text, f"row-{place // group}", GOLD) for place, text in enumerate(texts)]


def read(monitor, texts, values=None, **held):
    values = [0.5 + 0.01 * (n % 3) for n in range(len(texts))] if values is None else values
    return monitor.read(batch(texts), scored(values, **held))


def test_the_measures_of_texts():
    loop = words_of("a b c d " * 10)
    assert repeated_share(loop) == pytest.approx(1 - 4 / 37)
    assert repeated_share(words_of(GOLD)) == 0.0
    assert sameness([loop, loop]) == 1.0
    assert sameness([words_of(GOLD), words_of("other words of no kin at all")]) == 0.0
    one, other = words_of("a b c d e f"), words_of("a b c d e g")
    assert sameness([one, other]) == pytest.approx(2 / 4)
    assert sameness([(), ()]) == sameness([words_of("Yes."), words_of("yes")]) == 1.0


def test_numbers_are_given_for_every_batch():
    draw = random.Random(1)
    texts = [caption(draw) for _ in range(31)] + ["la la la la " * 20]
    reading = read(Monitor(), texts)
    assert reading.metrics["monitor/looping"] == 1 / 32
    assert reading.metrics["monitor/repetition"] == pytest.approx((1 - 1 / 77) / 32, rel=1e-6)
    assert reading.metrics["monitor/length_ratio"] == pytest.approx((31 + 2) / 32)
    assert 0.7 < reading.metrics["monitor/overlap"] < 0.75
    assert reading.metrics["monitor/sameness"] < 0.05
    assert abs(reading.metrics["monitor/length_correlation"]) < 0.6
    assert reading.warnings == ()


def test_a_healthy_training_is_not_warned_of():
    draw, monitor = random.Random(2), Monitor(window=64)
    told = []
    for step in range(40):
        texts = [caption(draw, known=24 + step // 4) for _ in range(16)]
        values = [0.4 + 0.01 * step + draw.uniform(-0.1, 0.1) for _ in texts]
        told += read(monitor, texts, values, **{HELD: values}).warnings
    assert told == []


def test_loops_are_told_of_once_until_they_are_gone():
    draw, monitor = random.Random(3), Monitor(window=16)
    looping = [caption(draw) for _ in range(14)] + ["and then and then " * 9] * 2
    healthy = [caption(draw) for _ in range(16)]
    told = [read(monitor, texts).warnings for texts in (looping, looping, healthy, looping)]
    assert [len(each) for each in told] == [1, 0, 0, 1]
    assert "12% of the last 16 completions run into a loop" in told[0][0]
    assert "ugc/reward/repetition" in told[0][0]


def test_groups_that_say_the_same_are_told_of():
    draw, monitor = random.Random(4), Monitor(window=16)
    assert read(monitor, [caption(draw) for _ in range(16)]).warnings == ()
    same = [text for _ in range(16) for text in [caption(draw)] * 4]
    (warning,) = read(monitor, same).warnings
    assert "nearly the same (sameness 1.00)" in warning


@pytest.mark.parametrize(("words", "to"), [(70, "1.75"), (32, "0.80"), (20, "0.50")])
def test_a_drift_of_length_is_told_of(words, to):
    draw, monitor = random.Random(5), Monitor(window=16)
    assert read(monitor, [caption(draw) for _ in range(16)]).warnings == ()
    warnings = read(monitor, [caption(draw, words, 20) for _ in range(16)]).warnings
    if to == "0.80":
        assert warnings == ()
    else:
        assert f"from 1.00 to {to} times the gold's" in warnings[0]


def climb(monitor, held, rise=0.02, fall=0.5):
    """Twenty batches in which the judge's score rises and the words of the gold get fewer."""
    draw, told = random.Random(6), []
    for step in range(20):
        known = 30 - round(fall * step)
        texts = [caption(draw, known=known) for _ in range(16)]
        values = [0.4 + rise * step + draw.uniform(-0.1, 0.1) for _ in texts]
        found = {HELD: [held(step, value) + draw.uniform(-0.1, 0.1) for value in values]}
        told += read(monitor, texts, values, **found).warnings
    return [text for text in told if "reward hacking" in text]


def test_a_score_that_rises_while_the_held_out_ones_fall_is_told_of():
    overlap, held = climb(Monitor(window=64), lambda step, value: 0.8 - 0.02 * step)
    assert "the judge's score rises (0.4" in overlap
    assert "the word overlap with the gold, which is not paid for, falls (0.7" in overlap
    assert HELD in held


@pytest.mark.parametrize(("rise", "fall"), [(0.02, 0.0), (0.0, 0.5), (-0.01, 0.5)])
def test_one_of_both_alone_is_no_sign(rise, fall):
    assert climb(Monitor(window=64), lambda step, value: value, rise, fall) == []


@pytest.mark.parametrize(("sign", "kind"), [(1, "longer"), (-1, "shorter"), (0, None)])
def test_a_judge_that_pays_for_length_is_told_of(sign, kind):
    draw, monitor = random.Random(7), Monitor(window=64)
    lengths = [draw.randint(35, 45) for _ in range(64)]
    texts = [caption(draw, length, 20) for length in lengths]
    values = [0.5 + sign * 0.02 * (n - 40) + draw.uniform(-0.03, 0.03) for n in lengths]
    reading = read(monitor, texts, values)
    correlation = reading.metrics["monitor/length_correlation"]
    if kind is None:
        assert (abs(correlation) < 0.6, reading.warnings) == (True, ())
    else:
        assert correlation * sign > 0.9
        assert f"the judge's score follows length: within groups, {kind}" in reading.warnings[0]


def test_clips_with_longer_golds_and_better_scores_are_no_sign():
    draw, monitor = random.Random(8), Monitor(window=64)
    texts = [caption(draw, 40 + 5 * (place // 4), 20) for place in range(64)]
    values = [0.04 * (place // 4) + draw.uniform(0, 0.01) for place in range(64)]
    assert abs(read(monitor, texts, values).metrics.get("monitor/length_correlation", 0)) < 0.3


def test_without_a_judge_the_reward_itself_is_watched():
    draw, monitor = random.Random(9), Monitor(window=64)
    lengths = [draw.randint(20, 45) for _ in range(64)]
    values = [n / 45 for n in lengths]
    scores = {LENGTH: [Score(status="ok", value=n) for n in values]}
    unjudged = Scored(values, scores, {LENGTH: values})
    texts = [caption(draw, length, 20) for length in lengths]
    (warning,) = monitor.read(batch(texts), unjudged).warnings
    assert warning.startswith("the reward follows length")


def test_completions_without_a_score_are_passed_over():
    draw, monitor = random.Random(10), Monitor()
    texts = [caption(draw) for _ in range(40)]
    reading = read(monitor, texts, [None] * 40, **{HELD: [None] * 40})
    assert "monitor/length_correlation" not in reading.metrics
    assert reading.metrics["monitor/overlap"] > 0.5


def test_limits_can_be_set():
    draw = random.Random(11)
    texts = [caption(draw) for _ in range(15)] + ["so so so so so so so so"]
    strict, lax = Limits(looping=0.01), Limits(looping=0.5)
    assert len(read(Monitor(16, strict), texts).warnings) == 1
    assert read(Monitor(16, lax), texts).warnings == ()


def test_a_trend_needs_two_whole_windows():
    series = Series(4)
    for number in (0.0, 0.1, 0.0, 0.1, 0.9, 1.0, 0.9):
        series.add(number)
        assert series.trend() == 0.0
    series.add(1.0)
    assert series.trend() > 10
