"""What does each failure of an OpenAI-compatible server mean to a run?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import openai

from ugcbench.errors import (
    FatalModelError,
    ModelError,
    RequestRejectedError,
    TransientModelError,
)
from ugcbench.plaintext import join_lines
from ugcbench.types import Failure
from ugcbench_models.endpoints import Endpoint
from ugcbench_models.retry_wishes import read_retry_after

FILTERED = frozenset({"content_filter", "content_policy_violation"})
"""Error codes by which a prompt is refused for what it is about."""

UNSUPPORTED = frozenset({"unsupported_parameter", "unsupported_value", "unknown_parameter"})
"""Error codes by which a parameter is refused, whatever the request is about."""

PART_OPTIONS: Mapping[str, str] = {
    "audio": "audio=false",
    "image": "frames=false",
    "video_url": "video_url=null",
}
"""The word for a kind of content part in messages, and the option by which it is not sent."""

LONGEST_QUOTE = 500
"""Characters of a server's message that are quoted."""

_TOO_LONG = re.compile(r"context.length|context window|maximum \S+ tokens|too long")
_PART_REFUSED = re.compile(
    r"invalid content type|invalid value: '|only supported by|at most 0 |expected to be"
    r"|(does|do|is|are)(n't| not) (support|accept)|not supported"
)


@dataclass(frozen=True, slots=True)
class FailureReader:
    """Reads the failures of `model` at `endpoint`; the key never gets into a message."""

    model: str
    endpoint: Endpoint

    def find_refusal(self, error: openai.OpenAIError) -> Failure | None:
        """The failure of a prompt that a content filter stopped, or None."""
        if isinstance(error, openai.APIError) and error.code in FILTERED:
            return Failure(status="refused", kind="content_filter", message=self._quote(error))
        return None

    def translate(self, error: openai.OpenAIError) -> ModelError:
        """The error to raise in place of `error`."""
        if isinstance(error, openai.APIConnectionError):
            # Only the connecting has a time limit of the client's, and fails so if it is refused.
            reached = not isinstance(error, openai.APITimeoutError)
            cause = error.__cause__ or error
            return self.endpoint.report_silence(self.model, cause, reached=reached)
        if isinstance(error, openai.APIStatusError):
            return self._translate_status(error)
        return FatalModelError(f"{self.model} at {self.endpoint.address}: {self._quote(error)}")

    def _translate_status(self, error: openai.APIStatusError) -> ModelError:
        status, words = error.status_code, self._quote(error)
        said = f"{self.model} at {self.endpoint.address}: {status} {words}"
        if "insufficient_quota" in (error.code, error.type) or status == 402:
            return FatalModelError(f"{said}; no credit is left, see the account's billing page")
        if status in (401, 403):
            return FatalModelError(f"{said}; check OPENAI_API_KEY, or type `--option api_key=KEY`")
        if status == 404:
            advice = "check the model's name and `--option base_url=URL`, which mostly ends in /v1"
            return FatalModelError(f"{said}; {advice}")
        if status < 500 and _TOO_LONG.search(words.lower()):
            return RequestRejectedError(said)
        if remedy := _find_remedy(error, words.lower()):
            return FatalModelError(f"{said}; type `--option {remedy}`")
        if status in (408, 409, 429) or status >= 500:
            return TransientModelError(said, read_retry_after(error.response.headers))
        return RequestRejectedError(said)

    def _quote(self, error: openai.OpenAIError) -> str:
        """What the server said, without the client's wrapping."""
        body = getattr(error, "body", None)
        said = body.get("message") if isinstance(body, dict) else body
        return join_lines(self.endpoint.hide(str(said or error)))[:LONGEST_QUOTE]


def _find_remedy(error: openai.APIStatusError, words: str) -> str | None:
    """The option that avoids what the server will refuse in every request, or None."""
    if error.status_code in (408, 409, 429):
        return None
    if part := _find_refused_part(words):
        return PART_OPTIONS[part]
    if "response_format" in f"{error.param} {words}":
        return "structured=false"
    if error.code not in UNSUPPORTED:
        return None
    limits = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
    if error.param in limits:
        return f"max_tokens_field={limits[error.param]}"
    return f"'extra_body={{\"{error.param or 'PARAMETER'}\": null}}'"


def _find_refused_part(words: str) -> str | None:
    """The kind of content part that the model does not take: the one that is named first."""
    if not _PART_REFUSED.search(words):
        return None
    named = [kind for kind in PART_OPTIONS if kind in words]
    return min(named, key=words.index, default=None)
