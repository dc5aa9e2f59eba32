"""What does it cost to start, before anything is done?

    python benchmarks/startup.py

CPU seconds (best of the rounds) and peak memory of short commands, each in a process of its own,
beside a Python that only imports the two libraries that no command can do without.
"""

from __future__ import annotations

import argparse
import os
import sys

import tabulate

REFERENCE = ["-c", "import click, pluggy, importlib.metadata"]
COMMANDS = {
    "python, click, pluggy": REFERENCE,
    "ugcbench --help": ["-m", "ugcbench", "--help"],
    "ugcbench list models": ["-m", "ugcbench", "list", "models"],
    "ugcbench list tasks": ["-m", "ugcbench", "list", "tasks"],
    "import ugcbench": ["-c", "import ugcbench"],
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    best: dict[str, tuple[float, float]] = {}
    for number in range(rounds + 1):
        for name, arguments in COMMANDS.items():
            measured = measure(arguments)
            if number:  # the first round only warms the disk's cache
                best[name] = min(best.get(name, measured), measured)
    reference = best["python, click, pluggy"][0]
    rows = [[name, cpu, cpu / reference, peak] for name, (cpu, peak) in best.items()]
    headers = ["command", "CPU s", "ratio to the first row", "peak MB"]
    print(tabulate.tabulate(rows, headers, floatfmt=("", ".3f", ".2f", ".1f")))


def measure(arguments: list[str]) -> tuple[float, float]:
    """CPU seconds and peak MB of one Python process."""
    silent = os.open(os.devnull, os.O_WRONLY)
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, *arguments],
        dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_DUP2, silent, 1)],
    )
    _, status, usage = os.wait4(process, 0)
    os.close(silent)
    if status:
        raise SystemExit(f"{arguments} failed with status {status}")
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale


if __name__ == "__main__":
    main()
