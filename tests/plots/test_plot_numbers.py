"""The numbers drawn are those that the tables tell."""

from __future__ import annotations

import pytest
from drawn_runs import number_run, strict_judge
from hypothesis import given
from hypothesis import strategies as st

import ugcbench
from ugcbench.errors import UsageError
from ugcbench.models import Price
from ugcbench.results import Result
from ugcbench_plots import plot_calibration, plot_cost, plot_forest, plot_scores
from ugcbench_plots.cost import Point, find_front


def texts(picture):
    return [text.get_text() for text in picture.figure.texts]


def test_forest_is_the_comparison(minis):
    compared = ugcbench.compare(*minis)
    picture = plot_forest(*minis)
    assert picture.rows == tuple(row.model_dump(mode="json") for row in compared.rows)
    assert plot_forest(compared).svg() == picture.svg()
    assert any("from an offline judge" in text for text in texts(picture))
    assert sum(text.endswith(" *") for text in texts(picture)) == sum(
        row.offline_judge for row in compared.rows
    )
    with pytest.raises(UsageError, match="either runs, or one comparison"):
        plot_forest(compared, minis[0])


def test_forest_of_three_has_a_heading_for_each_pair(dear):
    picture = plot_forest(*dear)
    assert picture.title == "Paired differences of 3 runs"
    assert {"cheap \N{MINUS SIGN} best", "best \N{MINUS SIGN} vain"} <= set(texts(picture))
    with pytest.raises(UsageError, match="give two or more runs"):
        plot_forest(dear[0])


def test_forest_of_too_many_rows(minis, monkeypatch):
    monkeypatch.setattr("ugcbench_plots.forest.MOST", 3)
    with pytest.raises(UsageError, match="differences are too many for a picture"):
        plot_forest(*minis)


@pytest.mark.parametrize(
    ("tasks", "above"),
    [
        ("toy/values", "one better \N{RIGHTWARDS ARROW}"),
        ("toy/rates", "two better \N{RIGHTWARDS ARROW}"),
        ("toy/values,toy/rates", "one higher \N{RIGHTWARDS ARROW}"),
    ],
)
def test_forest_says_what_a_rate_of_error_means(tasks, above, tmp_path):
    runs = [
        number_run(tmp_path / name, name, lambda n, own=own: f"{n / 40} {n / 40 + own}", tasks)
        for name, own in (("one", 0.4), ("two", 0.0))
    ]
    found = texts(plot_forest(*runs))
    lower = "\N{DOWNWARDS ARROW} lower is better: a difference above 0 speaks for two"
    assert above in found
    assert (lower in found) == ("rates" in tasks)
    assert ("Errors \N{DOWNWARDS ARROW}" in found) == ("rates" in tasks)
    assert any("lower is better" in text for text in texts(plot_scores(*runs))) == (lower in found)


def test_scores_are_the_cells(minis):
    result, picture = Result.load(minis[0]), plot_scores(minis[0])
    assert [row["cell"] for row in picture.rows] == list(result.cells)
    for row in picture.rows:
        cell = result.cells[row["cell"]]
        assert row["mean"] == pytest.approx(100 * cell.value)
        assert (row["n"], row["offline_judge"]) == (cell.n, not cell.comparable)
        assert sum(row["shares"]) == pytest.approx(1)
    chosen = next(row for row in picture.rows if row["cell"] == "ugc/tone")
    assert chosen["shares"][0] + chosen["shares"][10] == pytest.approx(1)
    assert plot_scores(*minis, cells=["ugc/tone"]).rows[0] == chosen


def test_scores_refuse_what_they_cannot_show(minis, silent):
    with pytest.raises(UsageError, match="give one to 6 runs"):
        plot_scores(*[minis[0]] * 7)
    with pytest.raises(UsageError, match="no run has ugc/nothing; there are: ugc/tone"):
        plot_scores(minis[0], cells=["ugc/nothing"])
    assert "not measured" in {
        text.get_text() for axes in plot_scores(minis[0], silent).figure.axes for text in axes.texts
    }


