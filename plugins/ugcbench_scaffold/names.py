"""How are the parts of a new plugin called, and is any of these names taken?"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from packaging.utils import InvalidName, canonicalize_name

from ugcbench import Registry
from ugcbench.errors import UsageError
from ugcbench.specs import Spec
from ugcbench_scaffold.kinds import KINDS

LONGEST = 24
"""Characters of a short name, beyond which lines of the templates would be too long."""

PREFIX = "ugcbench-"


@dataclass(frozen=True, slots=True)
class Names:
    """All names that follow from the short one, such as `whale-song`."""

    short: str

    @property
    def distribution(self) -> str:
        """What pip installs: `ugcbench-whale-song`."""
        return PREFIX + self.short

    @property
    def package(self) -> str:
        """What Python imports: `ugcbench_whale_song`."""
        return self.distribution.replace("-", "_")

    @property
    def class_name(self) -> str:
        """The beginning of the names of its classes: `WhaleSong`."""
        return "".join(word.capitalize() for word in self.short.split("-"))


def read_name(typed: str) -> Names:
    """The names of a plugin from what was typed, with or without `ugcbench-`.

    Raises `UsageError` for what can't be the name of a package.
    """
    try:
        name = canonicalize_name(typed, validate=True).removeprefix(PREFIX)
    except InvalidName:
        name = ""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or name == "ugcbench":
        raise UsageError(
            f"{typed!r} can't be the name of a plugin; take letters, digits and hyphens, "
            "and begin with a letter, such as whale-song"
        )
    if len(name) > LONGEST:
        raise UsageError(f"{name!r} is longer than {LONGEST} characters; take a shorter name")
    return Names(name)


def check_free(
    names: Names, kinds: Collection[str], registry: Registry, commands: Container[str]
) -> None:
    """Raise `UsageError` if anything of that name is installed already."""
    if find_spec(names.package) is not None:
        raise UsageError(f"a package {names.package} is installed already; take another name")
    if names.short in {info.name for info in registry.plugins}:
        raise UsageError(f"a plugin {names.short!r} is installed already; take another name")
    for kind in kinds:
        wanted = KINDS[kind].name(names.short)
        if kind == "command" and wanted in commands:
            raise UsageError(f"there is a command `ugcbench {wanted}` already; take another name")
        if wanted in _known(registry, kind):
            raise UsageError(f"there is a {kind} {wanted!r} already; take another name")


def _known(registry: Registry, kind: str) -> set[str]:
    specs: dict[str, Collection[Spec]] = {
        "model": registry.models.values(),
        "judge": registry.models.values(),
        "task": registry.tasks.values(),
        "dataset": registry.datasets.values(),
    }
    return {name for spec in specs.get(kind, ()) for name in _names_of(spec)}


def _names_of(spec: Spec) -> Iterator[str]:
    yield spec.name
    yield from spec.aliases
