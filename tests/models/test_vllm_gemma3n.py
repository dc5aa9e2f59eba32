"""Does Gemma 3n see and hear on vLLM's real engine all of a clip?"""

from __future__ import annotations

import asyncio
import os

import pytest
import pytest_asyncio
from vllm_engines import ENVIRONMENT, MARKS, PROFILE, ask, open_model, prompt_tokens

from ugcbench.errors import RequestRejectedError
from ugcbench.testing import make_tiny_gemma3n

pytestmark = MARKS


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return make_tiny_gemma3n(tmp_path_factory.mktemp("gemma"), context=4096)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(checkpoint):
    os.environ.update(ENVIRONMENT)
    model = open_model(checkpoint)
    yield model
    await model.close()


async def test_the_prompt_is_that_of_transformers(model, checkpoint, clip, muted_clip):
    from ugcbench_models.local.checkpoint_files import Source
    from ugcbench_models.local.gemma3n import Gemma3nEngine

    other = Gemma3nEngine(Source(name=str(checkpoint)), {})
    for path in (clip, muted_clip):
        prompt = ask(media=path, system="You watch.")
        media = await model._read(prompt)
        request = other.prepare(prompt, other.encode(media, PROFILE))
        assert await prompt_tokens(model, prompt) == list(request.tokens)
    other.close()


async def test_sounding_and_silent_clips_at_once_get_what_they_get_one_by_one(
    model, clip, muted_clip
):
    prompts = [
        ask(f"Question {number}?", tokens=12, media=[clip, muted_clip, None][number % 3])
        for number in range(6)
    ]
    together = await asyncio.gather(*map(model.generate, prompts))
    one_by_one = [await model.generate(prompt) for prompt in prompts]
    assert [r.text for r in together] == [r.text for r in one_by_one]
    assert together[0].receipt.sent == (
        "frames: 4 of 168x280; audio: 4.0 s; "
        "1024 picture tokens, 188 audio tokens for 1 x 4.0 s; vLLM 0.32.0"
    )
    assert "audio: none in the clip; 1024 picture tokens; vLLM" in together[1].receipt.sent


async def test_muting_the_clip_changes_what_it_says(model, clip, muted_clip):
    heard = await model.generate(ask(media=clip, tokens=24))
    muted = await model.generate(ask(media=muted_clip, tokens=24))
    assert heard.text != muted.text
    assert heard.usage.input_tokens > muted.usage.input_tokens + 188


async def test_a_clip_that_is_too_long_is_rejected_and_harms_no_other(model, clip):
    with pytest.raises(RequestRejectedError, match="takes 4096 with the reply; use a profile"):
        await model.generate(ask("x " * 1800, media=clip))
    assert (await model.generate(ask(media=clip))).text
