"""People's ratings are read strictly and held against a judge and against each other."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from ugcbench.errors import UsageError
from ugcbench_judging.people import compare_with_people, measure_concord
from ugcbench_judging.ratings import Scale, read_ratings
from ugcbench_judging.tables import show_people

HEADER = "clip,system,dimension,rater,score"


def written(tmp_path, *lines, header=HEADER):
    file = tmp_path / "ratings.csv"
    file.write_text("\n".join([header, *lines]) + "\n")
    return file


def rate(anchor, raters, dimensions=("audio", "visual", "details")):
    """A line for each pair, dimension and rater; a rater is a function of the judge's level."""
    return [
        f"{p.clip},{p.system},{name},{rater},{change(round(5 * p.scores[name]))}"
        for p in anchor.pairs
        for name in dimensions
        for rater, change in raters.items()
    ]


def milder(level):
    return min(5, level + 1)


def same(level):
    return level


def test_people_who_say_what_the_judge_says(anchor, tmp_path):
    file = written(tmp_path, *rate(anchor, {"p": same, "q": same}))
    report = compare_with_people(anchor, read_ratings(file, anchor))
    assert (report.judge, report.raters, report.left_out) == ("fake", ("p", "q"), 0)
    assert report.ratings == 6 * len(anchor.pairs)
    for found in report.dimensions.values():
        assert (found.median.exact, found.median.n) == (1.0, len(anchor.pairs))
        assert (found.people.exact, found.people.pairs) == (1.0, len(anchor.pairs))
        assert [found.people.kappa, found.each.kappa, found.alpha] == pytest.approx([1, 1, 1])


def test_the_median_counts_and_people_disagree(anchor, tmp_path):
    file = written(tmp_path, *rate(anchor, {"p": same, "q": same, "r": milder}, ("audio",)))
    report = compare_with_people(anchor, read_ratings(file, anchor))
    assert set(report.dimensions) == {"audio"}
    found = report.dimensions["audio"]
    fives = sum(pair.scores["audio"] == 1 for pair in anchor.pairs) / len(anchor.pairs)
    assert (found.median.exact, found.median.bias) == (1.0, pytest.approx(0))
    assert found.people.pairs == 3 * len(anchor.pairs)
    assert found.people.exact == pytest.approx((1 + 2 * fives) / 3)
    assert found.each.exact == pytest.approx((2 + fives) / 3)
    assert found.people.within_one == 1.0
    assert 0 < found.alpha < 1


def test_concord_by_hand():
    nan = np.nan
    one, other = np.array([0.2, 0.4, nan, 1.0]), np.array([0.2, 0.8, 0.6, 0.8])
    found = measure_concord([one], [other])
    assert (found.pairs, found.exact, found.within_one) == (3, 1 / 3, 2 / 3)
    assert measure_concord([], []).exact is None


def test_one_run_needs_no_system_and_one_dimension_no_dimension(anchor, tmp_path):
    pairs = tuple(
        replace(p, scores={"score": p.scores["audio"]}) for p in anchor.pairs if p.system == "weak"
    )
    judged = replace(anchor, pairs=pairs, dimensions=("score",))
    lines = [f"{p.clip},p,{round(5 * p.scores['score'])},whatever" for p in pairs]
    file = written(tmp_path, *lines, header="sample,rater,score,comment")
    report = compare_with_people(judged, read_ratings(file, judged))
    found = report.dimensions["score"]
    assert (found.median.exact, found.people.pairs, found.alpha) == (1.0, 0, None)
    assert "median of 1 person" in show_people(report)


@pytest.mark.parametrize(
    ("scale", "given", "score"),
    [
        (Scale(), 1, 0.2),
        (Scale(), 5, 1.0),
        (Scale(), 2.5, 0.5),
        (Scale(0, 100), 0, 0.0),
        (Scale(0, 100), 60, 0.6),
        (Scale(1, 9), 1, 0.2),
        (Scale(1, 9), 5, 0.6),
        (Scale(-2, 2), 0, 0.6),
    ],
)
def test_scales(scale, given, score):
    assert scale.score(given) == pytest.approx(score)


