"""The models and judges that come with ugcbench."""

from __future__ import annotations

from collections.abc import Iterable

from ugcbench import ModelSpec, hookimpl

HOME = "ugcbench_models"
MODEL = frozenset({"model"})
JUDGE = frozenset({"judge"})


@hookimpl
def ugcbench_models() -> Iterable[ModelSpec]:
    """Baselines and floors, API clients, the offline judge, and what repeats stored answers."""
    return (*_baselines(), *_clients(), *_offline_judges(), *_repeaters())


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
    )


def _clients() -> Iterable[ModelSpec]:
    yield ModelSpec(
        name="openai",
        target=f"{HOME}.openai_chat:OpenAIChat",
        summary="any OpenAI-compatible server, hosted or local, with frames and sound",
        prefix=True,
        extra="openai",
    )
    yield ModelSpec(
        name="fake",
        target="ugcbench.models:Fake",
        summary="says the text of `--option reply=...`; for tests of tasks and plugins",
        free=True,
    )


def _offline_judges() -> Iterable[ModelSpec]:
    yield ModelSpec(
        name="lexical",
        target=f"{HOME}.lexical:Lexical",
        summary="offline judge by word overlap: a smoke test, not comparable with an LLM judge",
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
        extra=extra,
        licence=licence,
    )
