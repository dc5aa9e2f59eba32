"""Which options may change when a run is resumed?

What was answered is kept. An option that changes what a model gets, or how it answers, would put
two kinds of answers under one number, so that it stays as it was from the first answer on. Where a
model runs, and how fast, may change; its spec names these options as `operational`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from pydantic_core import to_jsonable_python

from ugcbench.errors import UsageError
from ugcbench.plugins import Registry
from ugcbench.protocol import digest
from ugcbench.redaction import REDACTED, redact

NEVER_KEPT = frozenset({"trust_remote_code"})
"""Options that whoever goes on with a run must give anew: its directory may be a stranger's."""

FLAGS: Mapping[Literal["model", "judge"], str] = {"model": "--option", "judge": "--judge-option"}


def kept_options(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a run directory with which it is resumed, less secrets and trust."""
    return {
        name: value
        for name, value in stored.items()
        if value != REDACTED and _own_name(name) not in NEVER_KEPT
    }


def changed_options(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that differ from those of a run directory, as one stores them; keys don't."""
    return {
        name: value
        for name, value in redact(given).items()
        if value != REDACTED and (name not in stored or _digest(stored[name]) != _digest(value))
    }


def refuse_changes(
    changed: Collection[str],
    role: Literal["model", "judge"],
    models: Iterable[object],
    registry: Registry,
) -> None:
    """Raise `UsageError` if one of the changed options is not operational for all of `models`.

    A model that is no name has no options to change.
    """
    if not changed:
        return
    specs = [registry.model(name, role) for name in models if isinstance(name, str)]
    for name in changed:
        own = _own_name(name)
        if own not in NEVER_KEPT and any(own not in spec.operational for spec in specs):
            raise UsageError(
                f"{FLAGS[role]} {name} is fixed by the run, which has answers that were given "
                "otherwise; leave it out, or begin a new run"
            )


def _digest(value: object) -> str:
    return digest(to_jsonable_python(value, fallback=str))


def _own_name(name: str) -> str:
    """The name of an option, less the judge of a panel that it is for."""
    return name.rpartition(":")[2]
