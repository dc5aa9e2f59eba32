"""Several runs side by side: what is compared, on what, and what is refused."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
import toy

import ugcbench
from ugcbench import Column, Prompt, Protocol, Registry, Sample, Score, Task
from ugcbench.errors import RunError, TransientModelError, UnknownNameError, UsageError
from ugcbench.models import Fake
from ugcbench.pairing import paired_difference

COUNT = 40


class Named:
    """A model that gives each sample a number to be scored by."""

    def __init__(self, name, value):
        self.name = name
        self._value = value

    async def generate(self, prompt):
        value = self._value(prompt)
        if value is None:
            raise TransientModelError("busy")
        text = str(value)
        return ugcbench.Prediction(task=prompt.task, sample_id=prompt.sample_id, text=text)

    async def close(self):
        pass


class ByNumber:
    """The reply is the value; its square is the part `square`."""

    judge = None

    def __init__(self, fingerprint="number/1"):
        self.fingerprint = fingerprint

    async def score(self, sample, prediction):
        value = float(prediction.text)
        return Score(status="ok", value=value, parts={"square": value**2})


def task(name="toy/value", scorer=None, clip=lambda clip: clip.id):
    return Task(
        name=name,
        version=1,
        sample=lambda c: Sample(id=c.id, clip=clip(c), media=None, answer=c.gold["name"].answer),
        prompt=lambda sample: Prompt(task=name, sample_id=sample.id, text="?"),
        scorer=scorer or ByNumber(),
        columns=(Column("Value"), Column("Square", "square", table=False)),
        fingerprint="value/1",
    )


class Clips(toy.Numbers):
    def __init__(self, count=COUNT, revision="1"):
        super().__init__(count)
        self.revision = revision


def noise(name):
    """A model that scores about half, differently for each sample and name."""
    seed = sum(name.encode())
    return lambda prompt: np.random.default_rng([seed, int(prompt.sample_id[1:])]).random() / 2


def evaluate(folder, name, value=None, tasks=(), **more):
    return ugcbench.run(
        model=Named(name, value or noise(name)),
        tasks=list(tasks) or [task()],
        registry=Registry({}, installed=False),
        output=folder,
        attempts=1,
        **{"dataset": Clips(), **more},
    )


@pytest.fixture
def run(tmp_path):
    return lambda name, *parts, **more: evaluate(tmp_path / name, name, *parts, **more)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two plain runs that tests only read."""
    folder = tmp_path_factory.mktemp("pair")
    return [evaluate(folder / str(n), name) for n, name in enumerate(["one", "two|x"])]


def values(result, name="toy/value"):
    return {r.sample_id: r.score.value for r in result.records() if r.task == name}


def test_a_row_is_the_paired_difference_in_points(pair):
    one, two = pair
    found = ugcbench.compare(one, two, cells=["toy/value"])
    first, second = values(one), values(two)
    alone = paired_difference([first[k] for k in first], [second[k] for k in first])
    (row,) = found.rows
    assert (row.first, row.second, row.cell, row.label) == ("one", "two|x", "toy/value", "Value")
    assert (row.n, row.clips, row.first_only, row.second_only) == (COUNT, COUNT, 0, 0)
    assert row.difference == pytest.approx(100 * alone.mean)
    assert (row.low, row.high) == pytest.approx((100 * alone.low, 100 * alone.high))
    assert row.detectable == pytest.approx(100 * alone.detectable)
    assert row.p == row.p_adjusted == pytest.approx(alone.p, abs=0.02)
    assert row.first_value - row.second_value == pytest.approx(row.difference)
    assert row.comparable
    assert row.notes == ()


def test_a_part_is_compared_by_its_own_values(pair):
    found = ugcbench.compare(*pair)
    value, square = found.rows
    assert (square.cell, square.label, square.table) == ("toy/value:square", "Square", False)
    assert 0 < square.first_value < value.first_value


def test_only_samples_that_count_in_both_are_compared(run):
    def half(start):
        kept = [f"n{number}" for number in range(start, start + 30)]
        return lambda prompt: 0.5 + start / 100 if prompt.sample_id in kept else None

    found = ugcbench.compare(run("early", half(0)), run("late", half(7)), cells=["toy/value"])
    (row,) = found.rows
    assert (row.n, row.first_only, row.second_only) == (23, 7, 7)
    assert row.difference == pytest.approx(-7)
    assert row.low is None
    assert row.p == pytest.approx(1 / 10_000)
    assert "7 + 7" in found.table()


def test_the_missing_policy_says_what_counts(run, registry, tmp_path):
    def silent(prompt):
        return "" if prompt.sample_id in ("n0", "n1") else "1.0"

    quiet = ugcbench.run(
        model=Fake(silent),
        tasks=[task()],
        registry=registry,
        dataset=Clips(),
        output=tmp_path / "q",
    )
    (row,) = ugcbench.compare(run("full", lambda _: 1.0), quiet, cells=["toy/value"]).rows
    assert row.n == COUNT
    assert row.difference == pytest.approx(100 * 2 / COUNT)


