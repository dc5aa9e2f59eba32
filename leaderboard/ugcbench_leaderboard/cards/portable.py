"""What of names and options may leave the machine that a run was made on?

Neither a secret, nor the address of a server, nor the folders of a path: of a path the last two
names stay, which tell one checkpoint from another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ugcbench.redaction import hide_secrets, redact

ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>,]*", re.IGNORECASE)
LONGEST_TEXT = 2000
"""Characters that a name or the value of an option has at most."""

HIDDEN_ADDRESS = "(address)"
PATH = re.compile(
    r"(?<![\w.)])(?:~[\w.-]{0,32}+|\b[A-Za-z]:)?[/\\]{1,4}+(?!\s)"
    r"[^/\\\n,;'\"<>|]++(?:[/\\]++[^/\\\n,;'\"<>|]++)*+"
)
"""An absolute path, one in a home folder, or one on a Windows drive; not `and/or`, not `a/b`."""


def make_portable(value: Any) -> Any:  # noqa: ANN401
    """The value with every text in it, at any depth, made portable, and secret options hidden."""
    if isinstance(value, Mapping):
        return {_clean(str(name)): make_portable(each) for name, each in redact(value).items()}
    if isinstance(value, list | tuple):
        return [make_portable(each) for each in value]
    return _clean(value) if isinstance(value, str) else value


def find_places(value: object) -> list[str]:
    """The texts in a value that name an address, a folder of a machine, or a secret."""
    if isinstance(value, Mapping):
        return [found for pair in value.items() for each in pair for found in find_places(each)]
    if isinstance(value, list | tuple):
        return [found for each in value for found in find_places(each)]
    return [value] if isinstance(value, str) and _clean(value) != value else []


def _clean(text: str) -> str:
    text = hide_secrets(text)
    text = ADDRESS.sub(HIDDEN_ADDRESS, text) if "://" in text else text
    return PATH.sub(_last_names, text)[:LONGEST_TEXT]


def _last_names(path: re.Match[str]) -> str:
    names = [name for name in re.split(r"[/\\]+", path[0]) if name and not name.startswith("~")]
    return "/".join(names[-2:])