def test_no_number_is_no_picture(tmp_path):
    run = number_run(tmp_path / "run", "mute", lambda n: 1 / 0)
    with pytest.raises(UsageError, match="no column of these runs has a number"):
        plot_scores(run)


def test_calibration_is_of_the_same_answers(judged, minis):
    anchor, other = map(Result.load, judged)
    picture = plot_calibration(*judged)
    for name in ("ugc/caption:audio", "ugc/caption:average"):
        rows = [row for row in picture.rows if row["cell"] == name]
        total = sum(row["n"] for row in rows)
        assert total == anchor.cells[name].n
        for key, result in (("level", anchor), ("mean", other)):
            mean = sum(row["n"] * row[key] for row in rows) / total
            assert mean == pytest.approx(100 * result.cells[name].value)
    assert picture.title == "strict against lexical"
    assert "Caption: audio *" in texts(picture)
    with pytest.raises(UsageError, match="no judge scored ugc/tone in both"):
        plot_calibration(*judged, cells=["ugc/tone"])
    with pytest.raises(UsageError, match=r"has another answer than .* judge the same answers"):
        plot_calibration(minis[0], minis[1])


def test_calibration_without_an_offline_judge_has_no_star(judged, tmp_path):
    again = strict_judge(tmp_path / "again", judged[1])
    assert not any("*" in text for text in texts(plot_calibration(judged[1], again)))


def test_calibration_of_nothing_judged(dear):
    with pytest.raises(UsageError, match="no answer was given a score by both judges"):
        plot_calibration(dear[0], dear[0])


def test_cost_is_what_the_runs_tell(dear):
    rows = plot_cost(*dear).rows
    assert [row["cost"] for row in rows] == pytest.approx([10, 500, 600])
    assert [row["value"] for row in rows] == pytest.approx([40, 90, 30])
    assert [row["on_front"] for row in rows] == [True, True, False]
    seconds = plot_cost(*dear, against="seconds").rows
    assert [row["seconds"] for row in seconds] == pytest.approx([0.1, 5, 6])
    assert [row["cost"] for row in plot_cost(dear[0]).rows] == pytest.approx([10])


def test_cost_by_prices(tmp_path):
    usage = ugcbench.Usage(input_tokens=1000, output_tokens=100)
    run = number_run(tmp_path / "run", "priced", lambda n: "0.5 0", usage=usage)
    prices = {"priced": Price(input=2.0, output=10.0)}
    assert plot_cost(run, prices=prices).rows[0]["cost"] == pytest.approx(3.0)
    assert plot_cost(run).rows[0]["tokens"] == pytest.approx(1100)


def test_cost_refuses_what_it_cannot_show(dear, silent):
    with pytest.raises(UsageError, match="give one to 24 runs"):
        plot_cost()
    with pytest.raises(UsageError, match="silent doesn't tell its cost; try another --against"):
        plot_cost(silent, against="cost")
    with pytest.raises(UsageError, match="has no number for 'x'; the cells are: average, toy/v"):
        plot_cost(dear[0], cell="x")


points = st.builds(
    Point,
    name=st.just("run"),
    value=st.integers(0, 6).map(float),
    low=st.none(),
    high=st.none(),
    price=st.integers(0, 6).map(float),
    offline=st.just(False),
)


@given(st.lists(points, min_size=1, max_size=12), st.booleans())
def test_the_front_is_what_nothing_beats(runs, lower):
    sign = -1 if lower else 1

    def beats(one, other):
        no_worse = one.price <= other.price and sign * one.value >= sign * other.value
        return no_worse and (one.price, one.value) != (other.price, other.value)

    found = {(point.price, point.value) for point in find_front(runs, lower=lower)}
    assert found == {
        (point.price, point.value)
        for point in runs
        if not any(beats(other, point) for other in runs)
    }
