"""How is a collection shown to a person?"""

from __future__ import annotations

from pathlib import Path

import tabulate

from ugcbench_curate.collecting.collection import Collection
from ugcbench_curate.collecting.sifting import Verdict

SHOWN = 40
"""Clips that fall out and are listed on a terminal; the report holds all."""


def render(found: Collection, output: Path) -> str:
    """The clips that fall out with their reasons, and the counts."""
    out = [verdict for verdict in found.verdicts if not verdict.kept]
    lines = []
    if out:
        rows = [_row(verdict) for verdict in out[:SHOWN]]
        lines.append(_table(rows, ("falls out", "reason", "", "s", "to hear", "LUFS")))
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
        verdict.message or "",
        *("" if number is None else f"{number:.1f}" for number in numbers),
    )


def _table(rows: list[tuple[str, ...]], headers: tuple[str, ...]) -> str:
    return str(
        tabulate.tabulate(
            rows,
            headers,
            tablefmt="simple",
            disable_numparse=True,
            maxcolwidths=[None, None, 60, None, None, None],
            colalign=("left", "left", "left", "right", "right", "right"),
        )
    )
