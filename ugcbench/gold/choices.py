"""Which option does an answer mean?"""

from __future__ import annotations


def find_choice(answer: str, choices: tuple[str, ...]) -> str | None:
    """Return the option that `answer` means, whatever its case, or None.

    The official release writes `neutral` where the option is `Neutral`.
    """
    return next((c for c in choices if c.casefold() == answer.strip().casefold()), None)
