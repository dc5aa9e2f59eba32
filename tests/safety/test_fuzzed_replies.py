"""Whatever a judge, a model or a recipe says: a Score, a verdict, or a typed error."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ugcbench.models import Fake
from ugcbench.protocol import JudgeRule
from ugcbench.scorers.choice import ChoiceScorer
from ugcbench.scorers.judge import JudgedScorer, read_verdict
from ugcbench.scorers.ngram import NgramScorer
from ugcbench.specs import Judge
from ugcbench.types import Prediction, Record, Sample, Score
from ugcbench_tasks.verdicts import (
    CaptionVerdict,
    ConsistencyVerdict,
    LevelVerdict,
    ObjectsVerdict,
    objects_rubric,
)

WORDS = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "\\",
    "```json",
    "<think>",
    "</think>",
    "\\ud800",
    '"score"',
    '"audio"',
    '"objects"',
    '"ocr"',
    '"number":1',
    '"matched":true',
    "1",
    "-0",
    "1e999",
    "null",
    "NaN",
    "true",
    "yes",
    "-",
    "1.",
    "\u202e",
    "😀",
]
PIECES = st.sampled_from([*WORDS, " ", "\n", "\x00", "9" * 5000])
TEXTS = st.one_of(
    st.lists(PIECES, max_size=40).map("".join),
    st.text(max_size=80),
    st.sampled_from(['{"a":' * 3000, "[" * 20_000, '{"ocr": ' + "[" * 900 + "]" * 900 + "}"]),
    st.sampled_from(['{"score": 3} ' * 500, '["a' * 5_000, "<think>" * 5_000, "{" * 20_000]),
)
SAMPLE = Sample(id="s", clip="c", media=None, answer=("DAY ONE", "x"), choices=("Yes", "No"))
OBJECTS = SAMPLE.model_copy(update={"answer": "cat; dog"})
CHOICE = SAMPLE.model_copy(update={"answer": "Yes"})


def said(text):
    return Prediction(task="t", sample_id="s", text=text)


@pytest.mark.parametrize(
    "schema", [CaptionVerdict, LevelVerdict, ConsistencyVerdict, ObjectsVerdict]
)
@given(text=TEXTS)
def test_a_verdict_is_read_or_refused(schema, text):
    try:
        verdict = read_verdict(text, schema)
    except ValueError:
        return
    assert isinstance(verdict, schema)


@settings(max_examples=60)
@given(reply=TEXTS, answer=TEXTS)
async def test_a_judged_answer_has_a_score_that_can_be_stored(reply, answer):
    scorer = JudgedScorer(objects_rubric(), Judge("j", Fake(reply)), JudgeRule())
    keep(said(answer), await scorer.score(OBJECTS, said(answer)))


@pytest.mark.parametrize("variant", ["v1", "ocr-keep-empty", "ocr-skip-empty"])
@given(text=TEXTS)
async def test_on_screen_text_has_a_score(variant, text):
    keep(said(text), await NgramScorer(variant).score(SAMPLE, said(text)))


@pytest.mark.parametrize("rule", ["lenient", "exact"])
@given(text=TEXTS)
async def test_a_choice_has_a_score(rule, text):
    keep(said(text), await ChoiceScorer(rule).score(CHOICE, said(text)))


def keep(prediction, score):
    """A score is one that a record can hold and give back."""
    assert isinstance(score, Score)
    record = Record(task="t", sample_id="s", clip="c", prediction=prediction, score=score)
    assert Record.model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize("unit", ["{", '{"a":', "[", '["', "<think>", "`", "\n1. ", '{"a":"', "\\"])
async def test_no_reply_takes_long_to_read(unit):
    text = unit * (200_000 // len(unit))
    started = time.process_time()
    with pytest.raises(ValueError, match=r"."):
        read_verdict(text, CaptionVerdict)
    await NgramScorer("v1").score(SAMPLE, said(text))
    await ChoiceScorer("lenient").score(CHOICE, said(text))
    assert time.process_time() - started < 5


TAGS = [
    "model:",
    "stages:",
    "rewards:",
    "-",
    "&a",
    "*a",
    "!!python/object:os.system",
    "{",
    "}",
    "[",
    "]",
    "x",
    ":",
    "1e3",
    "~",
    "<<:",
    "?",
    "|",
    "'",
    '"',
    "%",
    "2020-01-01",
]
YAML = st.lists(st.sampled_from([*TAGS, " ", "\n", "\t"]), max_size=30).map("".join)


@settings(max_examples=80)
@given(text=YAML)
def test_a_recipe_is_read_or_refused(text, tmp_path_factory):
    pytest.importorskip("yaml", reason="needs the extra [train]")
    from ugcbench.errors import UgcbenchError
    from ugcbench_train.recipe_files import load_recipe

    file = tmp_path_factory.getbasetemp() / "recipe.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UgcbenchError, match=r"recipe\.yaml"):
        load_recipe(file)


def test_aliases_do_not_multiply(tmp_path):
    pytest.importorskip("yaml", reason="needs the extra [train]")
    from ugcbench.errors import UgcbenchError
    from ugcbench_train.recipe_files import load_recipe

    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    (tmp_path / "recipe.yaml").write_text("\n".join(lines))
    with pytest.raises(UgcbenchError) as refused:
        load_recipe(tmp_path / "recipe.yaml")
    assert len(str(refused.value)) < 5000


def test_a_tag_of_python_runs_nothing(tmp_path):
    pytest.importorskip("yaml", reason="needs the extra [train]")
    from ugcbench.errors import UgcbenchError
    from ugcbench_train.recipe_files import load_recipe

    command = json.dumps(f"touch {tmp_path / 'run'}")
    (tmp_path / "recipe.yaml").write_text(f"model: !!python/object/apply:os.system [{command}]\n")
    with pytest.raises(UgcbenchError):
        load_recipe(tmp_path / "recipe.yaml")
    assert not (tmp_path / "run").exists()
