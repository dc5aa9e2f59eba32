"""What a caption says to the judge stays inside the fence, whatever it is made of."""

from __future__ import annotations

import re
import unicodedata

import pytest
from canaries import CANARIES
from hypothesis import given
from hypothesis import strategies as st

from ugcbench import Judge, Prediction, Registry, Sample
from ugcbench.models import Fake
from ugcbench.protocol import PROTOCOLS
from ugcbench.scorers.judge import fence
from ugcbench.specs import Setting

JUDGED = ("ugc/caption", "ugc/background", "ugc/audio_caption", "ugc/visual_caption", "ugc/objects")
SAMPLE = Sample(
    id="id-that-is-secret", clip="clip-that-is-secret", media=None, answer="A cat.", meta={}
)


def prompt_of(task_name, caption):
    registry = Registry()
    from ugcbench.plugins import create

    setting = Setting(PROTOCOLS["v1"], Judge("j", Fake()))
    task = create(registry.task(task_name), setting=setting)
    sample = SAMPLE
    if task_name == "ugc/objects":
        sample = SAMPLE.model_copy(update={"answer": ("cat",)})
    said = Prediction(task=task_name, sample_id=sample.id, text=caption)
    return task.scorer.prompt(sample, said)


def outside(text):
    """What stands outside all fences: the judge's instructions."""
    return re.sub(r"<(\w+)>\n.*?\n</\1>", r"<\1/>", text, flags=re.DOTALL)


@pytest.mark.parametrize("task", JUDGED)
@pytest.mark.parametrize("caption", CANARIES.values(), ids=CANARIES)
def test_the_instructions_are_the_same_whatever_the_caption_says(task, caption):
    assert outside(prompt_of(task, caption).text) == outside(prompt_of(task, "A dog.").text)


@pytest.mark.parametrize("caption", CANARIES.values(), ids=CANARIES)
def test_no_token_of_a_chat_template_survives(caption):
    text = fence("prediction", caption).removeprefix("<prediction>").removesuffix("</prediction>")
    assert not re.search(r"<[|｜/a-z!?<]|\[/?INST\]", text, re.IGNORECASE)


@pytest.mark.parametrize("caption", CANARIES.values(), ids=CANARIES)
def test_nothing_invisible_survives(caption):
    kinds = {unicodedata.category(letter) for letter in fence("p", caption) if letter != "\n"}
    assert not kinds & {"Cc", "Cf"}


@pytest.mark.parametrize("task", JUDGED)
def test_neither_sample_nor_clip_is_named_to_the_judge(task):
    prompt = prompt_of(task, "A dog.")
    sent = prompt.model_dump_json(exclude={"sample_id"})
    assert "secret" not in sent


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_stays_inside(text):
    assert outside(f"a {fence('p', text)} b") == "a <p/> b"


def test_ordinary_text_is_not_touched():
    text = "3 < 5, I <3 you, café 🐈‍⬛, [music], می‌خواهم\n\ttab"
    assert text in fence("p", text)
