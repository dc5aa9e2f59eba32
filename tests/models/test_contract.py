"""Does every bundled adapter keep the contract?

An adapter is added by one function: it takes pytest's `request` for fixtures, and yields a subject.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from ugcbench import Registry, testing
from ugcbench.models import Fake
from ugcbench.plugins import create
from ugcbench.testing import (
    CONTRACT,
    GeminiServer,
    NotApplicableError,
    OpenAIServer,
    Subject,
    check_promise,
)

UNHEARD = "it is scripted and opens no clip"


@contextmanager
def fake(request):
    skip = dict.fromkeys(("typed_errors", "receipt", "sound_arrives", "pictures_arrive"), UNHEARD)
    yield Subject(make=Fake, silent=lambda: Fake(reply=""), skip=skip)


@contextmanager
def openai(request):
    pytest.importorskip("openai", reason="needs the extra [openai]")
    from ugcbench_models.openai_chat import OpenAIChat

    def planned(fault):
        server.plan(fault)
        return make()

    def make():
        return OpenAIChat(model="m", base_url=server.url)

    with OpenAIServer(latency=0.01) as server:
        yield Subject(
            make=make,
            observe=lambda: server.requests[-1].body,
            silent=lambda: planned("empty"),
            limited=lambda: planned("context_length"),
        )


@contextmanager
def gemini(request, **options):
    pytest.importorskip("google.genai", reason="needs the extra [gemini]")
    from ugcbench_models.gemini import Gemini

    def planned(fault):
        server.plan(fault)
        return make()

    def make():
        return Gemini(model="m", base_url=server.url, api_key="any", **options)

    with GeminiServer(latency=0.01) as server:
        yield Subject(
            make=make,
            observe=lambda: [(part.text, part.data) for part in server.received[-1].parts],
            silent=lambda: planned("empty"),
            limited=lambda: planned("context_length"),
        )


@contextmanager
def gemini_uploads(request):
    with gemini(request, inline_limit=0) as subject:
        yield subject


@contextmanager
def gemini_profile(request):
    with gemini(request, media="profile") as subject:
        yield subject


@contextmanager
def signal_baseline(request):
    pytest.importorskip("rapidocr", reason="needs the extra [baseline]")
    from ugcbench_models.signal_baseline.model import SignalBaseline

    yield Subject(make=lambda: SignalBaseline(workers=2, speech=False))


def digest(value):
    """What stands for everything that a request holds, tensors included."""
    if hasattr(value, "untyped_storage"):
        return str(value.dtype), tuple(value.shape), value.cpu().float().numpy().tobytes()
    if dataclasses.is_dataclass(value):
        return [digest(getattr(value, field.name)) for field in dataclasses.fields(value)]
    if isinstance(value, Mapping):
        return [(str(name), digest(inner)) for name, inner in value.items()]
    if isinstance(value, list | tuple):
        return [digest(inner) for inner in value]
    return repr(value)


@contextmanager
def local(request, name, make_tiny, where="path", **options):
    """A model that runs here, on a tiny checkpoint of its own kind."""
    if not all(map(find_spec, ("torch", "torchvision", "transformers", "timm", "xgrammar"))):
        pytest.skip("needs the extra [hf]")
    import torch

    torch.set_num_threads(1)
    folder, spec, given = request.getfixturevalue("checkpoint"), Registry().models[name], []

    def make(says=None):
        model = create(spec, {where: str(folder(make_tiny, says)), **options})
        answer = type(model)._answer

        def watched(requests, abandoned):
            given.append(requests)
            return answer(model, requests, abandoned)

        model._batches._run = watched
        return model

    yield Subject(
        make=make,
        max_tokens=4,
        observe=lambda: digest(given[-1]),
        silent=lambda: make(" "),
        limited=make,
        weights=lambda model: model._resident.loaded._loaded.model,
    )


@contextmanager
def text_chat(request):
    with local(request, "hf", testing.make_tiny_causal_lm, "model") as subject:
        yield dataclasses.replace(subject, clips=False)


def qwen_omni(request):
    return local(request, "qwen2.5-omni-3b", testing.make_tiny_qwen_omni)


def gemma3n(request):
    return local(request, "gemma-3n-e2b", testing.make_tiny_gemma3n)


@contextmanager
def minicpm_o(request):
    with pytest.MonkeyPatch.context() as patch:
        cache = str(request.getfixturevalue("tmp_path_factory").mktemp("modules"))
        if find_spec("transformers"):
            patch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", cache)
            patch.syspath_prepend(cache)
        name, make_tiny = "minicpm-o-2.6", testing.make_tiny_minicpm_o
        with local(request, name, make_tiny, trust_remote_code=True) as subject:
            yield subject


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Writes a checkpoint once, however many ask for it."""

    @functools.cache
    def checkpoint(make_tiny, says):
        return make_tiny(tmp_path_factory.mktemp("tiny"), says=says)

    return checkpoint


REMOTE = (openai, gemini, gemini_uploads, gemini_profile)
LOCAL = (text_chat, qwen_omni, gemma3n, minicpm_o)
PARAMETERS = [
    pytest.param(adapter, id=adapter.__name__)
    for adapter in (fake, *REMOTE, signal_baseline, *LOCAL)
]


@pytest.mark.parametrize("promise", CONTRACT)
@pytest.mark.parametrize("adapter", PARAMETERS)
async def test_contract(adapter, promise, request):
    with adapter(request) as subject:
        try:
            await check_promise(subject, promise)
        except NotApplicableError as error:
            pytest.skip(str(error))
