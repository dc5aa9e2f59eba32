"""Which calls to a server of models go wrong, and how?"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

from ugcbench.testing.loopback import Response

Fault = Literal[
    "rate_limit",
    "quota",
    "server_error",
    "unavailable",
    "invalid_key",
    "context_length",
    "hang",
    "disconnect",
    "truncated",
    "html",
    "wrong_schema",
    "prose",
    "empty",
    "length",
    "no_choices",
    "blocked_prompt",
    "content_filter",
    "refusal",
    "rerouted",
]
"""What can go wrong with one call, whichever API it speaks.

`rate_limit` is a 429 that wishes for 50 ms of peace (Retry-After, or RetryInfo), `quota` a 429 that
waiting doesn't cure, `server_error` a 500, `unavailable` a 503, `invalid_key` what a wrong key
gets, `context_length` a 400. `hang` never answers, `disconnect` closes in the middle of the body,
`truncated` ends the JSON early, `html` answers a 200 with a web page.

The model's text is spoiled by `wrong_schema` (JSON that fits no schema), `prose` (no JSON), `empty`
(nothing) and `length` (half of it, at the limit of tokens). `no_choices` is an answer without any
choice or candidate. A filter stops the prompt (`blocked_prompt`) or the reply (`content_filter`),
the model itself declines (`refusal`). `rerouted` answers under another model's name.
"""

Step = Fault | Response | None
"""What becomes of one call: a fault, an answer of your own, or nothing unusual."""

MIX: tuple[Fault, ...] = ("rate_limit", "server_error", "truncated", "wrong_schema", "hang")
"""What goes wrong by chance: 429, 500, malformed HTTP bodies and replies, and hanging calls."""

PROSE = "The second one describes the clip rather well."
REFUSAL = "I'm sorry, I can't help with that."


class FaultPlan:
    """Which calls go wrong: the next ones as said by `add`, all others by chance.

    Args:
        rate: the share of calls, from 0 to 1, that go wrong by chance.
        seed: which of them. Chance depends on the request's body and on how often it came, not on
            the order in which requests arrive, so that equal runs meet equal faults.
        kinds: what happens to these, each as likely as the others.

    Raises `ValueError` for a rate or kinds that don't exist.

    """

    def __init__(self, rate: float = 0.0, seed: int = 0, kinds: Sequence[Fault] = MIX) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"the rate of faults must be from 0 to 1, not {rate:g}")
        if unknown := set(kinds) - set(get_args(Fault)):
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        self._rate = rate
        self._seed = seed
        self._kinds = tuple(kinds)
        self._steps: deque[Step] = deque()
        self._seen: Counter[bytes] = Counter()

    def add(self, *steps: Step) -> None:
        """Say what becomes of the next calls, one step each."""
        self._steps.extend(steps)

    def next(self, body: bytes) -> Step:
        """What becomes of a call with this body."""
        if self._steps:
            return self._steps.popleft()
        if not self._rate:
            return None
        what = hashlib.sha256(body).digest()
        self._seen[what] += 1
        chance = random.Random(f"{self._seed} {what.hex()} {self._seen[what]}")  # noqa: S311
        return chance.choice(self._kinds) if chance.random() < self._rate else None


def spoil_text(text: str, fault: Fault | None) -> str:
    """What `fault` leaves of a model's text; most faults leave it alone."""
    match fault:
        case "wrong_schema":
            return '{"unexpected": true}'
        case "prose":
            return PROSE
        case "empty":
            return ""
        case "length":
            return text[: len(text) // 2]
    return text


def spoil_body(response: Response, fault: Fault | None) -> Response:
    """What `fault` leaves of a good answer's body."""
    half = len(response.body) // 2
    if fault == "disconnect":
        return replace(response, cut=half)
    return replace(response, body=response.body[:half]) if fault == "truncated" else response


HTML = Response(200, b"<!doctype html><title>Gateway</title>", {"content-type": "text/html"})
HANG = Response(hang=True)
