"""What does judging cost, and what becomes of verdicts when the judge's server misbehaves?

    python benchmarks/judging.py [--rounds N]

Puts 3,000 captions before a judge on a loopback OpenAI-compatible server that takes 0.3 s for each
and lets every tenth call go wrong (429, 500, truncated and malformed replies, calls that hang), 64
at a time, through the command line in its own process. Wall time is printed as a ratio of the
ideal without faults (verdicts x latency / concurrency); each round has faults of its own, and an
answer that meets four in a row prolongs it. Then everything is scored again with the server gone,
so that whatever were asked a second time would fail. The exit code is 1 if a target is missed: at
most 1.6 x the ideal in the median round; in all of them every caption scored or with a typed
failure, nothing lost, nothing doubled, nothing asked again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

import tabulate

VERDICTS, LATENCY, CONCURRENCY, FAULTS = 3_000, 0.3, 64, 0.1
IDEAL = VERDICTS * LATENCY / CONCURRENCY
TARGET = 1.6
TIMEOUT = 1.5
"""Seconds until a call that hangs is given up, five times what a call takes."""


def main() -> int:
    """Measure and print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    with tempfile.TemporaryDirectory() as folder:
        captions = caption(Path(folder))
        rounds = range(parser.parse_args().rounds)
        rows = [judge(Path(folder), captions, number) for number in rounds]
    print(tabulate.tabulate(rows, headers="keys", floatfmt=".2f"))
    ratio = median(row[f"ratio to {IDEAL:.2f} s"] for row in rows)
    whole = all(
        row["scored"] + row["typed failures"] == VERDICTS
        and not row["lost"] + row["doubled"] + row["asked again"]
        for row in rows
    )
    print(
        f"median ratio {ratio:.2f} (at most {TARGET}); nothing lost, doubled, asked again: {whole}"
    )
    return int(ratio > TARGET or not whole)


def caption(folder: Path) -> Path:
    """A run with a caption for every clip, judged by nobody who counts."""
    dataset = folder / "captions.jsonl"
    rows = ({"id": f"c{n}", "media": None, "final_caption": f"Clip {n}."} for n in range(VERDICTS))
    dataset.write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = folder / "captions"
    given = ("--model", "fake", "--dataset", dataset, "--tasks", "ugc/caption")
    ugcbench("run", *given, "--judge", "lexical", "--output", path)
    return path


def judge(folder: Path, captions: Path, number: int) -> dict[str, float]:
    """One round: judged by the misbehaving server, then once more without it."""
    judged = folder / f"judged-{number}"
    server = [sys.executable, "-m", "ugcbench.testing.openai_server"]
    server += ["--latency", str(LATENCY), "--faults", str(FAULTS), "--seed", str(number)]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        started = time.monotonic()
        ugcbench(
            *("score", captions, "--judge", "openai/judge", "--judge-option", f"base_url={url}"),
            *("--concurrency", CONCURRENCY, "--timeout", TIMEOUT, "--output", judged),
        )
        wall = time.monotonic() - started
        process.terminate()
    records = read(judged / "records.jsonl")
    stored = (line for line in read(judged / "verdicts.jsonl") if line["judge"] == "openai/judge")
    verdicts = Counter(line["key"] for line in stored)
    statuses = Counter(record["score"]["status"] for record in records)
    ugcbench("score", judged)
    again = read(judged / "records.jsonl")
    return {
        "round": number + 1,
        "wall s": wall,
        f"ratio to {IDEAL:.2f} s": wall / IDEAL,
        "scored": statuses["ok"],
        "typed failures": statuses.total() - statuses["ok"],
        "lost": VERDICTS - len({record["sample_id"] for record in records}),
        "doubled": sum(count - 1 for count in verdicts.values()),
        "asked again": sum(
            one["score"]["status"] == "ok" and one != two
            for one, two in zip(records, again, strict=True)
        ),
        "replies stored": len(verdicts),
    }


def read(path: Path) -> list[dict]:
    """The lines of a JSONL file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def ugcbench(*arguments: object) -> None:
    """Run the command line in its own process; low coverage (exit code 4) is no error here."""
    command = [sys.executable, "-m", "ugcbench", *map(str, arguments), "--quiet"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 4):
        raise SystemExit(done.stderr)


if __name__ == "__main__":
    sys.exit(main())
