"""Is a model's name good for either engine, and are options of the other one noticed?"""

from __future__ import annotations

import pytest

from ugcbench import Registry
from ugcbench.descriptions import describe
from ugcbench.errors import UsageError
from ugcbench.plugins import create
from ugcbench_models.local.clip_chat import ClipChat
from ugcbench_models.local.vllm_chat import VLLMChat


@pytest.mark.parametrize("name", ["qwen2.5-omni-3b", "ugc-videocaptioner-3b", "gemma-3n-e2b"])
async def test_a_name_opens_on_either_engine(name):
    spec = Registry().model(name)
    for options, kind in (({}, ClipChat), ({"backend": "vllm", "tensor_parallel": 2}, VLLMChat)):
        model = create(spec, options)
        assert isinstance(model, kind)
        await model.close()


def test_what_is_shown_of_a_name_says_what_each_option_of_either_engine_means():
    shown = describe(Registry(), "qwen-omni-3b")["about"]
    for words in ("batch_tokens: the most tokens of a batch", "gpu_memory: the part of each GPU"):
        assert words in shown


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"backend": "sglang"}, "one of transformers, vllm, not 'sglang'"),
        ({"backend": "vllm", "batch_size": 4}, "with backend=vllm there is no option 'batch_size'"),
        ({"gpu_memory": 0.5}, "with backend=transformers there is no option 'gpu_memory'"),
        ({"backnd": "vllm"}, "no option 'backnd'; did you mean backend"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(options, complaint):
    with pytest.raises(UsageError, match=complaint):
        create(Registry().model("gemma-3n-e4b"), options)
