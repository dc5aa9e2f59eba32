"""What did a fault cost?"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Outcome:
    """What became of one run that was disturbed.

    Attributes:
        fault: what was done to it.
        struck: how often.
        lost: records that the unbroken run has and this one has not, and stored answers that went.
        doubled: answers or records that are there once too often.
        asked_again: requests for answers that were on disk.
        problems: in words, what else was not as it must be; such as a traceback, an error that
            doesn't say what to do, or what `ugcbench verify` finds.

    """

    fault: str
    struck: int = 0
    lost: int = 0
    doubled: int = 0
    asked_again: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def harmless(self) -> bool:
        """Whether nothing was wrong afterwards."""
        return not (self.lost or self.doubled or self.asked_again or self.problems)
