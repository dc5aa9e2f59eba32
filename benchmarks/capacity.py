"""How large may a run become before memory or time grows out of hand?

    python benchmarks/capacity.py [--memory] [--resume] [--leaderboard] [--scale SHARE]

Each command runs as a user types it, in a process of its own; without an option, all parts run.

    memory       peak memory of `run`, `score`, `verify` and `compare` over 100,000 questions about
                 texts, and over nine questions about each of 10,000 clips with an offline judge,
                 beside that over a tenth of them; `compare` draws its flips in blocks of one
                 size, which few clips don't fill, so that it has no target
    resume       CPU seconds from the start of `run --resume` to its first request, with 100,000
                 answers of usual length stored: nine about each clip; and, without a target,
                 one about each, where most of the time goes into the rows of the dataset. The
                 import of the provider's client is in it
    leaderboard  seconds for the table of 200 runs of 1,000 clips that are told apart by paired
                 tests of every pair

The clips don't exist: the models here look at none. `--scale 0.1` takes a tenth of everything. The
exit code is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import tabulate

import ugcbench
from ugcbench.evaluation import Unobserved, ask, prepared, wait_for
from ugcbench.requests import Request
from ugcbench.types import Prediction, Prompt, Receipt, Usage

FLAT, FIRST_REQUEST, BOARD = 1.15, 3.0, 30.0
"""Targets: ratio of peaks; CPU seconds; wall seconds."""

GOLD = {
    "voice_source": "Narration",
    "tone": "Positive",
    "bgm": "Yes",
    "ocr": ["DAY ONE", "SALE"],
    "background": "A room with a lamp.",
    "objects": "ball (count: 1, color: red)",
    "audio_caption": "A person talks.",
    "visual_caption": "A room.",
}
TASKS = [f"ugc/{key}" for key in (*GOLD, "caption")]
HEADERS = ["what", "seen", "target", "met"]


def main() -> int:
    """Measure and print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = {"memory": measure_memory, "resume": measure_resume, "leaderboard": measure_board}
    for part in parts:
        parser.add_argument(f"--{part}", action="store_true")
    parser.add_argument("--scale", type=float, default=1.0, help="share of everything; 1 is all")
    given = parser.parse_args()
    wanted = [name for name in parts if getattr(given, name)] or list(parts)
    rows = []
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            rows += [[*row, met(*row[1:])] for row in parts[name](Path(folder), given.scale)]
    print(tabulate.tabulate(rows, HEADERS, floatfmt=".2f"))
    return int(not all(row[-1] for row in rows))


def met(seen: float, target: float | None) -> bool | str:
    """Whether a figure is within its target; a dash if it has none."""
    return "-" if target is None else seen <= target


