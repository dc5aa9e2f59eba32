"""What is lost when everything goes wrong that can?

    python benchmarks/chaos.py [--seed N] [--jobs N] [--runs N] [--only TEXT] [--write]

Puts runs of the command line under every fault of `ugcbench.testing.chaos` (processes killed, disks
full, networks dropped, servers that answer badly, no more memory, files cut and damaged), resumes
each, compares it with an unbroken run, and prints a row for each fault. Exits with 1 if an answer
was lost, doubled or asked for again, or if anything else was not as it must be. With --write the
table is put into docs/faults.md. Needs Linux and the extra [openai]; takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ugcbench.testing.chaos import FAULTS, Disturbance, Outcome, Rig, undergo
from ugcbench.testing.chaos.tables import add_up, show, write_into

PAGE = Path(__file__).parent.parent / "docs" / "faults.md"

Work = tuple[Disturbance, int]


def main() -> None:
    """Disturb, resume, compare and print."""
    arguments = read_arguments()
    faults = [fault for name, fault in FAULTS.items() if arguments.only in name and fault.possible]
    work = [(fault, number) for fault in faults for number in range(arguments.runs or fault.runs)]
    with (
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(arguments.jobs) as pool,
    ):
        shares = [work[job :: arguments.jobs] for job in range(arguments.jobs)]
        folders = [Path(folder) / str(job) for job in range(arguments.jobs)]
        done = [*pool.map(undergo_all, folders, shares, [arguments.seed] * arguments.jobs)]
    order = list(FAULTS)
    outcomes = sorted(
        (one for some in done for one in some), key=lambda one: order.index(one.fault)
    )
    rows = add_up(outcomes)
    print(show(rows))
    if arguments.write:
        PAGE.write_text(write_into(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")
    sys.exit(rows[-1].whole < rows[-1].runs)


def undergo_all(folder: Path, work: Sequence[Work], seed: int) -> list[Outcome]:
    """One fault after the other, at a rig of its own; what was wrong is told at once."""
    outcomes = []
    folder.mkdir()
    with Rig(folder) as rig:
        for fault, number in work:
            outcome = undergo(rig, fault, seed, number)
            outcomes.append(outcome)
            if not outcome.harmless:
                print(f"--seed {seed}, number {number}: {outcome}", file=sys.stderr, flush=True)
    return outcomes


def read_arguments() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="when and where the faults strike")
    parser.add_argument("--jobs", type=int, default=2, help="rigs at work at once")
    parser.add_argument("--runs", type=int, help="of each fault, instead of the usual number")
    parser.add_argument("--only", default="", metavar="TEXT", help="faults whose name has this")
    parser.add_argument("--write", action="store_true", help="put the table into docs/faults.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
