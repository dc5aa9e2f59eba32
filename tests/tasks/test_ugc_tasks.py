"""The tasks of UGC-VideoCap: gold scores 1, shuffled gold falls, prompts hold no answer."""

from __future__ import annotations

import asyncio
import json
import random

import pytest

from ugcbench import Judge, Prediction, Registry, Setting, get_protocol, score_one
from ugcbench.models import Fake
from ugcbench.plugins import create
from ugcbench.types import Sample
from ugcbench_tasks import verdicts

REGISTRY = Registry()
TASKS = [name for name in REGISTRY.tasks if name.startswith("ugc/")]
RULE_BASED = ["ugc/voice_source", "ugc/tone", "ugc/bgm", "ugc/ocr"]


def build(name, protocol="v1", reply="{}"):
    judge = Judge("scripted", Fake(reply))
    return create(REGISTRY.task(name), setting=Setting(get_protocol(protocol), judge))


@pytest.fixture(scope="module")
def clips():
    return list(create(REGISTRY.dataset("mini")))


def samples(task, clips):
    return [sample for clip in clips if (sample := task.sample(clip)) is not None]


def as_text(answer):
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def score(task, sample, text):
    said = Prediction(task=task.name, sample_id=sample.id, text=text)
    return asyncio.run(score_one(task, sample, said))


def test_all_is_the_eight_columns_of_the_table():
    tasks = [build(spec.name) for spec in REGISTRY.tasks_named("all", "ugc")]
    columns = [column.label for task in tasks for column in task.columns if column.table]
    assert columns == [
        "Voice source",
        "Tone",
        "OCR",
        "Background",
        "Objects",
        "Caption: audio",
        "Caption: visual",
        "Caption: details",
    ]


GOLD_IS_BEST = [*((name, "v1") for name in RULE_BASED), ("ugc/tone", "paper"), ("ugc/bgm", "paper")]
"""The paper's OCR scorer is not among them: it drops other scripts, and punctuation on one side."""


@pytest.mark.parametrize(("name", "protocol"), GOLD_IS_BEST)
def test_gold_scores_one(clips, name, protocol):
    task = build(name, protocol)
    for sample in samples(task, clips):
        assert score(task, sample, as_text(sample.answer)).value == 1.0


def test_an_empty_answer_is_a_refusal_but_counts_where_the_released_scorer_counts_it(clips):
    for name, protocol, status in [
        ("ugc/ocr", "v1", "refused"),
        ("ugc/ocr", "paper", "ok"),
        ("ugc/tone", "paper", "refused"),
    ]:
        task = build(name, protocol)
        assert score(task, samples(task, clips)[0], " ").status == status


@pytest.mark.parametrize("name", RULE_BASED)
def test_shuffled_gold_falls(clips, name):
    task = build(name)
    own = samples(task, clips)
    answers = [sample.answer for sample in own]
    random.Random(1).shuffle(answers)
    values = [
        score(task, sample, as_text(answer)).value
        for sample, answer in zip(own, answers, strict=True)
    ]
    assert sum(values) / len(values) < 0.75


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("protocol", ["v1", "paper"])
def test_a_prompt_depends_on_nothing_but_the_question(clips, name, protocol):
    task = build(name, protocol)
    own = samples(task, clips)
    assert own
    for sample in own:
        blank = sample.model_copy(update={"answer": "something else"})
        assert task.prompt(sample) == task.prompt(blank)
        prompt = task.prompt(sample)
        assert prompt.media == sample.media
        assert prompt.profile == get_protocol(protocol).profile
        assert "$" not in prompt.text


def test_our_multiple_choice_has_letters_and_the_datasets_own_has_not(clips):
    sample = samples(build("ugc/tone"), clips)[0]
    assert "\nB. " in build("ugc/tone").prompt(sample).text
    theirs = build("ugc/tone", "paper").prompt(sample).text
    assert theirs.startswith(sample.question.strip())
    assert "B. " not in theirs


CAPTION = Sample(id="x", clip="x", media=None, answer="A man cooks and talks.")
OBJECTS = Sample(
    id="x",
    clip="x",
    media=None,
    answer="cup (count: 1, color: red; blue, position: left); door (count: 2, color: white)",
)


@pytest.mark.parametrize(
    ("name", "sample", "verdict", "value", "parts"),
    [
        (
            "ugc/caption",
            CAPTION,
            {"audio": 5, "visual": 4, "details": 3},
            0.8,
            {"audio": 1.0, "visual": 0.8, "details": 0.6},
        ),
        ("ugc/audio_caption", CAPTION, {"score": 2}, 0.4, {}),
        ("ugc/visual_caption", CAPTION, {"score": 5}, 1.0, {}),
        ("ugc/background", CAPTION, {"consistent": "yes"}, 1.0, {}),
        ("ugc/background", CAPTION, {"consistent": "no", "reason": "it differs"}, 0.0, {}),
        (
            "ugc/objects",
            OBJECTS,
            {"objects": [{"number": 1, "matched": True}, {"number": 2, "matched": False}]},
            0.5,
            {},
        ),
    ],
)
def test_verdicts_become_numbers(name, sample, verdict, value, parts):
    result = score(build(name, reply=json.dumps(verdict)), sample, "something")
    assert result.status == "ok"
    assert result.value == pytest.approx(value)
    assert result.parts == pytest.approx(parts)


@pytest.mark.parametrize(
    ("name", "sample", "verdict"),
    [
        ("ugc/caption", CAPTION, {"audio": 6, "visual": 4, "details": 3}),
        ("ugc/caption", CAPTION, {"audio": 0, "visual": 4, "details": 3}),
        ("ugc/caption", CAPTION, {"audio": 4.5, "visual": 4, "details": 3}),
        ("ugc/caption", CAPTION, {"audio": "4", "visual": 4, "details": 3}),
        ("ugc/caption", CAPTION, {"visual": 4, "details": 3}),
        ("ugc/background", CAPTION, {"consistent": "maybe"}),
        ("ugc/objects", OBJECTS, {"objects": [{"number": 1, "matched": True}]}),
        (
            "ugc/objects",
            OBJECTS,
            {"objects": [{"number": 2, "matched": True}, {"number": 1, "matched": True}]},
        ),
    ],
)
def test_a_verdict_out_of_range_is_never_a_number(name, sample, verdict):
    result = score(build(name, reply=json.dumps(verdict)), sample, "something")
    assert (result.status, result.source, result.value) == ("malformed", "judge", None)


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        ("", 0),
        ("cup", 1),
        ("cup (a; b); door", 2),
        ("cup (count: 1; door (count: 2)", 1),
        (" ; cup ;; door; ", 2),
    ],
)
def test_objects_are_split_outside_of_brackets(answer, parts):
    assert len(verdicts.split_objects(answer)) == parts
