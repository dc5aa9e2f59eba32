"""Where is a model's server, and with which key is it asked?"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ugcbench.errors import FatalModelError

NO_KEY = "none"
"""What is sent where no key is needed: clients insist on one."""


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
        """`text` without the key, which a server may repeat in its answer."""
        return text if self.key == NO_KEY else text.replace(self.key, "***")


def make_endpoint(url: str, key: str, *, example: str, advice: str) -> Endpoint:
    """The endpoint at `url`; a server on this machine may do without a key.

    `example` is a URL as it should be, `advice` says how a key is given. Raises `FatalModelError`
    for what is no URL, and without a key or with one that can't be sent.
    """
    if not url.startswith(("https://", "http://")):
        raise FatalModelError(f"{url!r} is no URL; type `--option base_url={example}`")
    endpoint = Endpoint(url, key.strip() or NO_KEY)
    if not key.strip() and not endpoint.is_loopback:
        raise FatalModelError(
            f"no key for {endpoint.address}: {advice}; "
            f"for a server that wants none, `--option api_key={NO_KEY}`"
        )
    if not (endpoint.key.isascii() and endpoint.key.isprintable()):
        raise FatalModelError("the API key holds characters that no key has: copy it anew")
    return endpoint
