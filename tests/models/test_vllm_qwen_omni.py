"""Does Qwen2.5-Omni see and hear on vLLM's real engine what it sees and hears on transformers?"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal

import pytest
import pytest_asyncio
from vllm_engines import ENVIRONMENT, MARKS, PROFILE, ask, open_model, prompt_tokens, until_busy

from ugcbench.errors import FatalModelError, RequestRejectedError
from ugcbench.testing import make_tiny_qwen_omni

pytestmark = MARKS


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("omni")
    return make_tiny_qwen_omni(folder, context=4096, published=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(checkpoint):
    os.environ.update(ENVIRONMENT)
    model = open_model(checkpoint)
    yield model
    await model.close()


async def test_the_prompt_is_that_of_transformers(model, checkpoint, clip, muted_clip):
    from ugcbench_models.local.checkpoint_files import Source
    from ugcbench_models.local.qwen_omni import QwenOmniEngine

    other = QwenOmniEngine(Source(name=str(checkpoint)), {})
    for path in (clip, muted_clip):
        prompt = ask(media=path, system="You watch.")
        media = await model._read(prompt)
        request = other.prepare(prompt, other.encode(media, PROFILE))
        assert await prompt_tokens(model, prompt) == list(request.tokens)
    other.close()


async def test_receipts_and_usage_say_what_the_model_got(model, clip, muted_clip):
    loud, muted = await asyncio.gather(
        *(model.generate(ask(media=path)) for path in (clip, muted_clip))
    )
    frames = "frames: 4 of 168x280"
    assert loud.receipt.sent == (
        f"{frames}; audio: 4.0 s; 120 video tokens, 100 audio tokens; vLLM 0.32.0"
    )
    assert muted.receipt.sent == (
        f"{frames}; audio: none in the clip; 120 video tokens, 0 audio tokens; vLLM 0.32.0"
    )
    assert loud.usage.input_tokens == muted.usage.input_tokens + 102


async def test_sounding_and_silent_clips_at_once_get_what_they_get_one_by_one(
    model, clip, muted_clip
):
    prompts = [
        ask(f"Question {number}?", tokens=12, media=[clip, muted_clip, None][number % 3])
        for number in range(9)
    ]
    together = await asyncio.gather(*map(model.generate, prompts))
    one_by_one = [await model.generate(prompt) for prompt in prompts]
    assert [r.text for r in together] == [r.text for r in one_by_one]
    assert [r.usage for r in together] == [r.usage for r in one_by_one]


async def test_what_requests_about_a_clip_share_is_computed_once(model, clip):
    await model.generate(ask("First?", media=clip))
    engine = await model._resident.get()
    prompt = ask("Second?", media=clip)
    asked = engine.prepare(prompt, await model._read(prompt), structured=False)
    (rendered,) = await engine._engine.renderer.render_cmpl_async([dict(asked.asked)])
    assert [item is None for item in rendered["mm_kwargs"]["video"]] == [True]
    outputs = [o async for o in engine._engine.generate(rendered, asked.params, "second")]
    assert outputs[-1].num_cached_tokens >= 128


async def test_muting_the_clip_changes_what_it_says(model, clip, muted_clip, monkeypatch):
    heard = await model.generate(ask(media=clip, tokens=24))
    muted = await model.generate(ask(media=muted_clip, tokens=24))
    monkeypatch.setattr(model, "_audio", False)
    unheard = await model.generate(ask(media=clip, tokens=24))
    assert heard.text != unheard.text == muted.text
    assert "audio: off by option" in unheard.receipt.sent


async def test_a_clip_that_was_given_up_is_asked_for_again(model, clip):
    """The engine's process never got what its front remembers to have processed."""
    engine = (await model._resident.get())._engine
    before = await model.generate(ask("First?", media=clip, tokens=12))
    await engine.engine_core.reset_mm_cache_async()
    again = await model.generate(ask("First?", media=clip, tokens=12))
    assert again.text == before.text


async def test_a_clip_that_is_too_long_is_rejected_and_harms_no_other(model, clip):
    with pytest.raises(RequestRejectedError, match="takes 4096 with the reply; use a profile"):
        await model.generate(ask("x " * 2000, media=clip))
    assert (await model.generate(ask(media=clip))).finish == "length"


async def test_a_layout_that_is_not_meant_stops_the_run(model, clip, monkeypatch):
    engine = await model._resident.get()

    def forget(media, profile):
        made = family.encode(media, profile)
        assert made.options.pop("second_per_grid_ts") == [2.0]
        return made

    family = engine._family
    monkeypatch.setattr(engine, "_family", dataclasses.replace(family, encode=forget))
    with pytest.raises(FatalModelError, match="in another way than this adapter knows"):
        await model.generate(ask(media=clip))


async def test_an_engine_that_dies_stops_the_run_in_one_line(model):
    engine = (await model._resident.get())._engine
    (process,) = engine.engine_core.resources.engine_manager.processes
    waiting = asyncio.create_task(model.generate(ask(tokens=1900)))
    await until_busy(engine)
    os.kill(process.pid, signal.SIGKILL)
    for attempt in (waiting, model.generate(ask())):
        with pytest.raises(FatalModelError, match="has died") as caught:
            await attempt
        assert "\n" not in str(caught.value)
