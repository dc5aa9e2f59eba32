"""What does a reward cost, and is it the evaluation's number to the last bit?

    python benchmarks/rewards.py [--rounds N]

Three figures, each with its target; the exit code is 1 if one is missed.

- 64 completions through TRL's reward function (judge, length, monitor), judged by a loopback
  OpenAI-compatible server in its own process that takes 0.5 s for each, 64 at a time: at most 1.3 s
  of wall time in the slowest round, the first with its connections included.
- The same path without a judge (length, three guards, monitor): at most 1 ms a completion in the
  median round.
- Evaluation and reward of the recorded captions and training rows of the official repository
  (`UGCBENCH_UGC_VIDEOCAP`, or `../shared/ugc-videocap`; left out where absent): scores and values
  with no bit of difference, for scorers without a judge on all of them and with one on 100 of each.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import tabulate

import ugcbench
from ugcbench.models import Fake
from ugcbench.protocol import get_protocol
from ugcbench.testing import OpenAIServer
from ugcbench.types import Clip, Gold
from ugcbench_train.recipe import Rewards
from ugcbench_train.rewards.mixture import Mixture
from ugcbench_train.rewards.scored import Completion
from ugcbench_train.rewards.trl import reward_function

COMPLETIONS, GROUP, LATENCY = 64, 8, 0.5
MOST_WALL, MOST_OVERHEAD = 1.3, 1.0
OMNI, LENGTH = "ugc/reward/omni", "ugc/reward/length"
GUARDS = tuple(f"ugc/reward/{name}" for name in ("repetition", "overlong", "refusal"))
UNJUDGED = {LENGTH: 1.0, **dict.fromkeys(GUARDS, 0.3)}
JUDGED = {OMNI: 5.0, LENGTH: 1.0}
JUDGED_CAPTIONS = 100
HERE = Path(__file__).resolve().parents[2] / "shared" / "ugc-videocap"
ROOT = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP") or HERE)


@dataclass(frozen=True)
class Captioned:
    """A dataset: golds by clip, and what was said about each."""

    name: str
    golds: dict[str, str]
    captions: dict[str, str]
    revision: str = "1"

    def __iter__(self) -> Iterator[Clip]:
        for clip, gold in self.golds.items():
            yield Clip(id=clip, media=None, gold={"final_caption": Gold(answer=gold)})

    def first(self, count: int) -> Captioned:
        """The first so many clips."""
        return Captioned(self.name, dict(list(self.golds.items())[:count]), self.captions)


def main() -> int:
    """Measure and print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, judge_server() as url:
        rows = asyncio.run(measure(Path(folder), url, rounds))
    headers = ["figure", "measured", "target", "met"]
    print(tabulate.tabulate(rows, headers, disable_numparse=True))
    return int(any(row[-1] == "no" for row in rows))


async def measure(folder: Path, url: str, rounds: int) -> list[list[str]]:
    """A row of the table for each figure."""
    judge = {"judge": "openai/judge", "judge_options": {"base_url": url}}
    walls = await time_rounds(Rewards(weights=JUDGED, **judge), folder / "judged", rounds)
    plain = await time_rounds(Rewards(weights=UNJUDGED, judge=None), folder / "plain", rounds)
    overhead = 1000 * median(plain) / COMPLETIONS
    with OpenAIServer(reply=any_verdict) as server:
        varied = {**judge, "judge_options": {"base_url": server.url}}
        return [
            row("64 completions with a judge of 0.5 s", max(walls), MOST_WALL, "s"),
            row("a completion without a judge", overhead, MOST_OVERHEAD, "ms"),
            await compare("captions scored without a judge", UNJUDGED, {}, folder, None),
            await compare("captions scored with a judge", JUDGED, varied, folder, JUDGED_CAPTIONS),
        ]


def any_verdict(call: dict) -> str:
    """A verdict that depends on every letter of what was asked; sometimes none."""
    said = hashlib.sha256(call["messages"][-1]["content"].encode()).digest()
    verdict = {"level": 1 + said[0] % 5, "hallucination": said[1] < 64}
    return "Hard to say." if said[2] < 32 else json.dumps(verdict)


def row(figure: str, measured: float, most: float, unit: str) -> list[str]:
    """A figure with its upper bound."""
    met = "yes" if measured <= most else "no"
    return [figure, f"{measured:.2f} {unit}", f"at most {most:g} {unit}", met]


async def time_rounds(settings: Rewards, folder: Path, rounds: int) -> list[float]:
    """Wall seconds of each round; no two rounds have a completion in common."""
    mixture = Mixture.open(settings, folder)
    reward = reward_function(mixture)
    seconds = []
    for number in range(rounds):
        columns = make_batch(number)
        started = time.perf_counter()
        values = await reward(log_metric=ignore, log_extra=ignore, **columns)
        seconds.append(time.perf_counter() - started)
        if None in values:
            raise SystemExit(f"only {COMPLETIONS - values.count(None)} completions were scored")
    await mixture.close()
    return seconds


