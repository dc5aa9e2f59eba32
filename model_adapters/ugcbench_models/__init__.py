"""The models and judges that come with ugcbench."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from typing import TYPE_CHECKING

from ugcbench import ModelSpec, hookimpl

if TYPE_CHECKING:
    from ugcbench.lifecycles import Lifecycle

HOME = "ugcbench_models"
OPEN_LOCAL = f"{HOME}.local.backends:open_model"
MODEL = frozenset({"model"})
JUDGE = frozenset({"judge"})
CLIPS = frozenset({"pictures", "sound"})
ON_VLLM = {"vllm": "vllm"}
NOTHING: frozenset[str] = frozenset()
# Options that change neither what a model gets nor how it answers.
AT_OPENAI = frozenset({"base_url", "timeout", "max_tokens_field"})
AT_GEMINI = frozenset({"base_url", "timeout", "upload_timeout", "inline_limit"})
IN_BATCHES = frozenset({"device", "batch_tokens", "batch_size"})
ON_GPUS = frozenset({"tensor_parallel", "data_parallel", "gpu_memory"})
GEMINI_KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
GEMINI_NAMES = ("gemini-2.5-pro", "gemini-2.5-flash", "gemini-3.5-flash", "gemini-3.8-flash")
"""The models of the paper, and newer ones that Google names in their place."""


@hookimpl
def ugcbench_models() -> Iterable[ModelSpec]:
    """Baselines and floors, API clients, the offline judge, and what repeats stored answers."""
    return (*_baselines(), *_clients(), *_local_engines(), *_offline_judges(), *_repeaters())


@hookimpl
def ugcbench_lifecycles() -> Iterable[Lifecycle]:
    """What the providers of the API clients announced."""
    from ugcbench.lifecycles import read_lifecycles

    text = resources.files(HOME).joinpath("lifecycles.toml").read_text(encoding="utf-8")
    return read_lifecycles(text)


def _baselines() -> Iterable[ModelSpec]:
    yield _floor(
        "signal-baseline",
        "signal_baseline.model:SignalBaseline",
        "on-screen text, voice, music, faces and scenes measured by small CPU models",
        extra="baseline",
        licence="Apache-2.0",
    )
    yield _floor(
        "majority",
        "floors:Majority",
        "floor: the dataset's most frequent answer, whatever the clip",
        needs=("work",),
    )
    yield _floor(
        "blind",
        "floors:Blind",
        "floor: answers from the question alone, without opening the clip",
        media=NOTHING,
    )


def _clients() -> Iterable[ModelSpec]:
    yield ModelSpec(
        name="openai",
        target=f"{HOME}.openai_chat:OpenAIChat",
        summary="any OpenAI-compatible server, hosted or local, with frames and sound",
        prefix=True,
        reports_model=True,
        extra="openai",
        keys=("OPENAI_API_KEY",),
        operational=AT_OPENAI,
    )
    yield from _gemini()
    yield ModelSpec(
        name="fake",
        target="ugcbench.models:Fake",
        summary="says the text of `--option reply=...`; for tests of tasks and plugins",
        free=True,
        media=NOTHING,
    )


def _gemini() -> Iterable[ModelSpec]:
    target, summary = f"{HOME}.gemini:Gemini", "by Google's client, with the clip's file and sound"
    yield ModelSpec(
        name="gemini",
        target=target,
        summary=f"any model of the Gemini API, {summary}",
        prefix=True,
        reports_model=True,
        extra="gemini",
        keys=GEMINI_KEYS,
        operational=AT_GEMINI,
    )
    # Not judges: a judge has one name, under which its verdicts are stored.
    for name in GEMINI_NAMES:
        yield ModelSpec(
            name=name,
            target=target,
            summary=f"short for gemini/{name}",
            options={"model": name},
            roles=MODEL,
            extra="gemini",
            keys=GEMINI_KEYS,
            operational=AT_GEMINI,
        )


def _local_engines() -> Iterable[ModelSpec]:
    yield ModelSpec(
        name="hf",
        target=f"{HOME}.local.text_chat:TextChat",
        summary="a checkpoint run here by transformers, held to the verdict's schema",
        prefix=True,
        roles=JUDGE,
        free=True,
        extra="hf",
        operational=IN_BATCHES,
    )
    yield ModelSpec(
        name="vllm",
        target=f"{HOME}.local.vllm_chat:VLLMChat",
        summary="a checkpoint run here by vLLM, with frames and sound if its kind takes them",
        prefix=True,
        free=True,
        extra="vllm",
        operational=ON_GPUS,
    )
    yield from _qwen_omni()
    yield from _gemma3n()
    yield _minicpm_o()


def _qwen_omni() -> Iterable[ModelSpec]:
    for name, model, title, licence in (
        ("qwen2.5-omni-3b", "Qwen/Qwen2.5-Omni-3B", "Qwen2.5-Omni 3B", "Qwen Research"),
        ("qwen2.5-omni-7b", "Qwen/Qwen2.5-Omni-7B", "Qwen2.5-Omni 7B", "Apache-2.0"),
        ("ugc-videocaptioner-3b", "openinterx/UGC-VideoCaptioner", "UGC-VideoCaptioner 3B", None),
    ):
        yield ModelSpec(
            name=name,
            target=OPEN_LOCAL,
            summary=f"{title} run here: frames and sound; options path=DIR, backend=vllm",
            aliases=(name.replace("qwen2.5", "qwen"),) if name.startswith("qwen") else (),
            options={"engine": f"{HOME}.local.qwen_omni:QwenOmniEngine", "model": model},
            codec=f"{HOME}.local.qwen_omni_codec:QwenOmniCodec",
            roles=MODEL,
            free=True,
            extra="hf",
            backends=ON_VLLM,
            operational=IN_BATCHES | ON_GPUS,
            licence=licence,
        )


def _minicpm_o() -> ModelSpec:
    return ModelSpec(
        name="minicpm-o-2.6",
        target=OPEN_LOCAL,
        summary=(
            "MiniCPM-o 2.6 run here: frames and sound; needs --trust-remote-code; options "
            "path=DIR, backend=vllm"
        ),
        options={
            "engine": f"{HOME}.local.minicpm_o:open_engine",
            "model": "openbmb/MiniCPM-o-2_6",
        },
        roles=MODEL,
        free=True,
        extra="minicpm-o",
        backends=ON_VLLM,
        operational=IN_BATCHES | ON_GPUS,
        licence="MiniCPM Model License",
    )


def _gemma3n() -> Iterable[ModelSpec]:
    for size in ("E2B", "E4B"):
        yield ModelSpec(
            name=f"gemma-3n-{size.lower()}",
            target=OPEN_LOCAL,
            summary=f"Gemma 3n {size} run here: frames and sound; options path=DIR, backend=vllm",
            options={
                "engine": f"{HOME}.local.gemma3n:Gemma3nEngine",
                "model": f"google/gemma-3n-{size}-it",
            },
            roles=MODEL,
            free=True,
            extra="hf",
            backends=ON_VLLM,
            operational=IN_BATCHES | ON_GPUS,
            licence="Gemma",
        )


def _offline_judges() -> Iterable[ModelSpec]:
    yield ModelSpec(
        name="lexical",
        target=f"{HOME}.lexical:Lexical",
        summary="offline judge by common words: error measured, not comparable with an LLM judge",
        roles=JUDGE,
        comparable=False,
        free=True,
    )


def _repeaters() -> Iterable[ModelSpec]:
    yield ModelSpec(
        name="recorded",
        target=f"{HOME}.recorded:Recorded",
        summary="repeats the predictions of a run: recorded/<run directory>",
        prefix=True,
        roles=MODEL,
        free=True,
        media=NOTHING,
    )
    yield ModelSpec(
        name="stored",
        target=f"{HOME}.recorded:Stored",
        summary="gives only verdicts that were stored, such as a retired judge's: stored/<judge>",
        prefix=True,
        roles=JUDGE,
        recorded=True,
        free=True,
    )


def _floor(
    name: str,
    target: str,
    summary: str,
    *,
    needs: tuple[str, ...] = (),
    media: frozenset[str] = CLIPS,
    extra: str | None = None,
    licence: str | None = None,
) -> ModelSpec:
    """A model that costs nothing and judges nothing."""
    return ModelSpec(
        name=name,
        target=f"{HOME}.{target}",
        summary=summary,
        roles=MODEL,
        free=True,
        needs=needs,
        media=media,
        extra=extra,
        licence=licence,
    )