GOOD = "id-1,weak,audio,p,3"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("id-1,weak,audio,p,", "line 3, column score: is empty"),
        ("id-1,weak,audio,p,six", "line 3, column score: 'six' is no number from 1 to 5"),
        ("id-1,weak,audio,p,0", "line 3, column score: '0' is no number from 1 to 5"),
        ("id-1,weak,audio,p,nan", "line 3, column score: 'nan' is no number"),
        ("id-1,weak,sound,p,3", "line 3, column dimension: 'sound' is none of audio, visual"),
        ("id-1,week,audio,p,3", "line 3, column system: 'week' is none of middling"),
        ("id-1,weak,audio, ,3", "line 3, column rater: is empty"),
        (",weak,audio,p,3", "line 3, column clip: is empty"),
        ("id-1,weak", "line 3, column dimension: is empty"),
        ("id-1,weak,audio,p,4", "line 3, column rater: 'p' rated this in line 2 too"),
    ],
)
def test_a_bad_row_is_named(anchor, tmp_path, line, message):
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        read_ratings(written(tmp_path, GOOD, line), anchor)


def test_many_bad_rows_are_counted(anchor, tmp_path):
    lines = [f"id-1,weak,audio,p{n},9" for n in range(25)]
    with pytest.raises(UsageError, match="and 15 more"):
        read_ratings(written(tmp_path, *lines), anchor)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "line 1: there is no column clip, dimension, rater, score, system"),
        ("clip,system,dimension,rater", "no column score"),
        ("clip,rater,score,system", "no column dimension"),
        ("clip,rater,score,dimension", "no column system"),
    ],
)
def test_missing_columns_are_named(anchor, tmp_path, header, message):
    with pytest.raises(UsageError, match=message):
        read_ratings(written(tmp_path, header=header), anchor)


def test_files_that_are_no_ratings(anchor, tmp_path):
    with pytest.raises(UsageError, match="holds no ratings"):
        read_ratings(written(tmp_path), anchor)
    (tmp_path / "picture.csv").write_bytes(HEADER.encode() + b"\n\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"picture\.csv, after line 0: .* CSV in UTF-8"):
        read_ratings(tmp_path / "picture.csv", anchor)
    with pytest.raises(UsageError, match="from 5 to 1 is none"):
        Scale(5, 1)


def test_ratings_of_other_answers_are_left_out_or_refused(anchor, tmp_path):
    stranger = "elsewhere,weak,audio,p,3"
    ratings = read_ratings(written(tmp_path, GOOD, stranger), anchor)
    report = compare_with_people(anchor, ratings)
    assert (report.ratings, report.left_out) == (1, 1)
    assert "1 further ratings are about answers without a verdict" in show_people(report)
    with pytest.raises(UsageError, match=r"none of 1 ratings .*'elsewhere' \(line 2\)"):
        compare_with_people(anchor, read_ratings(written(tmp_path, stranger), anchor))


def test_agree_from_the_command_line(ugcbench, anchor, anchor_runs, tmp_path):
    file = written(tmp_path, *rate(anchor, {"p": same, "q": milder}))
    done = ugcbench("judge", "agree", file, "--run", anchor_runs)
    assert done.returncode == 0, done.stderr
    assert "fake against the median of 2 people on ugc/caption: 216 ratings" in done.stdout
    assert "two people: exact" in done.stdout
    done = ugcbench("judge", "agree", file, "--run", anchor_runs, "--format", "json")
    assert json.loads(done.stdout)["dimensions"]["audio"]["people"]["within_one"] == 1.0
    done = ugcbench("judge", "agree", file, "--run", anchor_runs, "--scale", 1, 4)
    assert done.returncode == 2
    assert "column score: '5' is no number from 1 to 4 (--scale LOW HIGH)" in done.stderr
