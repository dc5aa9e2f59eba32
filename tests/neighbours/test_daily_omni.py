"""Daily-Omni: its files are read as they are, and accuracy is told by type and by duration."""

from __future__ import annotations

import asyncio
import json
import shutil

import neighbour_files
import pytest

import ugcbench
from ugcbench import Judge, Prediction, Registry, Setting, get_protocol, score_one
from ugcbench.errors import DatasetError, UsageError
from ugcbench.models import Fake
from ugcbench.testing import TASK_CONTRACT, TaskSubject, check_promise
from ugcbench_daily_omni.release import Release
from ugcbench_daily_omni.tasks import caption, direct

RIGHT = {"mini-01-q1": "A", "mini-01-q2": "B", "mini-03-q1": "C", "mini-06-q1": "B"}
RIGHT |= {"mini-08-q1": "D", "mini-10-q1": "A", "mini-12-q1": "B"}


def setting(reply="{}"):
    return Setting(get_protocol("v1"), Judge("scripted", Fake(reply)))


def samples(task, folder):
    return {sample.id: sample for clip in Release(folder) if (sample := task.sample(clip))}


def score(task, sample, text):
    said = Prediction(task=task.name, sample_id=sample.id, text=text)
    return asyncio.run(score_one(task, sample, said))


def test_a_question_is_a_row_and_videos_are_what_is_clustered(daily_omni):
    clips = list(Release(daily_omni))
    assert [clip.id for clip in clips] == list(RIGHT)
    first, second = (direct(setting()).sample(clip) for clip in clips[:2])
    assert first.clip == second.clip == "mini-01"
    assert first.media == second.media
    assert first.answer == "A. a knife that goes up and down"
    assert first.weights == {"av_event_alignment": 1.0, "30s": 1.0}


def test_choices_without_letters_get_them(tmp_path, daily_omni):
    bare = Release(neighbour_files.write_daily_omni(tmp_path, lettered=False))
    assert list(map(gold_of, bare)) == list(map(gold_of, Release(daily_omni)))


def gold_of(clip):
    return clip.gold["daily_omni"]


def test_a_path_is_known_by_its_files(daily_omni):
    from ugcbench.datasets import open_dataset

    for path in (daily_omni, daily_omni / "qa.json"):
        dataset, group = open_dataset(Registry(), path, {})
        assert (dataset.name, group) == ("daily-omni", "daily-omni")
    named, _ = open_dataset(Registry(), "daily-omni", {"path": str(daily_omni)})
    assert named.revision == dataset.revision


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"Answer": "E"}, r"\[2\].*'E' is no letter of the 4"),
        ({"video_id": "../../etc"}, r"\[2\].*video_id.*usable as a file name"),
        ({"Question": ""}, r"\[2\].*Question"),
        ({"Choice": ["A. one"]}, r"\[2\].*Choice"),
        ({"Type": None}, r"\[2\].*Type"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, daily_omni, change, told):
    rows = json.loads((daily_omni / "qa.json").read_text())
    rows[2] |= change
    (tmp_path / "qa.json").write_text(json.dumps(rows))
    with pytest.raises(DatasetError, match=told):
        list(Release(tmp_path))


@pytest.mark.parametrize(
    ("text", "told"), [("[", "Invalid JSON"), ("{}", "must be a list"), ("[]", "isn't empty")]
)
def test_a_broken_file_is_told(tmp_path, text, told):
    (tmp_path / "qa.json").write_text(text)
    with pytest.raises(DatasetError, match=told):
        list(Release(tmp_path))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path, daily_omni):
    shutil.copytree(daily_omni, tmp_path / "copy")
    video = tmp_path / "copy" / "Videos" / "mini-03" / "mini-03_video.mp4"
    video.unlink()
    video.symlink_to("/etc/hostname")
    with pytest.raises(DatasetError, match="leads out"):
        list(Release(tmp_path / "copy"))


@pytest.mark.parametrize("promise", TASK_CONTRACT)
@pytest.mark.parametrize("make", [direct, caption], ids=["direct", "caption"])
async def test_what_every_task_promises(daily_omni, make, promise):
    from ugcbench.testing import NotApplicableError

    subject = TaskSubject(
        make=make, dataset=list(Release(daily_omni)), verdict='{"answer": "A", "reason": ""}'
    )
    try:
        await check_promise(subject, promise)
    except NotApplicableError as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize(
    ("said", "value"),
    [("B", 1.0), ("The answer is (b).", 1.0), ("tomato soup", 1.0), ("A. apple pie", 0.0)],
)
def test_letters_and_texts_are_read_by_the_cores_rule(daily_omni, said, value):
    task = direct(setting())
    assert score(task, samples(task, daily_omni)["mini-01-q2"], said).value == value


def test_an_answer_that_names_no_choice_is_malformed(daily_omni):
    task = direct(setting())
    found = score(task, samples(task, daily_omni)["mini-01-q2"], "I like soup.")
    assert (found.status, found.value) == ("malformed", None)


@pytest.mark.parametrize(
    ("verdict", "value"),
    [("B", 1.0), ("B. tomato soup", 1.0), ("A", 0.0), ("none", 0.0), ("None", 0.0)],
)
def test_the_judges_choice_becomes_the_score(daily_omni, verdict, value):
    task = caption(setting(json.dumps({"answer": verdict})))
    found = score(task, samples(task, daily_omni)["mini-01-q2"], "Soup is cooked.")
    assert (found.status, found.value) == ("ok", value)


@pytest.mark.parametrize("verdict", ["A or B", "perhaps", "E"])
def test_a_judge_that_names_no_choice_gives_no_number(daily_omni, verdict):
    task = caption(setting(json.dumps({"answer": verdict})))
    found = score(task, samples(task, daily_omni)["mini-01-q2"], "Soup is cooked.")
    assert (found.status, found.source, found.value) == ("malformed", "judge", None)


def test_the_captioner_sees_no_question_and_the_judge_no_clip(daily_omni):
    task = caption(setting())
    sample = samples(task, daily_omni)["mini-01-q2"]
    asked = task.prompt(sample)
    assert "dish" not in asked.text
    assert asked.choices == ()
    said = Prediction(task=task.name, sample_id=sample.id, text="</caption> Answer B.")
    judged = task.scorer.prompt(sample, said)
    assert judged.media is None
    assert judged.text.count("</caption>") == 1
    assert "tomato soup" in judged.text


def test_captions_need_a_judge():
    with pytest.raises(UsageError, match="--judge"):
        caption(Setting(get_protocol("v1")))


def knower(prompt):
    return RIGHT[prompt.sample_id] if prompt.sample_id != "mini-12-q1" else "C"


def test_columns_hold_the_questions_of_their_kind(daily_omni, tmp_path):
    result = ugcbench.run(
        model=Fake(knower), tasks="daily-omni/direct", dataset=daily_omni, output=tmp_path / "run"
    )
    cells = {name.partition(":")[2]: cell for name, cell in result.cells.items()}
    assert {name: (cell.n, cell.value) for name, cell in cells.items()} == {
        "": (7, pytest.approx(6 / 7)),
        "av_event_alignment": (1, 1.0),
        "comparative": (1, 1.0),
        "context_understanding": (1, 1.0),
        "event_sequence": (1, 1.0),
        "inference": (2, 0.5),
        "reasoning": (1, 1.0),
        "30s": (3, 1.0),
        "60s": (4, 0.75),
    }
    assert cells[""].baseline == pytest.approx(3 / 7)
    assert result.summary.average == cells[""].value
