"""How is a model made, here or in another process?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ugcbench.plugins import create
from ugcbench.specs import Model, ModelSpec


@dataclass(frozen=True, slots=True)
class Placement:
    """What an executor sends to each of its workers; it can be pickled.

    Every instance gets up to `concurrency` prompts at once, each for `timeout` seconds at most
    (None: without a limit); beyond that the executor cancels it and raises a `ModelTimeoutError`.
    """

    spec: ModelSpec
    name: str
    options: Mapping[str, Any]
    concurrency: int
    timeout: float | None

    def make(self) -> Model:
        """An instance of the model in this process; raises a `UsageError`, as `create` does."""
        return make_bare(self.spec, self.name, self.options)


def make_bare(spec: ModelSpec, name: str, options: Mapping[str, Any], **given: object) -> Model:
    """What `spec` calls `name`, without retries or limits around it; raises a `UsageError`."""
    if spec.prefix:
        given["model"] = name.partition("/")[2]
    return cast(Model, create(spec, options, **given))
