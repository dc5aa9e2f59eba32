"""Do this machine, a model and its judges work, and does the model hear and see?

async for check in examine(Registry(), model="openai/x", judge="lexical"):
print(check.status, check.name, check.found)
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any

from ugcbench.doctor.checks import Check as Check
from ugcbench.doctor.judging import check_judge, find_judge
from ugcbench.doctor.machine import check_machine
from ugcbench.doctor.probing import ATTEMPTS, check_model, find_model
from ugcbench.plugins import Registry
from ugcbench.requests import Request
from ugcbench.specs import ModelSpec

__all__ = ["Check", "examine"]


async def examine(
    registry: Registry,
    *,
    model: str | None = None,
    options: Mapping[str, Any] | None = None,
    judge: str | None = None,
    judge_options: Mapping[str, Any] | None = None,
    timeout: float | None = 600.0,  # noqa: ASYNC109 - handed on to what asks
) -> AsyncGenerator[Check, None]:
    """Check the machine for what is named, or for everything, then ask the model and the judge.

    `options` and `judge_options` are those of the adapters, `timeout` is in seconds for each
    answer. Raises a `UsageError` for an unknown name or option.
    """
    chosen = [_on_backend(find_model(model, registry), options or {})] if model else []
    chosen += [_on_backend(find_judge(judge, registry), judge_options or {})] if judge else []
    needs = {(spec.name, spec.extra): spec for spec in chosen}
    for check in check_machine(registry, needs.values()):
        yield check
    for name, given, look in ((model, options, check_model), (judge, judge_options, check_judge)):
        if name:
            request = Request(model=name, options=given or {}, attempts=ATTEMPTS, timeout=timeout)
            async with contextlib.aclosing(look(request, registry)) as checks:
                async for check in checks:
                    yield check


def _on_backend(spec: ModelSpec, options: Mapping[str, Any]) -> ModelSpec:
    """The spec with the extra that the chosen backend needs."""
    return replace(spec, extra=spec.backends.get(str(options.get("backend")), spec.extra))