def measure_memory(folder: Path, scale: float) -> Iterator[list]:
    """Ratios of peak memory, by command and kind of run; what they are made of on stderr."""
    kinds = {
        "texts": (100_000, ["--tasks", "ugc/ocr"], write_texts),
        "clips": (10_000, ["--tasks", ",".join(TASKS), "--judge", "lexical"], write_clips),
    }
    for kind, (all_of_them, options, write) in kinds.items():
        large = round(all_of_them * scale)
        peaks: dict[str, list[float]] = {}
        for count in (large // 10, large):
            dataset = write(folder / f"{kind}-{count}.jsonl", count)
            for name, command in commands(folder / f"{kind}-{count}", dataset, options).items():
                peak, cpu, wall = measure(command)
                peaks.setdefault(name, []).append(peak)
                print(
                    f"{name} {count:,} {kind}: {peak:.0f} MB, {cpu:.1f} s CPU, {wall:.1f} s wall",
                    file=sys.stderr,
                )
        for name, (few, many) in peaks.items():
            target = None if name == "compare" else FLAT
            yield [f"memory of {name}, {large:,} {kind} / {large // 10:,}", many / few, target]


def commands(folder: Path, dataset: Path, options: list[str]) -> dict[str, list[object]]:
    """What is done with a run, in order."""
    run, copy = folder / "run", folder / "copy"
    folder.mkdir()
    return {
        "run": ["run", "--model", "fake", "--dataset", dataset, "--output", run, *options],
        "score": ["score", run, "--output", copy],
        "verify": ["verify", copy],
        "compare": ["compare", run, copy],
    }


def write_texts(path: Path, count: int) -> Path:
    """A dataset of text questions without media."""
    rows = ({"id": f"q{n}", "media": None, "ocr": [f"line {n}", "SALE"]} for n in range(count))
    return write_rows(path, rows)


def write_clips(path: Path, count: int, *, gold: dict = GOLD, bare: int = 0) -> Path:
    """A dataset of clips with a caption and other `gold`; the last `bare` of them have no media."""
    rows = (
        {
            "id": f"clip-{n}",
            "media": f"{n // 100}/clip-{n}.mp4" if n < count - bare else None,
            "final_caption": caption(n),
            **gold,
        }
        for n in range(count)
    )
    return write_rows(path, rows)


def write_rows(path: Path, rows: Iterable[dict]) -> Path:
    """A JSON Lines file."""
    with path.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def caption(number: int) -> str:
    """Some hundred words that no other clip has."""
    return f"A person talks to the camera about thing {number} while quiet music plays. " * 8


def measure(command: list[object]) -> tuple[float, float, float]:
    """Peak megabytes, CPU and wall seconds of `ugcbench` with the arguments `command`."""
    started = time.monotonic()
    process = subprocess.Popen(arguments(command), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed with status {status}")
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    wall = time.monotonic() - started
    return usage.ru_maxrss / scale, usage.ru_utime + usage.ru_stime, wall


def arguments(command: list[object]) -> list[str]:
    """The command line of a process."""
    quiet = ["--quiet"] if command[0] in {"run", "score"} else []
    return [sys.executable, "-m", "ugcbench", *map(str, command), *quiet]


def measure_resume(folder: Path, scale: float) -> Iterator[list]:
    """CPU seconds until the first request, for a run that lacks its last ten answers.

    What they are about has no media, so that no clip is decoded before the request.
    """
    stored = round(100_000 * scale)
    for clips, gold in ((stored // 9 + 2, GOLD), (stored + 10, {})):
        tasks = TASKS if gold else ["ugc/caption"]
        dataset = write_clips(folder / f"{clips}.jsonl", clips, gold=gold, bare=10)
        run = folder / f"run-{clips}"
        wait_for(answer_all_but(10, run, dataset, tasks))
        seconds = min(seconds_to_request(run) for _ in range(2))
        kept = clips * len(tasks) - 10
        name = f"CPU s to the first request, {kept:,} stored answers, {clips:,} clips"
        yield [name, seconds, FIRST_REQUEST if gold else None]


async def answer_all_but(last: int, run: Path, dataset: Path, tasks: list[str]) -> None:
    """A run that was stopped when all but the `last` answers were stored."""
    request = Request(
        model=Describing(),
        tasks=tasks,
        dataset=dataset,
        judge="lexical",
        output=run,
        concurrency=32,
    )
    async with prepared(request, Unobserved()) as plan:
        await ask(plan, Unobserved())
    file = run / "predictions.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-last]))


class Describing:
    """A model with answers and receipts of usual length, under the name of a server's model."""

    name = "openai/describing"
    receipt = Receipt(
        sha256="0" * 64,
        file_bytes=1_000_000,
        decoder="PyAV / FFmpeg",
        profile="paper/1",
        duration=31.2,
        frame_times=tuple(n + 1 / 30 for n in range(32)),
        frame_size=(420, 224),
        source_size=(1080, 1920),
        audio_seconds=31.2,
        sent="frames: 32 jpeg q90; audio: wav 16 kHz 31.2 s",
    )

    async def generate(self, prompt: Prompt) -> Prediction:
        """Describe nothing at length."""
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=caption(0),
            model="describing",
            usage=Usage(input_tokens=4000, output_tokens=120),
            seconds=1.5,
            receipt=self.receipt,
        )

    async def close(self) -> None:
        """Nothing to close."""


def seconds_to_request(run: Path) -> float:
    """CPU seconds of a process that resumes `run`, when its first request reaches a server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Waiting) as server:
        server.arrived = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        command = ["run", "--resume", run, "--option", f"base_url={url}"]
        process = subprocess.Popen(arguments(command), stdout=subprocess.DEVNULL)
        while not server.arrived.wait(0.005):
            if process.poll() is not None:
                raise SystemExit(f"the run ended with status {process.returncode}")
        seconds = cpu_seconds(process.pid)
        process.kill()
        process.wait()
        server.shutdown()
    return seconds


class Waiting(http.server.BaseHTTPRequestHandler):
    """A server that says that a request has come, and nothing more."""

    def do_POST(self) -> None:
        """Take the request."""
        self.server.arrived.set()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def cpu_seconds(process: int) -> float:
    """User and system time of a running process (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_board(folder: Path, scale: float) -> Iterator[list]:
    """Seconds for the leaderboard of many runs, made from one by giving each other scores."""
    count, clips = round(200 * scale), 1000
    dataset = write_clips(folder / "clips.jsonl", clips)
    ugcbench.run(
        model="fake",
        tasks="all",
        dataset=dataset,
        judge="lexical",
        protocol="paper",
        output=folder / "first",
    )
    runs, none = folder / "runs", folder / "entries"
    none.mkdir()
    for number in range(count):
        vary(folder / "first", runs / f"run-{number}", number)
    peak, cpu, wall = measure(["leaderboard", "--runs", runs, "--entries", none])
    print(f"leaderboard: {peak:.0f} MB, {cpu:.1f} s CPU", file=sys.stderr)
    yield [f"wall s of a leaderboard of {count} runs of {clips:,} clips", wall, BOARD]


def vary(first: Path, path: Path, number: int) -> None:
    """A run like `first` of another model, with other scores, as if an LLM had judged it."""
    path.mkdir(parents=True)
    rng = random.Random(number)
    skill = 0.3 + 0.4 * rng.random()
    values: dict[str, list[float]] = {}
    with (first / "records.jsonl").open() as lines, (path / "records.jsonl").open("w") as file:
        for line in lines:
            record = json.loads(line)
            score = record["score"]
            value = float(rng.random() < skill)
            parts = dict.fromkeys(score["parts"], value)
            score |= {"status": "ok", "value": value, "parts": parts, "note": None}
            values.setdefault(record["task"], []).append(value)
            file.write(json.dumps(record) + "\n")
    change(first / "run.json", path, model=f"model-{number}", judge="judge")
    summary = json.loads((first / "summary.json").read_text())
    for cell in summary["cells"]:
        n = len(values[cell["name"].partition(":")[0]])
        mean = sum(values[cell["name"].partition(":")[0]]) / n
        cell |= {"value": mean, "low": mean - 0.03, "high": mean + 0.03, "n": n}
        cell |= {"asked": n, "coverage": 1.0, "statuses": {"ok": n}}
        if cell["judge"]:
            cell |= {"judge": "judge", "judge_answered": ["judge"], "comparable": True}
    columns = [cell["value"] for cell in summary["cells"] if cell["table"]]
    change(
        *(first / "summary.json", path),
        run=path.name,
        model=f"model-{number}",
        cells=summary["cells"],
        average=sum(columns) / len(columns),
    )


def change(file: Path, folder: Path, **values: object) -> None:
    """A copy of a JSON file in `folder`, with other values for some keys."""
    (folder / file.name).write_text(json.dumps(json.loads(file.read_text()) | values))


if __name__ == "__main__":
    sys.exit(main())
