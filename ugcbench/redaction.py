"""Which options, addresses and texts hold a secret, and what is written down in its place?"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ugcbench.errors import UsageError

SECRET = re.compile(
    r"(?:keys?|token|secrets?|password|passwd|passphrase|credentials?)$"
    r"|^(?:proxy-)?authorization$|^cookie$",
    re.IGNORECASE,
)
"""The names of options that may hold a secret: `api_key` does, `max_tokens` does not."""

REDACTED = "***"
NOTHING = frozenset({"", "none", "empty"})
"""What is typed where a server of one's own asks for no key, in any case of letters."""

SHORTEST = 12
"""Characters of the shortest environment variable that is looked for in texts."""

SHORTEST_PART = 4
"""Characters of the shortest part of an address that is looked for in texts."""

_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")
_PARAMETER = re.compile(
    r"(?<=[?&;#])([\w.~-]*(?:key|token|secret|passw|sig|auth|credential|session)[\w.~-]*)=([^&;#]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?<=\bBearer )[\w.~+/=-]{8,}")


def redact(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with `REDACTED` in place of keys, passwords and what is secret in addresses."""
    return {
        name: REDACTED if SECRET.search(name) and not is_nothing(value) else _redact(value)
        for name, value in options.items()
    }


def hide_secrets(text: str) -> str:
    """A text less what is secret in the addresses in it, bearer tokens, and the values of all
    environment variables that are named like a key.
    """
    text = hide_in_addresses(text)
    for name, value in os.environ.items():
        if len(value) >= SHORTEST and value in text and SECRET.search(name):
            text = text.replace(value, REDACTED)
    return _BEARER.sub(REDACTED, text)


def hide_in_addresses(text: str) -> str:
    """A text in which the addresses are without user, password and parameters like a token."""
    return _ADDRESS.sub(lambda found: _hide_in_address(found[0]), text) if "://" in text else text


def secrets_of(address: str) -> tuple[str, ...]:
    """What is secret in an address, in the forms in which a server or a client may repeat it."""
    parts = urlsplit(address)
    login = parts.netloc.rpartition("@")[0]
    named = [found[2] for found in _PARAMETER.finditer(f"?{parts.query}")]
    basic = base64.b64encode(login.encode()).decode()
    found = [login, login.partition(":")[2], basic, *named]
    return tuple(sorted((text for text in found if len(text) >= SHORTEST_PART), key=len)[::-1])


def refuse_redacted(options: Mapping[str, Any], flag: str) -> None:
    """Raise `UsageError` if an option was stored without a secret that was a part of it."""
    for name, value in options.items():
        if REDACTED in str(value):
            raise UsageError(
                f"{name} held a secret, which is not stored; give it again: {flag} {name}=..."
            )


def is_nothing(value: object) -> bool:
    """Whether an option says that there is no key."""
    return value is None or (isinstance(value, str) and value.strip().lower() in NOTHING)


def _redact(value: object) -> object:
    if isinstance(value, Mapping):
        return redact(value)
    if isinstance(value, list | tuple):
        return [_redact(item) for item in value]
    return hide_in_addresses(value) if isinstance(value, str) else value


def _hide_in_address(address: str) -> str:
    bare = _CREDENTIALS.sub(f"{REDACTED}@", address)
    return _PARAMETER.sub(rf"\1={REDACTED}", bare)
