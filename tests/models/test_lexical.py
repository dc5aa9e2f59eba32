"""The offline judge is deterministic, follows the schema, and prefers the right answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench import Judge, Prediction, Registry, Sample, Setting, get_protocol
from ugcbench.plugins import create
from ugcbench_models.lexical import Lexical

GOLD = {
    "ugc/caption": (
        'A woman in a red coat feeds two ducks by a lake. She says "good morning" in a cheerful '
        "voice while birds sing. A sign reads DUCK POND."
    ),
    "ugc/background": "The background changes from a kitchen to a beach after three seconds.",
    "ugc/objects": "duck (count: 2, color: white, position: left); sign (count: 1, color: green)",
}
OTHER = "A man drives a truck at night. An engine roars."


def task(name):
    setting = Setting(get_protocol("v1"), Judge("lexical", Lexical(), comparable=False))
    return create(Registry().task(name), setting=setting)


async def score(name, text):
    sample = Sample(id="x", clip="x", media=None, answer=GOLD[name])
    said = Prediction(task=name, sample_id="x", text=text)
    return await task(name).scorer.score(sample, said)


@pytest.mark.parametrize("name", GOLD)
async def test_gold_gets_all_and_something_else_little(name):
    gold, other = await score(name, GOLD[name]), await score(name, OTHER)
    assert gold.value == 1.0
    assert other.value < 0.5
    assert gold == await score(name, GOLD[name])


async def test_dimensions_are_told_apart():
    silent = "A woman in a red coat feeds two ducks by a lake. A sign reads DUCK POND."
    score_of_silent = await score("ugc/caption", silent)
    assert score_of_silent.parts["visual"] == 1.0
    assert score_of_silent.parts["audio"] < 0.5


async def test_a_background_that_stays_contradicts_one_that_changes():
    assert (await score("ugc/background", "It does not change: a kitchen, a beach.")).value == 0.0


@given(st.text(), st.sampled_from(sorted(GOLD)))
def test_any_text_gets_a_verdict(text, name):
    sample = Sample(id="x", clip="x", media=None, answer=GOLD[name])
    said = Prediction(task=name, sample_id="x", text=text)
    scorer = task(name).scorer
    import asyncio

    assert asyncio.run(scorer.score(sample, said)).status == "ok"


async def test_it_refuses_what_it_cannot_judge():
    sample = Sample(id="x", clip="x", media=None, answer="x")
    prompt = task("ugc/caption").scorer.prompt(
        sample, Prediction(task="ugc/caption", sample_id="x", text="y")
    )
    for without in ({"fields": {}}, {"output_schema": None}):
        reply = await Lexical().generate(prompt.model_copy(update=without))
        assert reply.failure.status == "refused"
    assert json.loads((await Lexical().generate(prompt)).text)


async def test_it_judges_under_every_protocol():
    from ugcbench.protocol import PROTOCOLS

    sample = Sample(id="x", clip="x", media=None, answer=GOLD["ugc/caption"])
    said = Prediction(task="ugc/caption", sample_id="x", text=GOLD["ugc/caption"])
    for protocol in PROTOCOLS.values():
        setting = Setting(protocol, Judge("lexical", Lexical(), comparable=False))
        scorer = create(Registry().task("ugc/caption"), setting=setting).scorer
        assert (await scorer.score(sample, said)).value == 1.0
