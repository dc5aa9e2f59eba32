"""On which engine does a model run that can run on several?"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ugcbench.errors import UsageError
from ugcbench.plugins import nearest
from ugcbench.specs import Model
from ugcbench_models.local.clip_chat import ClipChat
from ugcbench_models.local.vllm_chat import VLLMChat

BACKENDS: Mapping[str, type[Model]] = {"transformers": ClipChat, "vllm": VLLMChat}


def open_model(*, engine: str, backend: str = "transformers", **options: Any) -> Model:  # noqa: ANN401
    """A model by transformers or by vLLM, whose scores are not interchangeable.

    `engine` is the `ClipEngine` for transformers, as `module:attribute`; the other options are
    those of `ClipChat` or of `VLLMChat`. Raises `UsageError` for one that the backend doesn't have.
    """
    if backend not in BACKENDS:
        raise UsageError(f"backend must be one of {', '.join(BACKENDS)}, not {backend!r}")
    chosen = BACKENDS[backend]
    known = inspect.signature(chosen).parameters
    for name in options:
        if name not in known:
            raise UsageError(
                f"with backend={backend} there is no option {name!r}{nearest(name, known)}; "
                f"the options are: {', '.join(known)}"
            )
    return chosen(**({"engine": engine} if "engine" in known else {}), **options)


def _join_signatures() -> inspect.Signature:
    """All options there are, for whoever asks which they are."""
    own = inspect.signature(open_model).parameters
    joined = {name: own[name] for name in ("engine", "backend")}
    for backend in BACKENDS.values():
        joined |= dict(inspect.signature(backend).parameters)
    return inspect.Signature(list(joined.values()))


def _join_descriptions() -> str:
    """What all options mean, for whoever asks."""
    own = inspect.getdoc(open_model) or ""
    each = [f"backend={name}: {inspect.getdoc(backend)}" for name, backend in BACKENDS.items()]
    return "\n\n".join([own, *each])


open_model.__signature__ = _join_signatures()  # type: ignore[attr-defined]
open_model.__doc__ = _join_descriptions()
