"""How is a collection shown to a person?"""

from __future__ import annotations

import textwrap
from pathlib import Path

from ugcbench.rendering import render
from ugcbench_curate.collecting.collection import Collection
from ugcbench_curate.collecting.sifting import Verdict

HEADERS = ("falls out", "reason", "explanation", "seconds", "to hear", "LUFS")
WIDTH = 50
SHOWN = 40
"""Clips that fall out and are listed on a terminal; the report holds all."""


def show_collection(found: Collection, output: Path) -> str:
    """The clips that fall out with their reasons, and the counts."""
    out = [verdict for verdict in found.verdicts if not verdict.kept]
    lines = []
    if out:
        rows = [_row(verdict) for verdict in out[:SHOWN]]
        lines.append(render(HEADERS, rows, "table", left=HEADERS[:3]))
    if len(out) > SHOWN:
        lines.append(f"... and {len(out) - SHOWN} more, in report.jsonl")
    alike = [verdict for verdict in found.kept if verdict.resembles]
    for verdict in alike[:SHOWN]:
        others = ", ".join(each.other for each in verdict.resembles)
        lines.append(f"{verdict.id}: kept, though its pictures are like those of {others}")
    reasons = ", ".join(f"{reason} {count}" for reason, count in found.reasons.items())
    rest = f"; {reasons}" if reasons else ""
    lines.append(f"{len(found.kept):,} of {len(found.verdicts):,} clips are kept{rest}")
    lines.append(f"in {output}: report.jsonl, clips.jsonl, kept.txt")
    return "\n".join(lines)


def _row(verdict: Verdict) -> tuple[str, ...]:
    numbers = (verdict.seconds, verdict.audio_seconds, verdict.loudness)
    return (
        verdict.id,
        verdict.reason or "",
        textwrap.fill(verdict.message or "", WIDTH, break_long_words=False),
        *("" if number is None else f"{number:.1f}" for number in numbers),
    )
