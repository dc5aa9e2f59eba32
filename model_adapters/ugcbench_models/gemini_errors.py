"""What does each failure of the Gemini API mean to a run?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from google.genai import errors

from ugcbench.errors import (
    FatalModelError,
    ModelError,
    RequestRejectedError,
    TransientModelError,
)
from ugcbench.plaintext import join_lines
from ugcbench_models.endpoints import Endpoint
from ugcbench_models.retry_wishes import read_retry_after, read_retry_info

LONGEST_QUOTE = 500
"""Characters of a server's message that are quoted."""

KEY_ADVICE = "check GEMINI_API_KEY (GOOGLE_API_KEY comes first), or type `--option api_key=KEY`"

REMEDIES: Mapping[str, str] = {
    r"thinking|budget": "set another `--option thinking_budget=TOKENS`",
    r"json mode|response_?(json_?)?schema|response_?mime": "type `--option structured=false`",
    r"audio input|audio.*not (enabled|supported)": "type `--option media=profile --option "
    "audio=false`",
    r"video.*not (enabled|supported)|video_?metadata|fps": "type `--option media=profile`",
}
"""What a parameter that is refused in every request is called, and what to do about it."""

_REFUSED_ALWAYS = re.compile(
    r"unknown name|not (enabled|supported)|unsupported|is invalid|only works in|out of range"
)
_ONE_CLIP = re.compile(r"mime ?type|unable to process|too long|exceeds the maximum")
_LOST_FILE = re.compile(r"access the file|not in an active state")


class LostFileError(TransientModelError):
    """An uploaded file is not, or no longer, there; it can be uploaded again."""


@dataclass(frozen=True, slots=True)
class FailureReader:
    """Reads the failures of `model` at `endpoint`; the key never gets into a message."""

    model: str
    endpoint: Endpoint

    def translate(self, error: errors.APIError) -> ModelError:
        """The error to raise in place of `error`."""
        code, words = error.code, self._quote(error)
        said = f"{self.model} at {self.endpoint.address}: {code} {words}"
        details = _find_details(error)
        if code < 500 and _LOST_FILE.search(words.lower()):
            return LostFileError(said)
        if code in (401, 403) or _has_reason(details, "API_KEY"):
            return FatalModelError(f"{said}; {KEY_ADVICE}")
        if code == 404:
            advice = "check the model's name and `--option base_url=URL`, which has no path"
            return FatalModelError(f"{said}; {advice}")
        if code == 402 or (code == 429 and _is_used_up(details, words)):
            advice = "the quota is used up, see the account's plan; go on when there is more"
            return FatalModelError(f"{said}; {advice}")
        if code in (408, 409, 429, 499) or code >= 500:
            return TransientModelError(said, _read_wish(error, details))
        return self._judge_request(said, words.lower())

    def report_silence(self, error: Exception) -> TransientModelError:
        """The error to raise where the server could not be reached or broke off."""
        reached = not isinstance(error, aiohttp.ClientConnectorError)
        return self.endpoint.report_silence(self.model, error, reached=reached)

    def report_nonsense(self, error: Exception) -> TransientModelError:
        """The error to raise for an answer that is none of the API's."""
        words = join_lines(self.endpoint.hide(str(error)))[:LONGEST_QUOTE]
        return TransientModelError(
            f"{self.model}: the reply of {self.endpoint.address} is no answer of the Gemini API "
            f"({words}); if that persists, check `--option base_url=URL`, which has no path"
        )

    def _judge_request(self, said: str, words: str) -> ModelError:
        """A 400 is about this very request, or about what all requests have in common."""
        if "location is not supported" in words or "billing" in words:
            return FatalModelError(said)
        if _REFUSED_ALWAYS.search(words) and not _ONE_CLIP.search(words):
            for pattern, remedy in REMEDIES.items():
                if re.search(pattern, words):
                    return FatalModelError(f"{said}; {remedy}")
        if "mime" in words or "process" in words:
            said += "; `--option media=profile` sends frames and sound instead of the file"
        return RequestRejectedError(said)

    def _quote(self, error: errors.APIError) -> str:
        """What the server said, without the client's wrapping."""
        said = str(error.message or error.status or error)
        return join_lines(self.endpoint.hide(said))[:LONGEST_QUOTE].rstrip(". \n")


def _find_details(error: errors.APIError) -> list[Mapping[str, Any]]:
    body = error.details if isinstance(error.details, dict) else {}
    inner = body.get("error")
    details = inner.get("details") if isinstance(inner, dict) else None
    return [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []


def _has_reason(details: Iterable[Mapping[str, Any]], start: str) -> bool:
    return any(str(detail.get("reason", "")).startswith(start) for detail in details)


def _is_used_up(details: Iterable[Mapping[str, Any]], words: str) -> bool:
    """Whether waiting for a minute can't help: a day's quota, no quota at all, or no credit."""
    violations = [v for detail in details for v in detail.get("violations") or ()]
    daily = any("PerDay" in str(violation.get("quotaId", "")) for violation in violations)
    return daily or bool(re.search(r"limit: 0\b|credits? (is|are) depleted", words))


def _read_wish(error: errors.APIError, details: Iterable[Mapping[str, Any]]) -> float | None:
    wish = read_retry_info(details)
    headers = getattr(error.response, "headers", None)
    return read_retry_after(headers) if wish is None and headers else wish
