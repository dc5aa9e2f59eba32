"""What was found in a card that is checked?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ugcbench_leaderboard.cards.reading import shorten

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reader should know: `text` about `subject`, a part of the card.

    With an error the card is not to be believed, or can't be compared as it claims; a warning
    tells what could not be checked, or what sets the row apart.
    """

    level: Level
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.level}: {self.subject}: {self.text}"


def error(subject: str, text: str) -> Finding:
    """A finding for which the card is not taken."""
    return Finding("error", shorten(subject), shorten(text))


def warning(subject: str, text: str) -> Finding:
    """A finding that doesn't stand in the way."""
    return Finding("warning", shorten(subject), shorten(text))


class Samples:
    """Gathers samples with the same problem, so that thousands of them are one line."""

    def __init__(self) -> None:
        self._found: dict[tuple[Level, str, str], list[str]] = defaultdict(list)

    def add(self, task: str, sample: str, text: str, level: Level = "error") -> None:
        """Note a problem of a sample."""
        self._found[level, task, text].append(sample)

    def findings(self) -> Iterator[Finding]:
        """One finding for each task and problem, with the number of samples and the first."""
        for (level, task, text), samples in self._found.items():
            first = samples[0][:120]
            which = first if len(samples) == 1 else f"{len(samples)} samples, such as {first}"
            yield Finding(level, shorten(task), shorten(f"{text} ({which})"))
