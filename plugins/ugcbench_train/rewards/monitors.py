"""Does the policy learn to please its reward instead of describing clips?

A `Monitor` looks at each batch of completions and at those before. It never changes a reward: it
gives numbers for the log, and warnings in words when a sign appears that did not hold before.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, variance

from ugcbench.scorers.ngram import rouge_n
from ugcbench_train.rewards.repetition import repeated_share, sameness, words_of
from ugcbench_train.rewards.scored import Completion, Scored

PAID = "paid"
"""The name of the series of what the judge pays: the mean of the judged scores that have a weight,
or the reward where no judge is asked."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a sign is worth a warning.

    `loop`: the share of repeated runs of four words in a completion that ran into a loop. `looping`
    the share of such completions, `alike` the sameness of a group's completions, both over the last
    window; `drift` the factor by which the length beside the gold's may change. `certain` standard
    errors of the difference between first and last window tell a rise or a fall from chance.
    `bought` is the correlation of length and paid score within groups.
    """

    loop: float = 0.3
    looping: float = 0.05
    alike: float = 0.8
    drift: float = 1.5
    certain: float = 3.0
    bought: float = 0.6


@dataclass(frozen=True, slots=True)
class Reading:
    """What a batch shows: numbers by metric name, and what was not to be warned of before."""

    metrics: Mapping[str, float]
    warnings: tuple[str, ...]


@dataclass
class Series:
    """One number for each completion: the first `window` of them and the last."""

    window: int
    first: list[float] = field(default_factory=list)
    last: deque[float] = field(init=False)
    seen: int = 0

    def __post_init__(self) -> None:
        self.last = deque(maxlen=self.window)

    def add(self, number: float) -> None:
        """Add the next one."""
        self.seen += 1
        if len(self.first) < self.window:
            self.first.append(number)
        self.last.append(number)

    @property
    def comparable(self) -> bool:
        """Whether first and last window have no completion in common."""
        return self.seen >= 2 * self.window

    @property
    def full(self) -> bool:
        """Whether there is a whole window."""
        return self.seen >= self.window

    def trend(self) -> float:
        """Last mean less first mean, in standard errors (Welch's t); 0 while not comparable."""
        if not self.comparable:
            return 0.0
        gap = fmean(self.last) - fmean(self.first)
        error = math.sqrt((variance(self.last) + variance(self.first)) / self.window)
        return gap / error if error else math.copysign(math.inf, gap) if gap else 0.0


class Monitor:
    """Watches a training's completions.

    Args:
        window: how many completions are compared with the first as many, at least 2.
        limits: from where on there are warnings.

    Lexical overlap (ROUGE-1 of the words with the gold's) and tasks of weight 0 are the held-out
    scores: nothing is paid for them, so a judge's score that rises while they fall is bought.

    """

    def __init__(self, window: int = 256, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.window = window
        self._series: dict[str, Series] = defaultdict(lambda: Series(window))
        self._pairs: deque[tuple[float, float]] = deque(maxlen=window)
        self._told: set[str] = set()

    def read(self, completions: Sequence[Completion], scored: Scored) -> Reading:
        """Take in a batch; groups are expected to be whole in it."""
        batch = [_measure(completion) for completion in completions]
        groups: dict[str, list[int]] = defaultdict(list)
        for place, completion in enumerate(completions):
            groups[completion.group].append(place)
        metrics = self._note_texts(batch, list(groups.values()))
        self._note_scores(scored)
        self._note_pairs(batch, _paid(scored), list(groups.values()))
        correlation = _correlation(self._pairs)
        if correlation is not None:
            metrics["monitor/length_correlation"] = correlation
        return Reading(metrics, self._new(dict(self._signs(correlation, scored))))

    def _note_texts(
        self, batch: Sequence[_Measured], groups: Sequence[Sequence[int]]
    ) -> dict[str, float]:
        several = [[batch[place].words for place in group] for group in groups if len(group) > 1]
        noted = {
            "repetition": [one.repeated for one in batch],
            "looping": [float(one.repeated > self.limits.loop) for one in batch],
            "length_ratio": [one.ratio for one in batch if one.ratio is not None],
            "overlap": [one.overlap for one in batch],
            "sameness": [sameness(texts) for texts in several],
        }
        for name, numbers in noted.items():
            for number in numbers:
                self._series[name].add(number)
        return {f"monitor/{name}": fmean(numbers) for name, numbers in noted.items() if numbers}

    def _note_scores(self, scored: Scored) -> None:
        held = {name: scored.counted[name] for name in scored.held_out}
        for name, numbers in {PAID: _paid(scored), **held}.items():
            for number in numbers:
                if number is not None:
                    self._series[name].add(number)

    def _note_pairs(
        self,
        batch: Sequence[_Measured],
        paid: Sequence[float | None],
        groups: Sequence[Sequence[int]],
    ) -> None:
        """Lengths and scores less their group's mean, so that long clips don't count as a sign."""
        for group in groups:
            pairs = [(len(batch[at].words), n) for at in group if (n := paid[at]) is not None]
            if len(pairs) > 1:
                length, score = (fmean(side) for side in zip(*pairs, strict=True))
                self._pairs.extend((long - length, high - score) for long, high in pairs)

    def _signs(self, correlation: float | None, scored: Scored) -> Iterator[tuple[str, str]]:
        yield from self._text_signs()
        who = "judge's score" if scored.judged - scored.held_out else "reward"
        if correlation is not None and abs(correlation) > self.limits.bought:
            kind = "longer" if correlation > 0 else "shorter"
            yield (
                "bought",
                f"the {who} follows length: within groups, {kind} captions get more (correlation "
                f"{correlation:+.2f}); read some before you trust the curve",
            )
        if self._series[PAID].trend() > self.limits.certain:
            for name in ("overlap", *sorted(scored.held_out)):
                if self._series[name].trend() < -self.limits.certain:
                    what = "word overlap with the gold" if name == "overlap" else name
                    yield (
                        f"hacked {name}",
                        f"a sign of reward hacking: the {who} rises "
                        f"({_span(self._series[PAID])}) while the {what}, which is not paid for, "
                        f"falls ({_span(self._series[name])})",
                    )

    def _text_signs(self) -> Iterator[tuple[str, str]]:
        limits, series = self.limits, self._series
        looping, alike, ratio = (series[n] for n in ("looping", "sameness", "length_ratio"))
        if looping.full and fmean(looping.last) > limits.looping:
            yield (
                "looping",
                f"{fmean(looping.last):.0%} of the last {self.window} completions run into a loop "
                "of repeated words; give ugc/reward/repetition a weight, or raise beta",
            )
        if alike.seen >= alike.window // 8 and fmean(alike.last) > limits.alike:
            yield (
                "alike",
                f"the completions of a group are nearly the same (sameness {fmean(alike.last):.2f})"
                ", so that groups teach nothing; raise the temperature, or stop here",
            )
        if ratio.comparable:
            before, now = fmean(ratio.first), fmean(ratio.last)
            if not before / limits.drift <= now <= before * limits.drift:
                yield (
                    "drift",
                    f"completions drift in length, from {before:.2f} to {now:.2f} times the "
                    "gold's; ugc/reward/overlong bounds it above, ugc/reward/length below",
                )

    def _new(self, signs: Mapping[str, str]) -> tuple[str, ...]:
        """The warnings of signs that did not hold before; one that is gone may come again."""
        fresh = tuple(text for sign, text in signs.items() if sign not in self._told)
        self._told = set(signs)
        return fresh


@dataclass(frozen=True, slots=True)
class _Measured:
    """What of a completion needs no scorer; `ratio` is None for an empty gold."""

    words: tuple[str, ...]
    repeated: float
    ratio: float | None
    overlap: float


def _measure(completion: Completion) -> _Measured:
    words, gold = words_of(completion.text), words_of(completion.reference)
    return _Measured(
        words=words,
        repeated=repeated_share(words),
        ratio=len(words) / len(gold) if gold else None,
        overlap=rouge_n(gold, words, 1),
    )


def _paid(scored: Scored) -> Sequence[float | None]:
    """What the judge gives, or the reward where no weighted task is judged."""
    names = scored.judged - scored.held_out
    if not names:
        return scored.values
    rows = zip(*(scored.counted[name] for name in sorted(names)), strict=True)
    return [None if None in row else fmean(n for n in row if n is not None) for row in rows]


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's of pairs whose means are 0; None for less than 32 of them or without variance."""
    if len(pairs) < 32:
        return None
    covariance = math.fsum(one * other for one, other in pairs)
    spread = math.sqrt(
        math.fsum(one * one for one, _ in pairs) * math.fsum(other * other for _, other in pairs)
    )
    return covariance / spread if spread else None


def _span(series: Series) -> str:
    return f"{fmean(series.first):.3f} to {fmean(series.last):.3f}"
