"""How do the leaderboard's entries and the tables in its README stay true?

python tools/update_leaderboard.py            write the tables in leaderboard/README.md anew
python tools/update_leaderboard.py RUN...     put the cells of runs into the entries before that
python tools/update_leaderboard.py --check    exit with 1 if the tables are out of date
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ugcbench_leaderboard.columns import TABLES, Table
from ugcbench_leaderboard.comparability import mark_differences
from ugcbench_leaderboard.entries import Directory, Entry, Measured, read_entries
from ugcbench_leaderboard.ranking import rank
from ugcbench_leaderboard.rendering import render_table
from ugcbench_leaderboard.standings import gather, read_run

SHELF = Path(__file__).parent.parent / "leaderboard"
README = SHELF / "README.md"
ENTRIES = SHELF / "ugcbench_leaderboard" / "entries"


def main() -> int:
    """Write or check; returns the exit code."""
    for path in (name for name in sys.argv[1:] if name != "--check"):
        store(Path(path))
    text = README.read_text(encoding="utf-8")
    wanted = text
    for table in TABLES:
        wanted = fill(wanted, table)
    if "--check" not in sys.argv:
        README.write_text(wanted, encoding="utf-8")
        return 0
    if wanted != text:
        advice = "python tools/update_leaderboard.py"
        print(f"leaderboard/README.md is out of date; type: {advice}", file=sys.stderr)
    return int(wanted != text)


def fill(text: str, table: Table) -> str:
    """`text` with the block of a table replaced by the table that the entries give."""
    rows = rank(table, mark_differences(gather(table, read_entries(ENTRIES))))
    content = render_table(table, rows, "md")
    filled, count = re.subn(
        rf"(<!-- {table}: [^\n]*-->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}\n{content}\n\n{match[2]}",
        text,
        count=1,
        flags=re.DOTALL,
    )
    if not count:
        raise SystemExit(f"leaderboard/README.md has no block {table!r}")
    return filled


def store(path: Path) -> None:
    """Put the cells of a run into its system's entry, in the place of older ones of its kind."""
    measured = read_run(path).measured
    directory = read_entries(ENTRIES)
    model = measured.summary.model
    entry = directory.find(model) or Entry(model=model, measured=(measured,))
    kept = tuple(old for old in entry.measured if kind(old) != kind(measured))
    changed = entry.model_copy(update={"measured": (*kept, without_platform(measured))})
    Directory([*(e for e in directory.entries if e is not entry), changed])
    name = re.sub(r"[^a-z0-9.]+", "-", entry.model.casefold()).strip("-.")
    text = changed.model_dump_json(indent=2, exclude_defaults=True)
    (ENTRIES / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def kind(measured: Measured) -> tuple[str, str, str]:
    """What may stand only once in an entry: dataset, protocol and source of the answers."""
    summary = measured.summary
    return summary.dataset.rpartition("@")[0], measured.protocol.name, summary.source


def without_platform(measured: Measured) -> Measured:
    """The same without the name of the machine's system, which changes no number."""
    versions = {k: v for k, v in measured.summary.versions.items() if k != "platform"}
    summary = measured.summary.model_copy(update={"versions": versions})
    return measured.model_copy(update={"summary": summary})


if __name__ == "__main__":
    sys.exit(main())
