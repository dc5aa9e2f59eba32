"""What the tests on vLLM's real engine share: how one is opened on a CPU, and what it is asked."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

import pytest

from ugcbench.types import MediaProfile, Prompt, Sampling

ON_CPU = {"enforce_eager": True, "skip_mm_profiling": True, "max_num_seqs": 8}
"""Engine options that save minutes of compiling."""

ENVIRONMENT = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_WORKER_SHUTDOWN_TIMEOUT_SECONDS": "1"}
PROFILE = MediaProfile()

MARKS = [
    pytest.mark.vllm,
    pytest.mark.skipif(not find_spec("vllm"), reason="needs vLLM: make test-vllm"),
    pytest.mark.filterwarnings("default"),  # what vLLM imports warns a lot
    pytest.mark.asyncio(loop_scope="module"),
]


def open_model(folder, **options):
    from ugcbench_models.local.vllm_chat import VLLMChat

    return VLLMChat(
        **{"model": str(folder), "dtype": "float32", "engine_options": ON_CPU, **options}
    )


def ask(text="What is there to see?", *, tokens=8, **changes):
    sampling = {name: changes.pop(name) for name in ("temperature", "seed") if name in changes}
    if changes.get("media"):
        changes = {"profile": PROFILE, **changes}
    return Prompt(
        **{"task": "t", "sample_id": "s", "text": text, **changes},
        sampling=Sampling(max_tokens=tokens, **sampling),
    )


async def until_busy(engine):
    """Wait until the engine has a request; it tells nobody."""
    while not engine.get_num_unfinished_requests():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def prompt_tokens(model, prompt):
    """The tokens of a prompt as the engine takes them."""
    engine = await model._resident.get()
    media = await model._read(prompt)
    request = engine.prepare(prompt, media, structured=False)
    (rendered,) = await engine._engine.renderer.render_cmpl_async([dict(request.asked)])
    return list(rendered["prompt_token_ids"])
