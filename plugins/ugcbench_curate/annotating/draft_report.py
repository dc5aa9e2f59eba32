"""What came of drafting, and how is it shown?"""

from __future__ import annotations

from collections.abc import Mapping

from ugcbench.rendering import render
from ugcbench.types import Frozen

SHOWN = 5


class FieldReport(Frozen):
    """What became of a field, in clips: drafted now; kept, since it already said something; unsaid,
    since the model can't tell or its reply can't be read.
    """

    drafted: int
    kept: int
    unsaid: int


class DraftReport(Frozen):
    """What a model drafted, and what it took.

    `answered` are the ids under which it replied, `unread` what in its replies can't be read, by
    clip, `failures` counts the replies that never came, by kind, and `examples` says of each kind
    what the first one was. `replies` counts all of them.
    """

    model: str
    answered: tuple[str, ...]
    clips: int
    fields: Mapping[str, FieldReport]
    unread: tuple[str, ...]
    failures: Mapping[str, int]
    examples: Mapping[str, str] = {}
    replies: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None

    @property
    def drafted(self) -> int:
        """Values that were drafted."""
        return sum(field.drafted for field in self.fields.values())


def show_drafts(report: DraftReport) -> str:
    """A row for each field, and below what went wrong."""
    rows = [
        (path, f"{field.drafted:,}", f"{field.kept:,}", f"{field.unsaid:,}")
        for path, field in report.fields.items()
    ]
    answered = f" (answered: {', '.join(report.answered)})" if report.answered else ""
    cost = "" if report.cost_usd is None else f", {report.cost_usd:.4f} USD"
    tokens = f"{report.input_tokens:,} + {report.output_tokens:,} tokens"
    lines = [
        f"{report.drafted:,} drafts by {report.model}{answered} on {report.clips:,} clips",
        render(("field", "drafted", "kept", "unsaid"), rows, "table", left=("field",)),
        f"{report.replies:,} replies, {tokens}{cost}",
    ]
    for kind, count in report.failures.items():
        lines.append(f"failed: {kind} {count:,}, such as {report.examples[kind]}")
    lines += [f"can't be read: {problem}" for problem in report.unread[:SHOWN]]
    if len(report.unread) > SHOWN:
        lines.append(f"... and {len(report.unread) - SHOWN} more; --format json lists all")
    return "\n".join(lines)
