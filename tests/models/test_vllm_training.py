"""Does vLLM's real engine sample, for a training, about the clips that the loss sees?

TRL and vLLM can't be tested together without a GPU; what stands between them can.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

from ugcbench.errors import FatalModelError
from ugcbench.testing import make_tiny_qwen_omni

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(not find_spec("vllm"), reason="needs vLLM: make test-vllm"),
    pytest.mark.filterwarnings("default"),
]
ENVIRONMENT = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_ENABLE_V1_MULTIPROCESSING": "0"}
SMALL = {"max_model_len": 4096, "max_num_seqs": 8, "dtype": "float32"}
NUMBERS = [0, 0, 1, 0]
"""Two completions about a clip with sound, one about a silent one, and one more."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return make_tiny_qwen_omni(tmp_path_factory.mktemp("omni"), context=4096, published=True)


@pytest.fixture(scope="module")
def examples(checkpoint, clip, muted_clip):
    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec
    from ugcbench_train.recipe import Media
    from ugcbench_train.rows import Row
    from ugcbench_train.trainers.examples import Examples

    rows = [Row(id=path, video=path, prompt="Describe {{ it }}.") for path in (clip, muted_clip)]
    return Examples(QwenOmniCodec(model="none/none", path=str(checkpoint)), Media(), rows)


@pytest.fixture(scope="module")
def greedy(examples, checkpoint):
    """What transformers says about the silent clip without sampling.

    About the other one vLLM (0.32) says something else on the same tokens: it counts the beginnings
    of picture and sound as two positions where transformers and Qwen's own code count one.
    """
    import torch
    from transformers import Qwen2_5OmniThinkerForConditionalGeneration as Thinker

    tokens = torch.tensor([list(examples[1].tokens)])
    made = Thinker.from_pretrained(checkpoint).generate(
        input_ids=tokens,
        attention_mask=torch.ones_like(tokens),
        **examples.codec.join([examples[1]]),
        suppress_tokens=list(examples.codec.media_tokens),
        max_new_tokens=8,
        do_sample=False,
    )
    return made[0, tokens.shape[1] :].tolist()


def test_an_engine_in_the_process_samples_about_the_clips(checkpoint, examples, greedy):
    from vllm import LLM, SamplingParams

    from ugcbench_train.trainers.rollouts import ClipRollouts

    os.environ.update(ENVIRONMENT)
    llm = LLM(model=str(checkpoint), enforce_eager=True, skip_mm_profiling=True, **SMALL)
    generation = SimpleNamespace(
        mode="colocate", llm=llm, _fix_param_name_to_vllm=lambda name, extra=None: name
    )
    rollouts = ClipRollouts(generation, examples)
    bans = dict.fromkeys(examples.codec.media_tokens, -100.0)
    params = SamplingParams(temperature=0, max_tokens=8, logit_bias=bans)
    prompts = [{"prompt_token_ids": list(examples[number].tokens)} for number in NUMBERS]
    with rollouts.about(NUMBERS):
        outputs = llm.generate(prompts, sampling_params=params, use_tqdm=False)
    replies = [list(output.outputs[0].token_ids) for output in outputs]
    assert replies[2] == greedy
    assert replies[0] == replies[1] == replies[3] != greedy
    with rollouts.about(NUMBERS[::-1]), pytest.raises(FatalModelError, match="vLLM sampled from"):
        llm.generate(prompts, sampling_params=params, use_tqdm=False)
    renamed = generation._fix_param_name_to_vllm("model.visual.merger.mlp.0.weight")
    assert renamed == "thinker.visual.merger.mlp.0.weight"


@contextlib.contextmanager
def serving(checkpoint):
    """A vLLM server with the checkpoint; yields its URL."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--enforce-eager"]
    options += [
        "--trust-request-chat-template",
        "--trust-request-mm-kwargs",
        "--max-model-len",
        "4096",
    ]
    options += ["--max-num-seqs", "8", "--dtype", "float32", "--skip-mm-profiling"]
    server = subprocess.Popen(
        [sys.executable, "-m", "vllm.entrypoints.cli.main", "serve", str(checkpoint), *options],
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, server)
        yield url
    finally:
        server.terminate()
        server.communicate(timeout=30)


def wait_for(url, server):
    import urllib.error
    import urllib.request

    for _ in range(180):
        assert server.poll() is None, server.stderr.read()[-2000:]
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{url}/health", timeout=2).close()
            return
        time.sleep(1)
    raise AssertionError("the server didn't start")


def chat_at(url, checkpoint):
    """What TRL's client does for a conversation."""
    import httpx

    def chat(*, messages, n, chat_template, generation_kwargs, **options):
        (conversation,) = messages
        asked = {
            "model": str(checkpoint),
            "messages": conversation,
            "n": n,
            "chat_template": chat_template,
            "return_token_ids": True,
            **options,
            **generation_kwargs,
        }
        reply = httpx.post(f"{url}/v1/chat/completions", json=asked, timeout=120)
        assert reply.status_code == 200, reply.text
        content = reply.json()
        made = [choice["token_ids"] for choice in content["choices"]]
        return {"prompt_ids": [content["prompt_token_ids"]], "completion_ids": made}

    return chat


def test_a_server_samples_about_the_clips(checkpoint, examples, greedy):
    from ugcbench_train.trainers.rollouts import ClipRollouts

    with serving(checkpoint) as url:
        client = SimpleNamespace(chat=chat_at(url, checkpoint))
        generation = SimpleNamespace(
            mode="server",
            accelerator=SimpleNamespace(is_main_process=True),
            vllm_client=client,
            _fix_param_name_to_vllm=lambda name, extra=None: name,
        )
        rollouts = ClipRollouts(generation, examples)
        rollouts._numbers = [0, 0, 1, 1]
        replies = client.generate(
            prompts=[list(examples[number].tokens) for number in (0, 1)],
            features=None,
            n=2,
            temperature=1,
            top_k=1,  # greedy, which vLLM does only once for a prompt
            max_tokens=8,
            generation_kwargs={
                "logit_bias": dict.fromkeys(map(str, examples.codec.media_tokens), -100.0)
            },
        )
    first, second, *silent = replies["completion_ids"]
    assert first == second
    assert silent == [greedy, greedy]
