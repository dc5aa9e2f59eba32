"""What will a run take, before anything is sent?

Requests are counted exactly. Tokens are estimated: four characters of text to a token, one token
for 28 x 28 pixels of a frame, 25 a second of sound (Qwen2.5-Omni's rates; others differ), and
answers as long as the gold answers. Sizes and durations are read from the clips' headers.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import tabulate

from ugcbench.errors import MediaError
from ugcbench.media import probe
from ugcbench.media.sampling import count_frames, target_size
from ugcbench.models import Price
from ugcbench.plans import Plan, prepare
from ugcbench.requests import Request
from ugcbench.scorers.judge import JudgedScorer
from ugcbench.specs import Task
from ugcbench.types import Frozen, MediaProfile, Prediction, Sample, Usage

CHARACTERS_PER_TOKEN = 4
PIXELS_PER_TOKEN = 28 * 28
AUDIO_TOKENS_PER_SECOND = 25
VERDICT_TOKENS = 60


class Estimate(Frozen):
    """What is left to ask: requests, tokens, minutes and US dollars (None without a price)."""

    clips: int
    unreadable_clips: int
    requests: int
    judge_requests: int
    input_tokens: int
    output_tokens: int
    judge_input_tokens: int
    judge_output_tokens: int
    minutes: float
    cost_usd: float | None

    def table(self) -> str:
        """The figures as text."""
        dollars = "no price known" if self.cost_usd is None else f"{self.cost_usd:.2f} USD"
        rows = [
            ("clips", f"{self.clips}, of which {self.unreadable_clips} can't be opened"),
            ("requests to the model", self.requests),
            ("requests to the judge", self.judge_requests),
            ("tokens to the model", f"about {self.input_tokens:,}"),
            ("tokens from the model", f"about {self.output_tokens:,}"),
            ("tokens to the judge", f"about {self.judge_input_tokens:,}"),
            ("tokens from the judge", f"about {self.judge_output_tokens:,}"),
            ("time", f"about {self.minutes:.1f} min"),
            ("money", dollars),
        ]
        return str(tabulate.tabulate(rows, tablefmt="plain"))


def estimate(request: Request, seconds_per_request: float = 3.0) -> Estimate:
    """What a request, or the rest of a run to resume, would take; nothing is sent or kept.

    `seconds_per_request` is how long one request is assumed to last.
    """
    with tempfile.TemporaryDirectory() as folder:
        kept = request if request.resume else replace(request, output=Path(folder) / "estimate")
        plan = prepare(kept, asking=False)
        try:
            return _count(plan, seconds_per_request)
        finally:
            plan.store.close()


def _count(plan: Plan, seconds: float) -> Estimate:
    judges = plan.judge.asked if plan.judge else ()
    votes = plan.config.protocol.judge.votes
    counter = _Counter(plan.config.protocol.profile, votes * len(judges))
    for task, sample in plan.work():
        stored = plan.store.prediction(task.name, sample.id)
        counter.add(task, sample, asked=stored is None or stored.failure is not None)
    requests = counter.requests + counter.judge_requests
    prices = plan.request.prices
    return Estimate(
        clips=len(counter.clips),
        unreadable_clips=sum(tokens is None for tokens in counter.clips.values()),
        requests=counter.requests,
        judge_requests=counter.judge_requests,
        input_tokens=counter.tokens["input"],
        output_tokens=counter.tokens["output"],
        judge_input_tokens=counter.tokens["judge_input"],
        judge_output_tokens=counter.tokens["judge_output"],
        minutes=requests * seconds / (plan.request.concurrency * plan.request.workers) / 60,
        cost_usd=_cost(
            counter.tokens,
            prices.get(plan.config.model),
            [price for judge in judges if (price := prices.get(judge.name))],
            len(judges),
        ),
    )


def _cost(
    tokens: Mapping[str, int], model: Price | None, judges: Sequence[Price], panel: int
) -> float | None:
    """US dollars for the model and for those judges of the panel whose price is known."""
    if model is None and not judges:
        return None
    used, judging = (
        Usage(input_tokens=tokens[f"{who}input"], output_tokens=tokens[f"{who}output"])
        for who in ("", "judge_")
    )
    cost = model.cost(used) if model else 0.0
    return cost + sum(price.cost(judging) / panel for price in judges)


class _Counter:
    """Adds up requests and tokens; `clips` maps a clip's path to its media tokens or None."""

    def __init__(self, profile: MediaProfile, verdicts: int) -> None:
        self.profile = profile
        self.verdicts = verdicts
        self.requests = self.judge_requests = 0
        self.tokens: Counter[str] = Counter()
        self.clips: dict[str, int | None] = {}

    def add(self, task: Task, sample: Sample, *, asked: bool) -> None:
        gold = sample.answer if isinstance(sample.answer, str) else "\n".join(sample.answer)
        if asked:
            self.requests += 1
            text = _tokens(task.prompt(sample).text)
            self.tokens["input"] += text + (self._media_tokens(sample.media) or 0)
            self.tokens["output"] += _tokens(gold)
        if isinstance(task.scorer, JudgedScorer):
            answer = Prediction(task=task.name, sample_id=sample.id, text=gold)
            self.judge_requests += self.verdicts
            text = _tokens(task.scorer.prompt(sample, answer).text)
            self.tokens["judge_input"] += self.verdicts * text
            self.tokens["judge_output"] += self.verdicts * VERDICT_TOKENS

    def _media_tokens(self, path: str | None) -> int | None:
        if path is None:
            return 0
        if path not in self.clips:
            self.clips[path] = _probe_tokens(path, self.profile)
        return self.clips[path]


def _probe_tokens(path: str, profile: MediaProfile) -> int | None:
    """Tokens of a clip's frames and sound; None if it can't be opened."""
    try:
        found = probe(path)
        width, height = target_size(found.width, found.height, profile)
    except (MediaError, ValueError):
        return None
    frames = count_frames(found.duration, profile.max_frames, profile)
    sound = found.duration * AUDIO_TOKENS_PER_SECOND if found.has_audio else 0.0
    return round(frames * width * height / PIXELS_PER_TOKEN + sound)


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)
