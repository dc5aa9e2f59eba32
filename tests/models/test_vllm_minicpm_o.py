"""Does MiniCPM-o 2.6 see and hear on vLLM's own class for it a clip in units of a second?"""

from __future__ import annotations

import asyncio
import os

import pytest
import pytest_asyncio
from vllm_engines import ENVIRONMENT, MARKS, ON_CPU, ask, open_model, prompt_tokens
from vllm_minicpm_o_checkpoint import write_checkpoint

from ugcbench.errors import FatalModelError

pytestmark = MARKS


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write_checkpoint(tmp_path_factory.mktemp("units"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(checkpoint, tmp_path_factory):
    os.environ.update(ENVIRONMENT, HF_MODULES_CACHE=str(tmp_path_factory.mktemp("modules")))
    # The weights are made by the engine: nobody writes them in the layout of this class.
    model = open_model(
        checkpoint, trust_remote_code=True, engine_options={**ON_CPU, "load_format": "dummy"}
    )
    yield model
    await model.close()


async def test_a_unit_is_a_picture_and_a_second_of_sound(model, clip, muted_clip):
    tokenizer = (await model._resident.get())._family.tokenizer
    loud = tokenizer.decode(await prompt_tokens(model, ask(media=clip)))
    picture = "<image>" + "<unk>" * 64 + "</image>"
    second = "<|audio_start|>" + "<unk>" * 25 + "<|audio_end|>"
    rest = "<unit><|audio_start|><unk><|audio_end|>"  # the coder made the sound a little longer
    assert f"<|im_start|>user\n{f'<unit>{picture}{second}' * 4}{rest}What is there" in loud
    assert loud.endswith("<|tts_bos|>")
    muted = tokenizer.decode(await prompt_tokens(model, ask(media=muted_clip)))
    assert f"<|im_start|>user\n{f'<unit>{picture}' * 4}What is there" in muted


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
        "5 units of a second as 256 image and 101 audio tokens; vLLM 0.32.0"
    )
    assert "4 units of a second as 256 image and 0 audio tokens" in together[1].receipt.sent


async def test_code_of_the_checkpoint_runs_only_if_it_is_trusted(checkpoint):
    model = open_model(checkpoint)
    with pytest.raises(FatalModelError, match="trust_remote_code=true"):
        await model.generate(ask())