def make_batch(number: int) -> dict[str, list[str]]:
    """A batch as TRL hands it over: groups of captions of some 200 words, about as long as gold."""
    sources = load_sources()
    golds = list(sources[0].golds.values()) if sources else [make_text(n) for n in range(99)]
    places = range(number * COMPLETIONS, (number + 1) * COMPLETIONS)
    mine = [golds[place // GROUP % len(golds)] for place in places]
    said = [f"{golds[-1 - place % len(golds)]} Seen at {place}." for place in places]
    ids = [f"row-{place // GROUP}" for place in places]
    return {"completions": said, "id": ids, "caption": mine}


def make_text(number: int) -> str:
    """A text of 200 words where no recorded ones are at hand."""
    return " ".join(f"word{(number * 31 + place * place) % 997}" for place in range(200))


def ignore(name: str, value: object) -> None:
    """Take what is logged, as an engine would."""


async def compare(
    figure: str, weights: dict[str, float], judge: dict, folder: Path, count: int | None
) -> list[str]:
    """How many captions get other scores or values from evaluation than from the reward."""
    sources = [source.first(count) if count else source for source in load_sources()]
    if not sources:
        return [f"{figure}: evaluation against reward", f"{ROOT} is absent", "0 differ", "-"]
    differing = total = 0
    for source in sources:
        name = f"{source.name}-{'judged' if judge else 'plain'}"
        evaluated = await evaluate(source, weights, judge, folder / name)
        values, scores = await reward_of(source, weights, judge, folder / f"{name}-rewards")
        total += len(values)
        differing += sum(
            any(evaluated[task][place] != scores[task][place] for task in weights)
            or as_bits(value) != as_bits(weigh(evaluated, weights, place))
            for place, value in enumerate(values)
        )
    met = "no" if differing else "yes"
    return [f"{figure}: evaluation against reward", f"{differing} of {total} differ", "0", met]


async def evaluate(
    source: Captioned, weights: dict[str, float], judge: dict, output: Path
) -> dict[str, list]:
    """The scores of an evaluation by task, in the order of the clips."""
    model = Fake(lambda prompt: source.captions[prompt.sample_id])
    result = await ugcbench.arun(
        model=model, tasks=list(weights), dataset=source, output=output, concurrency=64, **judge
    )
    scores: dict[str, list] = {task: [] for task in weights}
    for record in result.records():
        scores[record.task].append(record.score)
    return scores


async def reward_of(
    source: Captioned, weights: dict[str, float], judge: dict, folder: Path
) -> tuple[list, dict]:
    """The values of the mixture, and its scores by task."""
    mixture = Mixture.open(Rewards(weights=weights, **({"judge": None} | judge)), folder)
    batch = [
        Completion(clip, source.captions[clip], {"final_caption": gold}, clip)
        for clip, gold in source.golds.items()
    ]
    scored = await mixture.score(batch)
    await mixture.close()
    return list(scored.values), dict(scored.scores)


def weigh(scores: dict[str, list], weights: dict[str, float], place: int) -> float | None:
    """The weighted sum of an evaluation's scores, as its protocol counts them."""
    rules = get_protocol("v1")
    counted = [rules.counted(scores[task][place]) for task in weights]
    if None in counted:
        return None
    return sum(w * n for w, n in zip(weights.values(), counted, strict=True))


def as_bits(value: float | None) -> str:
    """A number to the last bit."""
    return "none" if value is None else float(value).hex()


def load_sources() -> list[Captioned]:
    """The four recorded systems, and training rows with beginnings of their own captions."""
    questions = ROOT / "omni_bench_qa" / "benchmark_qa" / "final_caption_qa.json"
    if not questions.is_file():
        return []
    samples = json.loads(questions.read_text(encoding="utf-8"))["samples"]
    golds = {sample["video_id"]: sample["answer"] for sample in samples}
    found = []
    for file in sorted((ROOT / "results" / "omni_infer_caption_result").glob("*.jsonl")):
        said = {line["video_id"]: line["caption"] or "" for line in read(file)}
        mine = {clip: golds[clip] for clip in said if clip in golds}
        found.append(Captioned(file.stem, mine, said))
    for file in sorted((ROOT / "train_data").glob("*.jsonl")):
        texts = [line.get("solution") or line["messages"][-1]["content"] for line in read(file)]
        rows = {f"row-{number}": text for number, text in enumerate(texts)}
        cut = {
            row: text[: len(text) * n // len(rows)] for n, (row, text) in enumerate(rows.items())
        }
        found.append(Captioned(file.stem, rows, cut))
    return found


def read(path: Path) -> list[dict]:
    """The lines of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class judge_server:  # noqa: N801 - used like a function
    """A loopback judge in a process of its own; gives its address."""

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "ugcbench.testing.openai_server"]
        command += ["--latency", str(LATENCY)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return self.process.stdout.readline().strip()

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


if __name__ == "__main__":
    sys.exit(main())
