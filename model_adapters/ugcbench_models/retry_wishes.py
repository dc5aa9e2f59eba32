"""How long does a server wish to be left alone?"""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Iterable, Mapping
from typing import Any


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server wishes to be left alone, or None if it doesn't say.

    They stand in `retry-after-ms`, or in `retry-after` as seconds or as an HTTP date.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        seconds = _read_seconds(headers.get(name, ""))
        if seconds is not None:
            return seconds * unit
    date = email.utils.parsedate_tz(headers.get("retry-after", ""))
    return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None


def read_retry_info(details: Iterable[Mapping[str, Any]]) -> float | None:
    """The same from the details of a Google API's error, where RetryInfo says "12s" or "0.5s".

    Source: google/rpc/error_details.proto.
    """
    for detail in details:
        if str(detail.get("@type", "")).endswith("google.rpc.RetryInfo"):
            return _read_seconds(str(detail.get("retryDelay", "")).removesuffix("s"))
    return None


def _read_seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
