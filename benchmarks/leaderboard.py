"""How long does it take from the released files to the paper's tables?

    python benchmarks/leaderboard.py [RELEASE]

RELEASE is a checkout of the official repository (default: $UGCBENCH_UGC_VIDEOCAP or
../shared/ugc-videocap). Imports its recorded systems and makes both tables with intervals and ties,
each command in a process of its own, and prints wall and CPU seconds and the share of the 30
seconds that the whole may take. How much faster on-screen text is scored than by a plain loop over
rouge-score, with identical numbers, is what benchmarks/scoring.py prints.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tabulate

ALLOWED = 30.0
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Measure and print."""
    default = os.environ.get("UGCBENCH_UGC_VIDEOCAP") or ROOT.parent / "shared" / "ugc-videocap"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("release", type=Path, nargs="?", default=Path(default))
    release = parser.parse_args().release
    if not (release / "results").is_dir():
        raise SystemExit(f"{release} is no checkout of the official repository")
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "import the recorded systems": ["import", "ugc-videocap", release, "--output", folder],
            "main table": ["leaderboard", "--runs", folder],
            "caption table, ties": ["leaderboard", "--runs", folder, "--table", "caption"],
            "check against the published": ["leaderboard", "--runs", folder, "--check"],
        }
        rows = [[name, *measure(command)] for name, command in commands.items()]
    rows.append(["all", sum(row[1] for row in rows), sum(row[2] for row in rows)])
    table = [[*row, row[1] / ALLOWED] for row in rows]
    headers = ["command", "wall s", "CPU s", f"ratio to {ALLOWED:.0f} s"]
    print(tabulate.tabulate(table, headers, floatfmt=".2f"))


def measure(arguments: list[object]) -> tuple[float, float]:
    """Wall and CPU seconds of one command."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "ugcbench", *map(str, arguments)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments} failed with status {status}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
