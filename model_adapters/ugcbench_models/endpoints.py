"""Where is a model's server, and with which key is it asked?"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ugcbench.errors import FatalModelError, TransientModelError, UnreachableError
from ugcbench.redaction import REDACTED, secrets_of

NO_KEY = "none"
"""What is sent where no key is needed: clients insist on one."""

SHORTEST_KEY = 8
"""Characters of the shortest key that is looked for in texts. Shorter ones, such as `x` or `test`,
keep nothing secret, and are letters or words of any answer."""

_SECURITY = re.compile(r" ssl:(default|<[^>]*>)")  # aiohttp says so of any connection


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server's URL and the key for it."""

    url: str
    key: str = field(repr=False)

    @property
    def host(self) -> str:
        """The name of the server's machine."""
        return urlsplit(self.url).hostname or ""

    @property
    def has_login(self) -> bool:
        """Whether a user or a password stands in the URL."""
        return "@" in urlsplit(self.url).netloc

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def address(self) -> str:
        """The URL less what may be secret in it."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()

    def hide(self, text: str) -> str:
        """`text` without the key and what is secret in the URL, which a server may repeat in its
        answer, and a client in its errors.
        """
        own = (self.key,) if len(self.key) >= SHORTEST_KEY else ()
        for secret in (*own, *secrets_of(self.url)):
            text = text.replace(secret, REDACTED)
        return text

    def report_silence(
        self, model: str, error: BaseException, *, reached: bool
    ) -> TransientModelError:
        """The error to raise where no answer of `model` came; `reached`: after a connection."""
        cause = self.hide(_SECURITY.sub("", str(error)) or type(error).__name__)
        kind = TransientModelError if reached else UnreachableError
        return kind(f"{model}: no answer from {self.address} ({cause})")


def make_endpoint(url: str, key: str, *, example: str, advice: str) -> Endpoint:
    """The endpoint at `url`; a server on this machine may do without a key.

    `example` is a URL as it should be, `advice` says how a key is given. Raises `FatalModelError`
    for what is no URL, and without a key or with one that can't be sent.
    """
    if not url.startswith(("https://", "http://")):
        shown = url.rpartition("@")[2].partition("?")[0]
        raise FatalModelError(f"{shown!r} is no URL; type `--option base_url={example}`")
    if REDACTED in url:
        raise FatalModelError(
            "the server's URL held a secret, which is not stored; give it again: "
            f"`--option base_url={example}` for a model, `--judge-option` for a judge"
        )
    endpoint = Endpoint(url, key.strip() or NO_KEY)
    if not key.strip() and not endpoint.is_loopback:
        raise FatalModelError(
            f"no key for {endpoint.address}: {advice}; "
            f"for a server that wants none, `--option api_key={NO_KEY}`"
        )
    if not (endpoint.key.isascii() and endpoint.key.isprintable()):
        raise FatalModelError("the API key holds characters that no key has: copy it anew")
    return endpoint