def test_answers_about_one_clip_are_one_cluster(run):
    shared = task(clip=lambda clip: f"video {int(clip.id[1:]) // 4}")
    one, two = run("one", tasks=[shared]), run("two", tasks=[shared])
    (row,) = ugcbench.compare(one, two, cells=["toy/value"]).rows
    first, second = values(one), values(two)
    alone = paired_difference(
        [first[k] for k in first], [second[k] for k in first], [int(k[1:]) // 4 for k in first]
    )
    assert row.clips == alone.clusters == COUNT / 4
    assert (row.low, row.high) == pytest.approx((100 * alone.low, 100 * alone.high))
    assert row.p == pytest.approx(alone.p)


def test_the_average_goes_over_the_columns_with_the_clips_as_clusters(run):
    tasks = [task("toy/a"), task("toy/b")]
    one = run("one", lambda p: 0.5 if p.task == "toy/a" else 0.8, tasks)
    two = run("two", lambda p: 0.4 + int(p.sample_id[1:]) / 1000, tasks)
    found = ugcbench.compare(one, two)
    a, b, average = (row for row in found.rows if row.table)
    assert (average.cell, average.label, average.n) == ("average", "Average", 2 * COUNT)
    assert average.difference == pytest.approx((a.difference + b.difference) / 2)
    assert average.high - average.low == pytest.approx(a.high - a.low)
    assert average.clips == COUNT
    top, bottom = (s for s in found.standings if s.cell == "average")
    assert (top.run, top.value) == ("one", pytest.approx(100 * one.summary.average))
    assert bottom.value == pytest.approx(100 * two.summary.average)
    assert bottom.low < bottom.value < bottom.high


def test_p_values_are_adjusted_for_all_rows(run):
    tasks = [task(f"toy/{letter}") for letter in "abc"]
    found = ugcbench.compare(
        run("one", tasks=tasks), run("two", tasks=tasks), run("three", tasks=tasks)
    )
    chances = sorted((row.p, row.p_adjusted) for row in found.rows)
    assert len(chances) == 3 * 7
    assert chances[0][1] == pytest.approx(min(1, 21 * chances[0][0]))
    assert all(adjusted >= p for p, adjusted in chances)


def test_runs_that_can_not_be_told_apart_share_their_ranks(run):
    def above(name, by):
        return lambda prompt: noise(name)(prompt) + by

    found = ugcbench.compare(run("low"), run("high", above("high", 0.5)), run("also low"))
    places = {s.run: s for s in found.standings if s.cell == "toy/value"}
    assert next(iter(places)) == "high"
    assert {name: place.rank for name, place in places.items()} == {
        "high": "1",
        "low": "2-3",
        "also low": "2-3",
    }
    assert places["high"].rank_drawn == "1"
    assert places["high"].low < places["high"].value < places["high"].high
    assert "2-3" in found.ranks()


def test_the_same_seed_gives_the_same_numbers(pair):
    found = ugcbench.compare(*pair, seed=3)
    assert found == ugcbench.compare(*pair, seed=3)
    assert found.rows[0].p != ugcbench.compare(*pair, seed=4).rows[0].p
    assert ugcbench.compare(*pair, resamples=99).resamples == 99


def test_numbers_made_by_different_rules_are_refused_and_the_rule_is_named(run, pair):
    strict = Protocol(name="strict", choice="exact")
    found = ugcbench.compare(*pair, run("three", protocol=strict), cells=["toy/value"])
    same, *refused = found.rows
    assert same.comparable
    assert same.difference is not None
    for row in refused:
        assert not row.comparable
        assert row.n == COUNT
        assert row.difference is row.low is row.p is row.p_adjusted is row.detectable is None
        assert "choice (lenient, exact)" in row.notes[0]
    assert "[1] different protocols: name (v1, strict)" in found.table()
    assert (
        "choice (lenient, exact)"
        in list(csv.DictReader(io.StringIO(found.table("csv"))))[1]["notes"]
    )
    assert {place.rank for place in found.standings} == {None}
    assert "no rank" in found.ranks()


def test_numbers_made_by_different_rules_are_given_on_demand_but_marked(run, pair):
    runs = pair[0], run("two", protocol=Protocol(name="strict", choice="exact"))
    with pytest.raises(UsageError, match=r"choice \(lenient, exact\)[^$]*--allow-different-protoc"):
        ugcbench.compare(*runs)
    found = ugcbench.compare(*runs, cells=["toy/value"], allow_different_protocols=True)
    (row,) = found.rows
    assert not row.comparable
    assert row.difference is not None
    assert f"{row.difference:+.1f} [1]" in found.table()
    assert {place.rank for place in found.standings} == {"1-2"}


def test_another_scorer_is_another_rule(run, pair):
    other = task(scorer=ByNumber("number/2"))
    with pytest.raises(UsageError, match="prompt, rubric or scorer changed"):
        ugcbench.compare(pair[0], run("two", tasks=[other]))


def judged(registry, tmp_path, name, judge, answered=None):
    class Judge:
        async def generate(self, prompt):
            said = await toy.same_judge().generate(prompt)
            return said.model_copy(update={"model": answered or judge})

        async def close(self):
            pass

    Judge.name = judge
    return ugcbench.run(
        model="knower",
        options={"wrong": [name]},
        tasks="toy/judged",
        dataset="numbers",
        judge=Judge(),
        registry=registry,
        output=tmp_path / name,
    )


@pytest.mark.parametrize(
    ("asked", "answered", "reason"),
    [
        ("other", None, "different judges: gpt and other"),
        ("gpt", "gpt-next", "the judge was answered by different models: gpt and gpt-next"),
    ],
)
def test_another_judge_is_another_rule(registry, tmp_path, asked, answered, reason):
    one = judged(registry, tmp_path, "n0", "gpt")
    with pytest.raises(UsageError, match=reason):
        ugcbench.compare(one, judged(registry, tmp_path, "n1", asked, answered))


def test_the_same_judge_is_no_other_rule(registry, tmp_path):
    runs = [judged(registry, tmp_path, name, "gpt") for name in ("n0", "n1")]
    (row,) = ugcbench.compare(*runs).rows
    assert (row.difference, row.p) == (0.0, 1.0)
    assert (row.first, row.second) == tuple(f"knower ({run.path})" for run in runs)


def test_other_gold_is_noted(run, pair):
    found = ugcbench.compare(pair[0], run("two", dataset=Clips(revision="2")))
    assert found.rows[0].notes == ("different datasets: numbers@1 and numbers@2",)
    assert found.rows[0].comparable
    assert found.rows[0].difference is not None


def test_runs_with_different_columns_have_no_average(run):
    one = run("one", tasks=[task("toy/a"), task("toy/b")])
    two = run("two", tasks=[task("toy/a"), task("toy/c")])
    *_, average = ugcbench.compare(one, two).rows
    assert average.cell == "average"
    assert average.difference is None
    assert average.notes == ("only one run has toy/b, toy/c",)


def test_a_column_without_any_number_is_left_out(run):
    tasks = [task("toy/a"), task("toy/b")]
    one = run("one", lambda p: 0.5 if p.task == "toy/a" else None, tasks)
    found = ugcbench.compare(one, run("two", tasks=tasks))
    assert {row.cell for row in found.rows} == {"toy/a", "toy/a:square"}


def test_what_can_not_be_compared_says_so(run, pair, tmp_path):
    one, two = pair[0], run("two")
    with pytest.raises(UsageError, match="two or more runs"):
        ugcbench.compare(one)
    with pytest.raises(UsageError, match="each of them once"):
        ugcbench.compare(one, str(one.path))
    with pytest.raises(UnknownNameError, match=r"for 'toy/valeu', but for: toy/value"):
        ugcbench.compare(one, two, cells=["toy/valeu"])
    with pytest.raises(UsageError, match="no two of the runs have numbers in one column"):
        ugcbench.compare(one, run("three", tasks=[task("toy/other")]))
    with pytest.raises(RunError, match="no run directory"):
        ugcbench.compare(one, tmp_path)
    (two.path / "records.jsonl").unlink()
    with pytest.raises(RunError, match="--resume"):
        ugcbench.compare(one, two)


def test_without_a_common_sample_there_is_nothing_to_compare(run):
    def only(number):
        return lambda prompt: 0.5 if prompt.sample_id == f"n{number}" else None

    with pytest.raises(UsageError, match="no sample counts in two of the runs"):
        ugcbench.compare(run("one", only(1)), run("two", only(2)))


def test_every_format_holds_the_rows(pair):
    found = ugcbench.compare(*pair)
    plain = list(csv.reader(io.StringIO(found.table("csv"))))
    assert plain[0][:4] == ["column", "first - second", "difference", "95 % interval"]
    assert [row[0] for row in plain[1:]] == ["Value", "(Square)"]
    assert r"one - two\|x" in found.table("md")
    assert r"\toprule" in found.table("latex")
    assert "<td>one - two|x" in found._repr_html_()
    assert str(found) == found.table()
    shown = json.loads(found.table("json"))
    assert shown == json.loads(found.ranks("json"))
    assert shown["rows"][0]["difference"] == found.rows[0].difference
    assert [run["name"] for run in shown["runs"]] == ["one", "two|x"]


def test_pandas_has_one_row_a_difference(pair):
    pytest.importorskip("pandas", reason="needs the extra [pandas]")
    frame = ugcbench.compare(*pair).to_pandas()
    assert list(frame["cell"]) == ["toy/value", "toy/value:square"]
    assert frame["p"].between(0, 1).all()
