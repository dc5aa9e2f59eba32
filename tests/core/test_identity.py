"""A reply of another model than the one asked is noticed."""

from __future__ import annotations

import pytest

from ugcbench import Prediction, Prompt
from ugcbench.errors import FatalModelError, ReroutedError
from ugcbench.identity import Identified, names_same_model

PROMPT = Prompt(task="t", sample_id="s", text="?")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("gemini-2.5-flash", "gemini-2.5-flash-preview-05-20"),
        ("gemini-flash-latest", "gemini-3.8-flash"),
        ("Org/Model-7B", "org/model-7b"),
        ("claude-x", "claude-x-20250929"),
    ],
)
def test_the_same_model_under_its_names(asked, answered):
    assert names_same_model(asked, answered)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o-2024-11-20"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4o", "gpt-4o-mini-2024-07-18"),
        ("gpt-4", "gpt-4o-2024-08-06"),
        ("gemini-2.5-pro", "gemini-3.8-flash"),
        ("gemini-2.5-flash", "gemini-2.5-flash-lite"),
        ("qwen2.5-7b", "qwen2.5-72b"),
    ],
)
def test_another_model(asked, answered):
    assert not names_same_model(asked, answered)


class Answering:
    """Replies under one name after the other."""

    def __init__(self, *names):
        self.names = iter(names)

    async def generate(self, prompt):
        return Prediction(task="t", sample_id="s", text="!", model=next(self.names))

    async def close(self):
        pass


async def test_a_rerouted_reply_is_fatal_and_names_both():
    model = Identified(Answering("gemini-3.8-flash"), "gemini-2.5-pro")
    with pytest.raises(ReroutedError, match=r"gemini-2\.5-pro.*gemini-3\.8-flash") as caught:
        await model.generate(PROMPT)
    assert isinstance(caught.value, FatalModelError)
    assert "--allow-rerouted" in str(caught.value)


async def test_an_alias_may_not_move_on_within_a_run():
    model = Identified(Answering("gpt-4o-2024-08-06", "gpt-4o-2024-11-20"), "gpt-4o")
    await model.generate(PROMPT)
    with pytest.raises(ReroutedError, match="gpt-4o-2024-08-06 answered before"):
        await model.generate(PROMPT)


async def test_an_alias_may_not_move_on_between_a_run_and_its_resumption():
    model = Identified(Answering("gpt-4o-2024-11-20"), "gpt-4o", "gpt-4o-2024-08-06")
    with pytest.raises(ReroutedError):
        await model.generate(PROMPT)


async def test_allowed_rerouting_is_recorded():
    model = Identified(Answering("x", "y"), "gpt-4o", allow=True)
    assert [(await model.generate(PROMPT)).model for _ in "xy"] == ["x", "y"]


async def test_a_reply_without_a_name_passes():
    assert (await Identified(Answering(None), "gpt-4o").generate(PROMPT)).text == "!"
