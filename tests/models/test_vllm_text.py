"""Does a checkpoint judge on vLLM's real engine, held to a schema and without losing a request?"""

from __future__ import annotations

import asyncio
import json
import os

import pytest
import pytest_asyncio
from vllm_engines import ENVIRONMENT, MARKS, ON_CPU, ask, open_model, until_busy

from ugcbench.errors import FatalModelError, ModelError, RequestRejectedError
from ugcbench.testing import make_tiny_causal_lm

pytestmark = MARKS

LEVEL = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["score"],
}


@pytest.fixture(scope="module")
def babbler(tmp_path_factory):
    return make_tiny_causal_lm(tmp_path_factory.mktemp("babbler"), context=2048)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(babbler):
    os.environ.update(ENVIRONMENT)
    model = open_model(babbler)
    yield model
    await model.close()


async def test_requests_at_once_get_what_they_get_one_by_one(model):
    prompts = [
        ask(
            "word " * (1 + 17 * number % 60),
            tokens=12 + number,
            temperature=number % 2,
            seed=number,
            output_schema=LEVEL if number % 3 == 0 else None,
        )
        for number in range(10)
    ]
    together = await asyncio.gather(*map(model.generate, prompts))
    one_by_one = [await model.generate(prompt) for prompt in prompts]
    assert [r.text for r in together] == [r.text for r in one_by_one]
    assert [r.usage for r in together] == [r.usage for r in one_by_one]
    assert all(json.loads(r.text)["score"] in range(1, 6) for r in together[::3])
    assert {r.finish for r in together[::3]} == {"stop"}


async def test_a_schema_is_held_to_only_where_it_is_asked_for(model):
    free = await model.generate(ask(output_schema=LEVEL, enforce_schema=False))
    plain = await model.generate(ask())
    assert free.text == plain.text


async def test_a_request_that_is_cancelled_leaves_the_engine(model):
    engine = (await model._resident.get())._engine
    task = asyncio.create_task(model.generate(ask(tokens=1900)))
    await until_busy(engine)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.get_num_unfinished_requests() == 0


async def test_an_overlong_prompt_is_rejected_and_the_reply_takes_what_is_left(model):
    with pytest.raises(RequestRejectedError, match=r"the prompt has \d+ tokens.* takes 2048"):
        await model.generate(ask("x" * 3000))
    full = await model.generate(ask("x" * 1990, tokens=1900))
    assert full.finish == "length"
    assert full.usage.input_tokens + full.usage.output_tokens == 2048


async def test_what_cannot_be_asked_is_rejected_alone(model, clip):
    unknown = {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}
    with pytest.raises(RequestRejectedError, match="xgrammar"):
        await model.generate(ask(output_schema=unknown))
    with pytest.raises(RequestRejectedError, match="reads text only"):
        await model.generate(ask(media=clip))
    assert (await model.generate(ask())).text


async def test_transformers_says_the_same(model, babbler):
    from ugcbench_models.local.text_chat import TextChat

    other = TextChat(model=str(babbler))
    prompts = [ask("Who speaks?" * count, tokens=12) for count in range(1, 4)]
    assert [(await model.generate(p)).text for p in prompts] == [
        (await other.generate(p)).text for p in prompts
    ]
    await other.close()


async def test_what_cannot_be_started_says_why_in_one_line(babbler, tmp_path):
    async def complaint(folder, **options):
        model = open_model(folder, **options)
        with pytest.raises(FatalModelError) as caught:
            await model.generate(ask())
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "there is no directory" in await complaint(tmp_path / "nowhere")
    assert "doesn't know one of the engine_options: 'speed'" in await complaint(
        babbler, engine_options={**ON_CPU, "speed": 11}
    )
    assert "max_model_len" in await complaint(babbler, context=100_000)


async def test_closing_ends_the_processes(model):
    engine = (await model._resident.get())._engine
    (process,) = engine.engine_core.resources.engine_manager.processes
    assert process.is_alive()
    await model.close()
    assert not process.is_alive()
    with pytest.raises(ModelError, match="closed"):
        await model.generate(ask())
