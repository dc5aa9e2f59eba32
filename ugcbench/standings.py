"""Which place does each run hold in each column?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ugcbench.matching import AVERAGE, Matching
from ugcbench.pairing import average_contrast, contrast, contrast_interval
from ugcbench.ranking import Ranks, rank_intervals, tied_ranks
from ugcbench.rendering import scaled
from ugcbench.scored import Counted, Keys, ScoredRun
from ugcbench.statistics import Interval, mean_interval
from ugcbench.types import Frozen

Numbers = npt.NDArray[np.float64]
Better = set[tuple[int, int]]
"""Pairs (winner, loser) of runs that were told apart, by their places in the list of runs."""


class Standing(Frozen):
    """The place of one run in one cell.

    `value`, `low` and `high` are the run's own score in points, over the `n` samples that count in
    it. `rank` is the range of places that the adjusted tests leave open, such as `3-6`;
    `rank_drawn` the range of places that the run takes when the clips are drawn again. Both are
    None where some of the runs can't be compared. Where `lower_is_better`, the lowest score has
    the first place.
    """

    cell: str
    label: str
    table: bool
    run: str
    value: float
    low: float | None
    high: float | None
    n: int
    rank: str | None
    rank_drawn: str | None
    offline_judge: bool
    lower_is_better: bool = False


def rank_runs(
    matching: Matching,
    names: Sequence[str],
    better: Mapping[str, Better | None],
    seed: int,
    confidence: float,
) -> Iterator[Standing]:
    """The standings of all runs that have a number, cell by cell, the best score first.

    `better` holds for each cell the pairs told apart, None if some pair can't be compared.
    """
    for cell, pairs in better.items():
        parts = {place: _parts(matching.runs[place], cell) for place in matching.holders(cell)}
        sign = -1 if matching.lower_is_better(cell) else 1
        ranks = _ranks(parts, pairs, matching.clips, sign, seed, confidence)
        standings = [
            _standing(
                matching.runs[place],
                names[place],
                cell,
                _interval(part, matching.clips, confidence),
                ranks[place],
            )
            for place, part in parts.items()
        ]
        yield from sorted(standings, key=lambda standing: standing.value, reverse=sign > 0)


def _parts(run: ScoredRun, cell: str) -> list[Counted]:
    """What a cell is the mean of: its own values, or those of each column of an average."""
    return [run.counted[name] for name in (run.columns if cell == AVERAGE else [cell])]


def _interval(parts: Sequence[Counted], clips: Keys, confidence: float) -> Interval:
    if len(parts) == 1:
        only = parts[0]
        return mean_interval(only.values, only.clips, confidence, weights=only.weights)
    contrasts = [contrast(part.values, part.clips, clips, part.weights) for part in parts]
    return contrast_interval(average_contrast(contrasts), confidence)


def _ranks(
    runs: Mapping[int, Sequence[Counted]],
    pairs: Better | None,
    clips: Keys,
    sign: int,
    seed: int,
    confidence: float,
) -> dict[int, tuple[Ranks | None, Ranks | None]]:
    """By run the places that the tests leave open, and those taken when clips are drawn again."""
    if pairs is None:
        return dict.fromkeys(runs, (None, None))
    places = list(runs)
    pairs_here = [(places.index(winner), places.index(loser)) for winner, loser in pairs]
    tied = tied_ranks(len(places), pairs_here)
    sums, counts = _by_clip(list(runs.values()), clips)
    drawn = rank_intervals(sign * sums, counts, seed=seed, confidence=confidence)
    return {
        place: (tied[at], None if drawn is None else drawn[at]) for at, place in enumerate(places)
    }


def _by_clip(runs: Sequence[Sequence[Counted]], clips: Keys) -> tuple[Numbers, Numbers]:
    """Sums of values and their counts, or weights: columns x runs x clips."""
    shape = (len(runs[0]), len(runs), len(clips))
    sums, counts = np.zeros(shape), np.zeros(shape)
    for place, parts in enumerate(runs):
        for column, part in enumerate(parts):
            members = np.searchsorted(clips, part.clips)
            weights = np.ones(len(members)) if part.weights is None else part.weights
            sums[column, place] = np.bincount(members, weights * part.values, len(clips))
            counts[column, place] = np.bincount(members, weights, len(clips))
    return sums, counts


def _standing(
    run: ScoredRun,
    name: str,
    cell: str,
    own: Interval,
    ranks: tuple[Ranks | None, Ranks | None],
) -> Standing:
    tied, drawn = ranks
    return Standing(
        cell=cell,
        label=run.label(cell),
        table=run.in_table(cell),
        run=name,
        value=100 * own.mean,
        low=scaled(own.low),
        high=scaled(own.high),
        n=own.n,
        rank=None if tied is None else str(tied),
        rank_drawn=None if drawn is None else str(drawn),
        offline_judge=run.offline(cell),
        lower_is_better=run.lower_is_better(cell),
    )
