"""What do a model's replies to a probe prove?

The surest evidence comes first: the model names a code word that it can't know otherwise; its
replies change with the content alone; it counts the tokens that the matter takes. Where it counts
none of them, or was sent the same with and without, the matter did not arrive.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ugcbench.doctor.probes import Probe
from ugcbench.types import Prediction

Verdict = Literal["seen", "heard", "reached", "not proved", "did not arrive"]


@dataclass(frozen=True, slots=True)
class Replies:
    """What was said about the variants of a probe; `again` is the first one asked twice."""

    first: Prediction
    again: Prediction
    second: Prediction
    without: Prediction

    @property
    def gained(self) -> int | None:
        """Tokens that the first variant takes beyond the one without; None if they aren't told."""
        with_it, without = (each.usage.input_tokens for each in (self.first, self.without))
        return None if with_it is None or without is None else with_it - without

    @property
    def same_was_sent(self) -> bool:
        """Whether the receipts say that nothing else was sent with the matter than without."""
        sent = _sent(self.first)
        return sent is not None and sent == _sent(self.without)


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict, and what it stands on."""

    verdict: Verdict
    because: str


def weigh(probe: Probe, replies: Replies) -> Finding:
    """The verdict on a probe, by the surest evidence that there is."""
    if words := _find_named(probe, replies):
        return Finding(probe.success, f"it names the code word ({', '.join(words)})")
    if _tells_apart(replies):
        return Finding("reached", "no code word is named, but replies change with the content")
    if replies.gained is None:
        return _weigh_words(probe, replies)
    if replies.gained >= probe.least_tokens:
        return Finding("reached", "no code word is named, but the input grows by its tokens")
    return Finding("did not arrive", "no code word is named, and the input hardly grows with it")


def measure(replies: Replies) -> Mapping[str, Any]:
    """The figures behind a finding."""
    named = {
        "first": replies.first,
        "again": replies.again,
        "second": replies.second,
        "without": replies.without,
    }
    return {
        "replies": {name: _said(each) for name, each in named.items()},
        "input_tokens": {name: each.usage.input_tokens for name, each in named.items()},
        "tokens_gained": replies.gained,
        "sent": _sent(replies.first),
    }


def _weigh_words(probe: Probe, replies: Replies) -> Finding:
    """The verdict where no tokens are counted and the replies don't follow the content."""
    texts = {each.text for each in (replies.first, replies.second, replies.without)}
    if replies.same_was_sent and len(texts) == 1 and None not in texts:
        why = (
            f"by its receipt the same was sent with {probe.name} and without, and it replies alike"
        )
        return Finding("did not arrive", why)
    return Finding("not proved", "no code word is named, and no input tokens are counted")


def _find_named(probe: Probe, replies: Replies) -> list[str]:
    """The code words that are named where they belong; none if one is named where it doesn't."""
    first, second = probe.first.word, probe.second.word
    if _names(replies.second, first) or _names(replies.first, second):
        return []
    if any(_names(replies.without, word) for word in (first, second)):
        return []
    return [
        word
        for word, reply in ((first, replies.first), (second, replies.second))
        if _names(reply, word)
    ]


def _names(reply: Prediction, word: str) -> bool:
    return bool(word) and re.search(rf"\b{word}", (reply.text or "").casefold()) is not None


def _tells_apart(replies: Replies) -> bool:
    """Whether equal questions get equal replies, and the other content gets another one."""
    first, again, second = replies.first.text, replies.again.text, replies.second.text
    return None not in (first, second) and first == again != second


def _said(reply: Prediction) -> str:
    return reply.text if reply.text is not None else f"({reply.failure and reply.failure.message})"


def _sent(reply: Prediction) -> str | None:
    return reply.receipt.sent if reply.receipt else None
