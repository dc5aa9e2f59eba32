"""The event test set: rates are ratios of sums, can be above 1, and lower is better."""

from __future__ import annotations

import asyncio
import json

import pytest
from neighbour_files import EVENTS, PROMPT

import ugcbench
from ugcbench import Judge, Prediction, Registry, Setting, get_protocol, score_one
from ugcbench.errors import DatasetError, UsageError
from ugcbench.models import Fake
from ugcbench.testing import TASK_CONTRACT, NotApplicableError, TaskSubject, check_promise
from ugcbench.types import Failure
from ugcbench.verification import find_problems
from ugcbench_video_salmonn2.release import Release
from ugcbench_video_salmonn2.tasks import events

NOTHING = '{"missed": [], "incorrect": [], "hallucinated": []}'
TASK = "video-salmonn2/events"


def verdict(missed=(), incorrect=(), made_up=()):
    return json.dumps(
        {"missed": list(missed), "incorrect": list(incorrect), "hallucinated": list(made_up)}
    )


def setting(reply=NOTHING, protocol="v1"):
    return Setting(get_protocol(protocol), Judge("scripted", Fake(reply)))


def score(folder, reply, video="mini-09"):
    task = events(setting(reply))
    sample = next(task.sample(clip) for clip in Release(folder) if clip.id == video)
    said = Prediction(task=TASK, sample_id=sample.id, text="A house burns.")
    return asyncio.run(score_one(task, sample, said))


def test_the_files_become_clips(event_files):
    clips = {clip.id: clip for clip in Release(event_files)}
    assert {name: list(clip.gold["events"].answer) for name, clip in clips.items()} == EVENTS
    assert clips["mini-07"].media == str(event_files / "mini-07.mp4")
    own = events(setting()).prompt
    theirs = events(setting(protocol="paper")).prompt
    sample = events(setting()).sample(clips["mini-07"])
    assert theirs(sample).text == PROMPT.removeprefix("<image>\n")
    assert own(sample).text != theirs(sample).text


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"video": "../x.mp4", "events": ["e"]}, "leads out"),
        ({"video": "", "events": ["e"]}, "usable as a file name"),
        ({"video": "a.mp4", "events": []}, "events"),
        ({"video": "a.mp4"}, "events"),
        ({"video": "mini-03.mp4", "events": ["e"]}, "twice"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, row, told):
    rows = [{"video": "mini-03.mp4", "events": ["one"]}, row]
    (tmp_path / "video_salmonn2_test.json").write_text(json.dumps(rows))
    with pytest.raises(DatasetError, match=rf"\[1\].*{told}"):
        list(Release(tmp_path))


def test_without_a_path_or_a_judge_it_is_said_what_to_type():
    with pytest.raises(DatasetError, match="--dataset DIR"):
        Release()
    with pytest.raises(UsageError, match="--judge"):
        events(Setting(get_protocol("v1")))
    with pytest.raises(UsageError, match=r"video_salmonn2_test\.json"):
        ugcbench.run(model="blind", tasks=TASK, judge="fake")


@pytest.mark.parametrize("promise", TASK_CONTRACT)
async def test_what_every_task_promises(event_files, promise):
    subject = TaskSubject(make=events, dataset=list(Release(event_files)), verdict=NOTHING)
    try:
        await check_promise(subject, promise)
    except NotApplicableError as reason:
        pytest.skip(str(reason))


def test_a_verdict_becomes_rates_of_the_events(event_files):
    found = score(event_files, verdict([1, 2, 3], [4], ["a plane lands", "  "]))
    assert found.parts == pytest.approx(
        {"missed": 3 / 6, "incorrect": 1 / 6, "hallucinated": 1 / 6, "total": 5 / 6}
    )
    assert found.value == pytest.approx(1 / 6)


def test_more_can_be_made_up_than_happens(event_files):
    found = score(event_files, verdict([1], made_up=["x", "y", "z"]), "mini-07")
    assert found.parts["hallucinated"] == 1.5
    assert (found.parts["total"], found.value) == (2.0, 0.0)


