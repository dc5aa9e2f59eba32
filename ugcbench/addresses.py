"""Do two addresses show the same clip?"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

TRACKING = frozenset({"feature", "igsh", "is_from_webapp", "sender_device", "si"})
"""Parameters of an address, beside utm_..., that say who came from where, not what is shown."""


def normalize_url(url: str) -> str:
    """An address without scheme, `www.`, fragment and the parameters that only track."""
    parts = urlsplit(url.strip())
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query)
        if name not in TRACKING and not name.startswith("utm_")
    ]
    host = parts.netloc.lower().removeprefix("www.")
    query = f"?{urlencode(sorted(kept))}" if kept else ""
    return f"{host}{parts.path.rstrip('/')}{query}"
