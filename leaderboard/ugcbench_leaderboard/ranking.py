"""Which place does each row hold, as far as the data can say?

Two rows with records of every sample are told apart by the paired test of their averages, all pairs
being tested together; a row without records, by its average alone. Rows that aren't told apart
share their places, as in 3-6. A row with bridged figures moves no other's rank: it only has the
places among the ranked rows that the intervals leave open.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ugcbench.pairing import Contrast, average_contrast, contrast
from ugcbench.ranking import tied_ranks
from ugcbench.scored import Counted, Keys
from ugcbench.statistics import Values
from ugcbench.step_down import step_down_p
from ugcbench_leaderboard.columns import CAPTION_AVERAGE, MAIN, Table
from ugcbench_leaderboard.comparability import is_placed, is_ranked
from ugcbench_leaderboard.standings import Row, Run

LEVEL = 0.05
BRIDGED = "≈"
"""The sign of a bridged figure and of the places that it leaves open."""
Scores = Mapping[str, Counted]


def rank(table: Table, rows: Sequence[Row]) -> list[Row]:
    """The rows from the best average to the worst, with their ranks; rows that have none come last.

    Raises `RunError` if the records of a run can't be read.
    """
    ranked = sorted(filter(is_ranked, rows), key=_average, reverse=True)
    unranked = [row for row in rows if not (is_ranked(row) or is_placed(row))]
    scores = _scores(table, ranked)
    pairs = list(itertools.combinations(range(len(ranked)), 2))
    better = [*_by_average(ranked, scores, pairs), *_by_test(scores, pairs)]
    places = tied_ranks(len(ranked), better)
    placed = [_place(table, row, ranked) for row in rows if is_placed(row)]
    shown = [*(replace(r, rank=str(p)) for r, p in zip(ranked, places, strict=True)), *placed]
    return [
        *sorted(shown, key=_average, reverse=True),
        *sorted(unranked, key=_average, reverse=True),
    ]


def _place(table: Table, row: Row, ranked: Sequence[Row]) -> Row:
    """The row with the places that its average can have among the ranked rows, if there are any."""
    if not ranked:
        return row
    low, high = _range(table, row)
    ranges = [_range(table, other) for other in ranked]
    above = sum(bottom > high for bottom, _ in ranges)
    below = sum(top < low for _, top in ranges)
    first, last = above + 1, len(ranked) + 1 - below
    return replace(row, rank=f"{BRIDGED}{first}" + (f"-{last}" if last > first else ""))


def _range(table: Table, row: Row) -> tuple[float, float]:
    """The interval of a row's average if all its columns err in one direction; 0 to 100.

    Columns that one map carried over do err together. A figure without an interval is a point.
    """
    figures = [row.figures.get(name) for name in _columns(table)]
    bounds = [figure.interval for figure in figures if figure and figure.interval]
    if len(bounds) < len(figures):
        return _average(row), _average(row)
    lows, highs = zip(*bounds, strict=True)
    return sum(lows) / len(lows), sum(highs) / len(highs)


def _columns(table: Table) -> list[str]:
    """The columns whose mean the average is."""
    return [column.name for column in MAIN] if table == "main" else [CAPTION_AVERAGE]


def _average(row: Row) -> float:
    return -1.0 if row.average is None else row.average


def _by_average(
    rows: Sequence[Row], scores: Sequence[Scores], pairs: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Pairs (winner, loser) of which one has no records, in descending order of average."""
    for first, second in pairs:
        untested = not (scores[first] and scores[second])
        if untested and round(_average(rows[first]) - _average(rows[second]), 9) > 0:
            yield first, second


def _by_test(
    scores: Sequence[Scores], pairs: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Pairs (winner, loser) of which the test says that they differ."""
    both = [(a, b) for a, b in pairs if scores[a] and scores[b]]
    if not both:
        return
    clips = np.unique(np.concatenate([part.clips for row in scores for part in row.values()]))
    columns = [np.zeros(len(clips)), *(_shares(row, clips) for row in scores)]
    samples = [_samples(row) for row in scores]
    tests: dict[tuple[int, int], tuple[int, int]] = {}
    for a, b in both:
        if samples[a] == samples[b]:
            tests[a, b] = a + 1, b + 1
        elif (found := _contrast(scores[a], scores[b], clips)) is not None:
            tests[a, b] = len(columns), 0
            columns.append(found.shares)
    if not tests:
        return
    table, compared = np.stack(columns, axis=1), np.array(list(tests.values()))
    means = table.sum(axis=0)[compared]
    chances = step_down_p(table, compared)
    for (first, second), (left, right), p in zip(tests, means, chances, strict=True):
        if p < LEVEL:
            yield (first, second) if left > right else (second, first)


def _shares(scores: Scores, clips: Keys) -> Values:
    """The parts of the clips in a row's average, which they add up to; zeros without records."""
    if not all(len(column.values) for column in scores.values()) or not scores:
        return np.zeros(len(clips))
    parts = [contrast(column.values, column.clips, clips) for column in scores.values()]
    return average_contrast(parts).shares


def _samples(scores: Scores) -> dict[str, bytes]:
    """What was counted in each column: rows with the same samples are compared by their shares."""
    return {name: np.sort(column.samples).tobytes() for name, column in scores.items()}


def _contrast(first: Scores, second: Scores, clips: Keys) -> Contrast | None:
    """The difference of two averages on the samples in common; None if a column has none."""
    parts = []
    for name in first:
        here, there = first[name].shared(second[name])
        if not len(here.values):
            return None
        parts.append(contrast(here.values - there.values, here.clips, clips))
    return average_contrast(parts)


def _scores(table: Table, rows: Sequence[Row]) -> list[Scores]:
    """For each row what was counted in each column of its average; empty without all records."""
    names = _columns(table)
    sources = [{name: _run(row, name) for name in names} for row in rows]
    runs = [run for source in sources if all(source.values()) for run in source.values() if run]
    by_path = {run.path: run for run in runs} if len(rows) > 1 else {}
    counted = {path: run.read_counted() for path, run in by_path.items()}
    return [
        {name: counted[run.path][name] for name, run in source.items() if run}
        if all(run and run.path in counted for run in source.values())
        else {}
        for source in sources
    ]


def _run(row: Row, name: str) -> Run | None:
    """The run that a figure comes from, if its records are at hand."""
    figure = row.figures.get(name)
    return figure.run if figure and figure.run and figure.run.path else None
