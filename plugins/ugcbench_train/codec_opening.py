"""Through what is a model of some name trained?"""

from __future__ import annotations

import dataclasses

from ugcbench.codecs import Codec, OpenCodec
from ugcbench.errors import UsageError
from ugcbench.plugins import Registry, load_target


def open_codec_of(
    model: str,
    *,
    path: str | None = None,
    revision: str | None = None,
    registry: Registry | None = None,
) -> Codec:
    """The codec of a registered model; `path` is a checkpoint's directory in place of the hub's.

    Raises `UsageError` for a model that can't be trained, `FatalModelError` for no checkpoint.
    """
    spec = (registry or Registry()).model(model)
    if spec.codec is None:
        raise UsageError(
            f"{model} can't be trained here; take one of the models that have a codec, such as "
            "qwen2.5-omni-3b"
        )
    opened: OpenCodec = load_target(dataclasses.replace(spec, target=spec.codec, extra="train"))
    return opened(model=str(spec.options["model"]), path=path, revision=revision)
