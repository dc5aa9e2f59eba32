"""What did a model that is run here say?"""

from __future__ import annotations

from dataclasses import dataclass

from ugcbench.types import Failure


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said; `finish` is `stop` or `length`, `made` counts the reply's tokens."""

    text: str
    finish: str
    made: int


def explain_silence(finish: str) -> Failure:
    """The failure that stands for a reply without text."""
    reason = f"the reply has no text (finish reason: {finish})"
    return Failure(status="refused", kind="empty", message=reason)
