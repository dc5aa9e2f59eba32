"""The models and judges that come with ugcbench."""

from __future__ import annotations

from collections.abc import Iterable

from ugcbench import ModelSpec, hookimpl

HOME = "ugcbench_models"
MODEL = frozenset({"model"})
JUDGE = frozenset({"judge"})


@hookimpl
def ugcbench_models() -> Iterable[ModelSpec]:
    """Baselines that need nothing, API clients, and the offline judge."""
    yield ModelSpec(
        name="signal-baseline",
        target=f"{HOME}.signal_baseline.model:SignalBaseline",
        summary="on-screen text, voice, music, faces and scenes measured by small CPU models",
        extra="baseline",
        roles=MODEL,
        free=True,
        licence="Apache-2.0",
    )
    yield ModelSpec(
        name="majority",
        target=f"{HOME}.floors:Majority",
        summary="floor: the dataset's most frequent answer, whatever the clip",
        roles=MODEL,
        needs=("work",),
        free=True,
    )
    yield ModelSpec(
        name="blind",
        target=f"{HOME}.floors:Blind",
        summary="floor: answers from the question alone, without opening the clip",
        roles=MODEL,
        free=True,
    )
    yield ModelSpec(
        name="fake",
        target="ugcbench.models:Fake",
        summary="says the text of `--option reply=...`; for tests of tasks and plugins",
        free=True,
    )
    yield ModelSpec(
        name="openai",
        target=f"{HOME}.openai_chat:OpenAIChat",
        summary="any OpenAI-compatible server, hosted or local, with frames and sound",
        prefix=True,
        extra="openai",
    )
    yield ModelSpec(
        name="lexical",
        target=f"{HOME}.lexical:Lexical",
        summary="offline judge by word overlap: a smoke test, not comparable with an LLM judge",
        roles=JUDGE,
        comparable=False,
        free=True,
    )
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
