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
    None where some of the runs can't be compared.
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


def rank_runs(
    matching: Matching,
    names: Sequence[str],
    better: Mapping[str, Better | None],
    seed: int,
    confidence: float,
) -> Iterator[Standing]:
    """The standings of all runs that have a number, cell by cell, the highest score first.

    `better` holds for each cell the pairs told apart, None if some pair can't be compared.
    """
    for cell, pairs in better.items():
        parts = {place: _parts(matching.runs[place], cell) for place in matching.holders(cell)}
        ranks = _ranks(parts, pairs, matching.clips, seed, confidence)
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
        yield from sorted(standings, key=lambda standing: -standing.value)


def _parts(run: ScoredRun, cell: str) -> list[Counted]:
    """What a cell is the mean of: its own values, or those of each column of an average."""
    return [run.counted[name] for name in (run.columns if cell == AVERAGE else [cell])]


def _interval(parts: Sequence[Counted], clips: Keys, confidence: float) -> Interval:
    if len(parts) == 1:
        return mean_interval(parts[0].values, parts[0].clips, confidence)
    contrasts = [contrast(part.values, part.clips, clips) for part in parts]
    return contrast_interval(average_contrast(contrasts), confidence)


def _ranks(
    runs: Mapping[int, Sequence[Counted]],
    pairs: Better | None,
    clips: Keys,
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
    drawn = rank_intervals(sums, counts, seed=seed, confidence=confidence)
    return {
        place: (tied[at], None if drawn is None else drawn[at]) for at, place in enumerate(places)
    }


def _by_clip(runs: Sequence[Sequence[Counted]], clips: Keys) -> tuple[Numbers, Numbers]:
    """Sums of values and their counts: columns x runs x clips."""
    shape = (len(runs[0]), len(runs), len(clips))
    sums, counts = np.zeros(shape), np.zeros(shape)
    for place, parts in enumerate(runs):
        for column, part in enumerate(parts):
            members = np.searchsorted(clips, part.clips)
            sums[column, place] = np.bincount(members, part.values, len(clips))
            counts[column, place] = np.bincount(members, minlength=len(clips))
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
    )