@pytest.mark.parametrize(
    "reply",
    [
        verdict([7]),
        verdict([0]),
        verdict([1, 1]),
        verdict([1], [1]),
        "{}",
        '{"missed": 2, "incorrect": 0, "hallucinated": 0}',
    ],
)
def test_a_verdict_that_does_not_fit_the_events_is_no_number(event_files, reply):
    found = score(event_files, reply)
    assert (found.status, found.source, found.value) == ("malformed", "judge", None)


VERDICTS = {  # of 4, 2 and 6 events
    "mini-03": verdict([1, 2]),
    "mini-07": verdict([1], made_up=["x", "y", "z"]),
    "mini-09": verdict([], [6]),
}


def judging(prompt):
    first = prompt.fields["events"].partition("\n")[0].removeprefix("1. ")
    return VERDICTS[next(name for name, told in EVENTS.items() if told[0] == first)]


def run(folder, output, model=None, **more):
    registry = Registry()
    given = {"judge": Fake(judging), "dataset": folder, "tasks": "all", **more}
    model = model or Fake("A house burns.")
    return ugcbench.run(model=model, output=output, registry=registry, **given)


def test_the_table_holds_ratios_of_sums(event_files, tmp_path):
    result = run(event_files, tmp_path / "run")
    cells = result.cells
    values = {name.partition(":")[2]: cell.value for name, cell in cells.items()}
    assert values == pytest.approx(
        {"missed": 3 / 12, "incorrect": 1 / 12, "hallucinated": 3 / 12, "total": 7 / 12}
    )
    assert result.summary.average == values["total"]
    total = cells[f"{TASK}:total"]
    assert (total.n, total.lower_is_better, total.weight) == (3, True, "events")
    assert total.high > 1
    assert "lower is better: Event error, Missed" in result.table()
    assert find_problems(result.path) == []


def test_a_refusal_misses_every_event_and_makes_up_none(event_files, tmp_path):
    def answer(prompt):
        return "" if prompt.sample_id == "mini-09" else "A house burns."

    result = run(event_files, tmp_path / "run", Fake(answer))
    values = {name.partition(":")[2]: cell.value for name, cell in result.cells.items()}
    assert values == pytest.approx(
        {"missed": 9 / 12, "incorrect": 0.0, "hallucinated": 3 / 12, "total": 12 / 12}
    )
    assert find_problems(result.path) == []


def test_an_error_is_left_out_with_its_events(event_files, tmp_path):
    def answer(prompt):
        if prompt.sample_id == "mini-09":
            why = Failure(status="api_error", kind="down", message="down")
            return Prediction(task=prompt.task, sample_id=prompt.sample_id, failure=why)
        return "A house burns."

    result = run(event_files, tmp_path / "run", Fake(answer))
    total = result.cells[f"{TASK}:total"]
    assert total.value == pytest.approx(6 / 6)
    assert (total.n, total.asked) == (2, 3)


def test_the_median_of_several_passes_counts(event_files, tmp_path):
    passes = {0: verdict([1]), 1: verdict([1, 2], [3]), 2: verdict([1, 2, 4], [], ["x"])}

    def judge(prompt):
        seen = prompt.sampling.seed or 0
        return passes[seen] if "fire" in prompt.fields["events"] else judging(prompt)

    result = run(event_files, tmp_path / "run", judge=Fake(judge), votes=3)
    scores = {record.sample_id: record.score for record in result.records()}
    assert scores["mini-09"].parts == pytest.approx(
        {"missed": 2 / 6, "incorrect": 0.0, "hallucinated": 0.0, "total": 3 / 6}
    )
    assert scores["mini-09"].disagreement > 0
    assert len(scores["mini-09"].verdicts) == 3
    assert find_problems(result.path) == []


def test_compared_runs_know_which_direction_is_better(event_files, tmp_path):
    worse = run(event_files, tmp_path / "worse")
    better = run(event_files, tmp_path / "better", judge=Fake(NOTHING))
    found = ugcbench.compare(worse, better)
    row = next(row for row in found.rows if row.cell == f"{TASK}:total")
    assert row.difference == pytest.approx(100 * 7 / 12)
    assert row.lower_is_better
    places = [(place.run, place.value) for place in found.standings if place.cell == row.cell]
    assert [value for _, value in places] == [0.0, pytest.approx(100 * 7 / 12)]
    assert "lower is better: Event error" in found.table()
