"""How is what was found about a dataset shown to a person?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tabulate

from ugcbench_tasks.data.downloads import Attempt

EXAMPLES = 3
WRAPPED = 60


def render_census(about: Mapping[str, Any]) -> str:
    """Counts by gold key, and the corrections."""
    rows = [
        (key, gold["n"], gold["distinct"], _describe(gold)) for key, gold in about["gold"].items()
    ]
    lines = [f"{about['dataset']}@{about['revision']}: {about['clips']:,} clips"]
    lines.append(_table(rows, ("gold", "clips", "distinct", "")))
    if about.get("corrections"):
        changes = [
            (
                c["task"],
                c["change"],
                c["changed"] if c["change"] != "note" else c["count"],
                c["reason"],
            )
            for c in about["corrections"]
        ]
        lines.append("\ncorrections of this revision (a note changes nothing):")
        lines.append(_table(changes, ("gold", "change", "clips", "reason"), wrapped=(3,)))
    return "\n".join(lines)


def render_clip_files(summary: Mapping[str, Any]) -> str:
    """How many clips are as they should be, and the first of those that are not."""
    seconds = summary["seconds"]
    spread = (
        "{least:.1f} to {most:.1f}, mean {mean:.1f}".format(**seconds) if seconds else "unknown"
    )
    rows = [
        ("clips", summary["clips"]),
        ("present", summary["present"]),
        ("open", summary["open"]),
        ("with sound", summary["with_sound"]),
        ("seconds", spread),
        ("megabytes", f"{summary['bytes'] / 1e6:,.1f}"),
    ]
    lines = [_table(rows, ())]
    bad = [file for file in summary["files"] if file["problem"]]
    silent = [file for file in summary["files"] if file["sound"] is False]
    lines += [f"{file['id']}: {file['message']}" for file in bad[:EXAMPLES]]
    lines += [f"{file['id']}: no sound" for file in silent[:EXAMPLES]]
    rest = len(bad[EXAMPLES:]) + len(silent[EXAMPLES:])
    if rest:
        lines.append(f"... and {rest} more; --format json lists all")
    return "\n".join(lines)


def render_attempts(results: Sequence[tuple[Attempt, bool]], clips: int, folder: Path) -> str:
    """How many videos were fetched, and the first of those that were not."""
    counts = Counter((attempt.status, new) for attempt, new in results)
    rows = [
        (status, counts[status, True], counts[status, False]) for status in ("ok", "gone", "error")
    ]
    lines = [_table(rows, ("", "now", "before"))]
    bad = [attempt for attempt, _ in results if attempt.status != "ok"]
    lines += [f"{a.id}: {a.status}: {a.reason}" for a in bad[:EXAMPLES]]
    if len(bad) > EXAMPLES:
        lines.append(f"... and {len(bad) - EXAMPLES} more")
    if len(results) < clips:
        lines.append(f"{clips - len(results)} of the dataset's {clips} clips have no address")
    lines.append(f"recorded in {folder / 'fetch.jsonl'}")
    return "\n".join(lines)


def _describe(gold: Mapping[str, Any]) -> str:
    if "words" in gold:
        return f"{gold['words']:.0f} words on average"
    labels = ", ".join(f"{label} {count}" for label, count in gold["labels"].items())
    return f"{labels}; majority {gold['majority']['share']:.1%}"


def _table(
    rows: Sequence[Sequence[object]], headers: Sequence[str], *, wrapped: Sequence[int] = ()
) -> str:
    widths = [
        WRAPPED if column in wrapped else None for column in range(len(rows[0]) if rows else 0)
    ]
    return str(
        tabulate.tabulate(
            rows,
            headers,
            tablefmt="simple" if headers else "plain",
            maxcolwidths=widths if wrapped else None,
            disable_numparse=True,
        )
    )
