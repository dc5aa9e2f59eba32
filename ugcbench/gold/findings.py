"""What was found in a dataset, and how is it told?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warning", "error"]
EXAMPLES = 5
SHOWN = 20
SHOWN_EXAMPLES = 3


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for in a dataset.

    `ok` is a check that passed. `note` is worth knowing, `warning` can change a number, `error`
    keeps the dataset from being used. `about` is a gold key or a file, `count` of `total` things
    are concerned, `examples` are the first few of them, `clips` the ids of all clips concerned,
    where it is about clips.
    """

    level: Level
    check: str
    about: str
    message: str
    count: int = 0
    total: int | None = None
    examples: tuple[str, ...] = ()
    clips: tuple[str, ...] = ()


def first(things: Iterable[object]) -> tuple[str, ...]:
    """The first few things as texts, for a finding's examples."""
    return tuple(str(thing) for thing, _ in zip(things, range(EXAMPLES), strict=False))


def render_findings(findings: Sequence[Finding]) -> str:
    """One paragraph a finding, errors first; of many errors only the first are shown."""
    errors = [finding for finding in findings if finding.level == "error"]
    lines = [_tell(finding) for finding in (*errors[:SHOWN], *findings[len(errors) :])]
    if len(errors) > SHOWN:
        lines.append(f"... and {len(errors) - SHOWN} more errors; --format json lists all")
    counts = Counter(finding.level for finding in findings)
    lines.append(", ".join(f"{level} {count}" for level, count in counts.items()))
    return "\n".join(lines)


def _tell(finding: Finding) -> str:
    total = "" if finding.total is None else f" of {finding.total:,}"
    number = f": {finding.count:,}{total}" if finding.count else ""
    lines = [f"{finding.level:<8} {finding.about}, {finding.check}{number}", finding.message]
    if finding.examples:
        shown = finding.examples[:SHOWN_EXAMPLES]
        more = ", ..." if finding.count > len(shown) else ""
        lines.append(f"e.g. {', '.join(shown)}{more}")
    return "\n         ".join(lines)
