"""What does the harness itself cost, beside the model's time?

    python benchmarks/overhead.py [--memory]

Puts 990 text questions to a loopback OpenAI-compatible server that takes 0.2 s for each, 64 at a
time, through the command line in its own process, and prints wall time as a ratio of the ideal
(requests x latency / concurrency) and the CPU seconds of the whole process, imports included. With
--memory it also prints the peak memory of runs over 1,000 and 100,000 samples, and their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tabulate

REQUESTS, LATENCY, CONCURRENCY = 990, 0.2, 64
IDEAL = REQUESTS * LATENCY / CONCURRENCY


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", action="store_true", help="also 1,000 and 100,000 samples")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print_overhead(Path(folder), arguments.rounds)
        if arguments.memory:
            print_memory(Path(folder))


def print_overhead(folder: Path, rounds: int) -> None:
    """Wall time against the ideal, and CPU seconds, for each round."""
    dataset = write_dataset(folder / "questions.jsonl", REQUESTS)
    rows = []
    server = [sys.executable, "-m", "ugcbench.testing.openai_server", "--latency", str(LATENCY)]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        for number in range(rounds):
            wall, cpu, peak = run(
                *("--model", "openai/loopback", "--option", f"base_url={url}"),
                *("--dataset", dataset, "--output", folder / f"run-{number}"),
                *("--concurrency", CONCURRENCY),
            )
            rows.append([number + 1, wall, wall / IDEAL, cpu, peak])
        process.terminate()
    headers = ["round", "wall s", f"ratio to the ideal {IDEAL:.2f} s", "CPU s", "peak MB"]
    print(tabulate.tabulate(rows, headers, floatfmt=".2f"))


def print_memory(folder: Path) -> None:
    """Peak memory for 1,000 and 100,000 samples, with their ratio."""
    rows = []
    for count in (1_000, 100_000):
        _, cpu, peak = run(
            *("--model", "fake", "--dataset", write_dataset(folder / f"{count}.jsonl", count)),
            *("--output", folder / f"memory-{count}"),
        )
        rows.append([count, peak, peak / (rows[0][1] if rows else peak), cpu, 1e3 * cpu / count])
    headers = ["samples", "peak MB", "ratio to 1,000", "CPU s", "CPU ms a sample"]
    print(tabulate.tabulate(rows, headers, floatfmt=".2f"))


def run(*arguments: object) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MB of `ugcbench run` in its own process."""
    command = [sys.executable, "-m", "ugcbench", "run", "--tasks", "ugc/ocr", "--quiet"]
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, *map(str, arguments)], stdout=subprocess.DEVNULL, env=dict(os.environ)
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    if status:
        raise SystemExit(f"the run failed with status {status}")
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return wall, cpu_seconds(usage), usage.ru_maxrss / scale


def cpu_seconds(usage: resource.struct_rusage) -> float:
    """User and system time together."""
    return usage.ru_utime + usage.ru_stime


def write_dataset(path: Path, count: int) -> Path:
    """A dataset of text questions without media."""
    with path.open("w") as file:
        for number in range(count):
            row = {"id": f"q{number}", "media": None, "ocr": [f"line {number}", "SALE"]}
            file.write(json.dumps(row) + "\n")
    return path


if __name__ == "__main__":
    main()
