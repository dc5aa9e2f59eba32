"""Which place does a system hold, as far as the data can say?

Two answers. `tied_ranks`: the places that its tests leave open; systems that can't be told apart
share them, as 3-6. `rank_intervals`: the places that it takes when the clips are drawn again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

RESAMPLES = 2_000
"""Draws of a bootstrap."""

BLOCK = 1 << 21
"""How many clip weights are held at once."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """The places from `best` to `worst`, counted from 1; as text `3-6`, or `2` for one place."""

    best: int
    worst: int

    def __str__(self) -> str:
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}"


def tied_ranks(systems: int, better: Iterable[tuple[int, int]]) -> list[Ranks]:
    """The places that remain for each of `systems`, given the pairs (winner, loser) told apart.

    A system stands below all that are better than it and above all that it is better than. With
    pairs told apart by Holm-adjusted two-sided tests at 5 %, all true places lie within these
    ranges at once with 95 % confidence.
    Source: M. Mogstad, J. P. Romano, A. M. Shaikh, D. Wilhelm, Inference for ranks with
    applications to mobility across neighbourhoods and academic achievement across countries,
    Review of Economic Studies 91 (2024), 476-518.
    """
    best, worst = [1] * systems, [systems] * systems
    for winner, loser in set(better):
        best[loser] += 1
        worst[winner] -= 1
    return [Ranks(*places) for places in zip(best, worst, strict=True)]


def rank_intervals(
    sums: Numbers,
    counts: Numbers,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> list[Ranks] | None:
    """For each system the places that it takes in `confidence` of the bootstrap draws of clips.

    `sums` and `counts` (columns x systems x clips) hold the sum of a system's values for a clip in
    a column and how many there are. A system's score is the mean over columns of its mean in each.
    Systems with the same score share the better place. Draws in which a system has no value in some
    column are left out; None if no draw remains.

    Places of systems that differ by less than their error jump about from draw to draw, so the
    interval is a picture of that, and `tied_ranks` the test.
    Source: H. Goldstein and D. J. Spiegelhalter, League tables and their limitations, Journal of
    the Royal Statistical Society A 159 (1996), 385-443.
    """
    places = [
        _places(scores[np.isfinite(scores).all(axis=1)])
        for scores in _drawn_scores(sums, counts, seed, resamples)
    ]
    drawn = np.concatenate(places)
    if not len(drawn):
        return None
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    best, worst = np.quantile(drawn, tails, axis=0, method="inverted_cdf").astype(int).tolist()
    return [Ranks(*pair) for pair in zip(best, worst, strict=True)]


def _drawn_scores(sums: Numbers, counts: Numbers, seed: int, resamples: int) -> Iterator[Numbers]:
    """The systems' scores (draws x systems) in blocks of draws."""
    columns, systems, clips = sums.shape
    flat = (sums.reshape(-1, clips).T, counts.reshape(-1, clips).T)
    for weights in _clip_weights(clips, seed, resamples):
        totals, known = (weights @ part for part in flat)
        with np.errstate(divide="ignore", invalid="ignore"):
            means = totals / known
        yield means.reshape(-1, columns, systems).mean(axis=1)


def _clip_weights(clips: int, seed: int, resamples: int) -> Iterator[Numbers]:
    """How often each clip is drawn (draws x clips), in blocks of draws."""
    rng = np.random.default_rng(seed)
    rows = max(1, BLOCK // clips)
    for start in range(0, resamples, rows):
        count = min(rows, resamples - start)
        drawn = rng.integers(clips, size=(count, clips)) + clips * np.arange(count)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=count * clips).reshape(count, clips)
        yield weights.astype(np.float64)


def _places(scores: Numbers) -> npt.NDArray[np.int64]:
    """The place of each system in each draw; rounding must not part equal scores."""
    rounded = np.round(scores, 12)
    above = rounded[:, None, :] > rounded[:, :, None]
    return np.asarray(above.sum(axis=2) + 1)
