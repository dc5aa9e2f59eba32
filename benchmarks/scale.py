"""How much faster are two workers of Ray than one, and what does the run's own process cost?

    python benchmarks/scale.py [--questions 240] [--seconds 0.1] [--rounds 3]

Starts a Ray of its own on this machine. First, an adapter that keeps a core busy for `--seconds` of
CPU time over each question is run by one worker and by two; what counts is the time from the first
answer to the last, so that the start of Ray (some seconds) does not. What the machine itself can
give just then stands beside it: the same work in one plain process and in two. `busy` is the share
of that time in which both workers had a question in hand; twice that is what two idle cores would
give, whatever else the machine is doing. Then 2,000 questions that cost the adapter nothing are run
here and on two workers, and the CPU time of the run's own process is divided by their number:
asking, storing and scoring, without imports and the start of Ray.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import tabulate

import ugcbench
from ugcbench import Clip, DatasetSpec, Gold, ModelSpec, Prediction, Prompt, hookimpl
from ugcbench.evaluation import Unobserved
from ugcbench.results import Result

FREE = 2_000
"""Questions for the second figure."""
PER_CLIP = 4
TASKS = "ugc/ocr,ugc/tone,ugc/voice_source,ugc/bgm"
TARGETS = {"two workers against one": "at least 1.7", "CPU ms a sample": "under 5"}


class Busy:
    """Keeps a core busy for `seconds` of CPU time over each question."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer when the time is used up."""
        started, until = time.monotonic(), time.process_time() + self.seconds
        while time.process_time() < until:
            pass
        held = time.monotonic() - started
        return Prediction(task=prompt.task, sample_id=prompt.sample_id, text="A", seconds=held)

    async def close(self) -> None:
        """Hold nothing."""


class Clips:
    """`count` clips without files, with gold for four tasks."""

    name, revision = "made", "1"

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[Clip]:
        choice = Gold(answer="A", choices=("A. one", "B. two"))
        gold = {"tone": choice, "voice_source": choice, "bgm": choice, "ocr": Gold(answer=("A",))}
        for number in range(self.count):
            yield Clip(id=f"c{number}", media=f"c{number}.mp4", gold=gold)


class Plugin:
    """What the benchmark adds."""

    @hookimpl
    def ugcbench_models(self) -> Iterable[ModelSpec]:
        """The adapter."""
        yield ModelSpec(name="busy", target="scale:Busy", summary="busy")

    @hookimpl
    def ugcbench_datasets(self) -> Iterable[DatasetSpec]:
        """The clips."""
        yield DatasetSpec(name="made", target="scale:Clips", summary="made", group="ugc")


class Watch(Unobserved):
    """Notes when answers came, and the CPU time of this process at the first one and at the end."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.cpu = 0.0
        self.held = 0.0

    def begin(self, stage: str, total: int) -> None:
        """Note when scoring begins."""
        self.stage = stage

    def step(self, prediction: Prediction | None = None) -> None:
        """Note an answer."""
        if self.stage == "asking":
            if self.times and prediction is not None:
                self.held += prediction.seconds
            self.cpu = self.cpu or time.process_time()
            self.times.append(time.monotonic())

    @property
    def seconds(self) -> float:
        """From the first answer to the last."""
        return self.times[-1] - self.times[0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=240)
    parser.add_argument("--seconds", type=float, default=0.1, help="CPU time of each answer")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # for the workers
    print_speedup(arguments.questions, arguments.seconds, arguments.rounds)
    print_overhead()
    for figure, target in TARGETS.items():
        print(f"target: {figure} {target}", file=sys.stderr)


def print_speedup(questions: int, seconds: float, rounds: int) -> None:
    """Wall time of one worker and of two, and of plain processes, for each round."""
    rows = []
    for number in range(rounds):
        plain = [burn(questions * seconds, processes) for processes in (1, 2)]
        one, two = (measure(questions, seconds, workers)[0] for workers in (1, 2))
        busy = two.held / (2 * two.seconds)
        ratio = one.seconds / two.seconds
        rows.append([number + 1, one.seconds, two.seconds, ratio, plain[0] / plain[1], busy])
    headers = ["round", "one worker s", "two workers s", "two against one", "plain", "busy"]
    print(tabulate.tabulate(rows, headers, floatfmt=".2f"))


def burn(seconds: float, processes: int) -> float:
    """Wall time for so many seconds of CPU time, shared by so many processes."""
    code = f"import time\nwhile time.process_time() < {seconds / processes}: pass"
    started = time.monotonic()
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(processes)]
    for process in running:
        process.wait()
    return time.monotonic() - started


def print_overhead() -> None:
    """CPU milliseconds of this process for each sample, here and with two workers."""
    rows = []
    for workers in (0, 2):
        watch, cpu = measure(FREE, 0.0, workers)
        used = 1e3 * (cpu - watch.cpu) / FREE
        rows.append([f"{workers} on Ray" if workers else "none", used, FREE / watch.seconds])
    headers = ["workers", "CPU ms a sample", "answers a second"]
    print(tabulate.tabulate(rows, headers, floatfmt=".2f"))


def measure(questions: int, seconds: float, workers: int) -> tuple[Watch, float]:
    """Run the adapter on so many workers (0: in this process); what was seen, and the CPU time."""
    watch = Watch()
    place = {"executor": "ray", "workers": workers} if workers else {}
    with tempfile.TemporaryDirectory() as folder:
        result: Result = ugcbench.run(
            watch,
            model="busy",
            options={"seconds": seconds},
            dataset="made",
            dataset_options={"count": questions // PER_CLIP},
            tasks=TASKS,
            concurrency=2,
            output=Path(folder) / "run",
            registry=ugcbench.Registry({"scale": Plugin()}),
            **place,
        )
        if result.summary.requests != questions:
            raise SystemExit(f"{result.summary.requests} of {questions} questions were asked")
    return watch, time.process_time()


if __name__ == "__main__":
    main()
