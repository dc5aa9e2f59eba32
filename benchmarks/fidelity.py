"""How far does `--subset N` keep the order and the numbers of all clips?

    python benchmarks/fidelity.py RUN... [--sizes 50,100,200,300,500] [--seeds 300] [--format md]

RUNs are finished runs of several systems on all clips of one dataset. Subsets are drawn by
`ugcbench.subsets`, as `ugcbench run --subset N --subset-seed S` draws them, for each size and seed;
of the answers that the runs already hold, those to the drawn clips are averaged again. For each
column in which at least two runs were scored by the same rules, and each size, prints

    n               samples of the column in a subset: a clip without gold for a task has none
    tau             Kendall's tau-b between the order of the systems in the subset and in full
    same winner     the share of subsets that the best system in full wins
    order kept      of the pairs that differ in full (sign-flip test, Holm, 5 %), the share that a
                    subset has in the same order
    told apart      the share of them whose paired 95 % interval in the subset excludes 0
    off by          the mean and the 95th percentile of the absolute difference between a system's
                    score in a subset and in full, in points
    plain           the mean of the same for subsets that are not spread over the answers
    detectable      the difference between two systems, in points, that a subset finds four times
                    in five: the mean over all pairs
    interval        the mean width of a system's own 95 % interval, in points

and, for each multiple choice, by how many points the share of an answer in a subset is off its
share in full: the answer that is furthest off, the mean and the worst of all subsets.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

from ugcbench.continuation import kept_options
from ugcbench.datasets import open_dataset
from ugcbench.pairing import (
    contrast,
    contrast_interval,
    detectable_difference,
    holm,
    paired_difference,
)
from ugcbench.plans import own_dataset
from ugcbench.plugins import Registry
from ugcbench.rendering import render
from ugcbench.scored import ScoredRun, key_of, read_scored
from ugcbench.statistics import mean_interval
from ugcbench.subsets import Subset

HEADERS = (
    *("column", "systems", "clips", "n", "tau", "same winner", "order kept", "told apart"),
    *("off by", "plain", "detectable", "interval"),
)
SHARES = ("choice", "clips", "off by", "plain")
SPARSE = 5
"""Intervals, which take longest, are computed for every fifth subset."""

LEVEL = 0.05


@dataclass(frozen=True)
class Column:
    """The values of one cell: a row for each system, a place for each clip, NaN where none."""

    label: str
    values: np.ndarray

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs (better, worse) of systems that differ in full."""
        pairs = list(itertools.combinations(range(len(self.values)), 2))
        found = [paired_difference(*self.both(a, b)) for a, b in pairs]
        chances = holm([difference.p for difference in found])
        return [
            pair if difference.mean > 0 else pair[::-1]
            for pair, difference, p in zip(pairs, found, chances, strict=True)
            if p < LEVEL
        ]

    def both(self, first: int, second: int, places=slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """What two systems have on the clips that count for both."""
        left, right = self.values[first][places], self.values[second][places]
        known = ~(np.isnan(left) | np.isnan(right))
        return left[known], right[known]


def main() -> None:
    """Draw, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--sizes", default="50,100,200,300,500")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--format", default="table", choices=("table", "md", "csv"))
    given = parser.parse_args()
    runs = [read_scored(path) for path in given.runs]
    clips = read_clips(runs[0])
    bare = [clip.model_copy(update={"gold": {}}) for clip in clips]
    columns = list(read_columns(runs, [key_of(clip.id) for clip in clips]))
    rows, shares = [], []
    for size in map(int, given.sizes.split(",")):
        drawn, plain = (
            [sorted(Subset(size=size, seed=s).choose(each)) for s in range(given.seeds)]
            for each in (clips, bare)
        )
        rows += [(i, describe(c, size, drawn, plain)) for i, c in enumerate(columns)]
        shares += describe_shares(clips, size, drawn, plain)
    rows.sort(key=lambda row: row[0])
    print(render(HEADERS, [row for _, row in rows], given.format, left=("column",)))
    print()
    print(render(SHARES, shares, given.format, left=("choice",)))
    print(f"\n{given.seeds} subsets of each size, of {len(clips)} clips")


def read_clips(run: ScoredRun) -> list:
    """The clips of the dataset that a run was made on."""
    options = kept_options(run.config.dataset_options)
    dataset, _ = open_dataset(Registry(), own_dataset(run.path, run.config), options)
    return list(dataset)


def read_columns(runs: Sequence[ScoredRun], keys: Sequence[int]) -> Iterator[Column]:
    """The columns in which several runs have numbers by the same rules."""
    places = {key: place for place, key in enumerate(keys)}
    for name in dict.fromkeys(name for run in runs for name in run.cells):
        alike: dict[tuple, list[np.ndarray]] = {}
        for run in runs:
            if name not in run.cells or not len(run.counted[name].values):
                continue
            row = np.full(len(keys), np.nan)
            counted = run.counted[name]
            row[[places[int(key)] for key in counted.clips]] = counted.values
            cell = run.cells[name]
            alike.setdefault((cell.protocol_hash, cell.judge), []).append(row)
        most = max(alike.values(), key=len, default=[])
        if len(most) > 1:
            yield Column(next(r for r in runs if name in r.cells).label(name), np.array(most))


def describe(column: Column, size: int, drawn: list, plain: list) -> tuple[str, ...]:
    """The row of the table for a column and a size."""
    full = np.nanmean(column.values, axis=1)
    means = np.array([np.nanmean(column.values[:, places], axis=1) for places in drawn])
    others = np.array([np.nanmean(column.values[:, places], axis=1) for places in plain])
    off, pairs = 100 * np.abs(means - full), column.pairs
    counts = [np.count_nonzero(~np.isnan(column.values[0, places])) for places in drawn]
    kept = [means[:, better] > means[:, worse] for better, worse in pairs]
    some = drawn[::SPARSE]
    every = list(itertools.combinations(range(len(full)), 2))
    found = [detectable(column, pair, places) for pair in every for places in some]
    apart = [tells_apart(column, pair, places) for pair in pairs for places in some]
    return (
        column.label,
        str(len(column.values)),
        str(size),
        f"{np.mean(counts):.0f}",
        f"{np.mean([kendalltau(full, row).statistic for row in means]):.2f}",
        f"{np.mean(means.argmax(axis=1) == full.argmax()):.0%}",
        f"{np.mean(kept):.1%} of {len(pairs)}" if pairs else "-",
        f"{np.mean(apart):.0%}" if pairs else "-",
        f"{off.mean():.1f} ({np.quantile(off, 0.95):.1f})",
        f"{100 * np.abs(others - full).mean():.1f}",
        f"{np.mean(found):.1f}",
        f"{np.mean([width(row, places) for row in column.values for places in some]):.1f}",
    )


def describe_shares(clips: list, size: int, drawn: list, plain: list) -> list[tuple[str, ...]]:
    """The rows of the table of answers for a size, one for each multiple choice."""
    gold = {key: each for clip in clips for key, each in clip.gold.items() if each.choices}
    rows = []
    for key in gold:
        answers = np.array([str(c.gold[key].answer) if key in c.gold else "" for c in clips])
        known = sorted(set(answers) - {""})
        full = count_shares(answers, known)
        off = [
            [np.abs(count_shares(answers[places], known) - full).max() for places in subsets]
            for subsets in (drawn, plain)
        ]
        told = [f"{np.mean(each):.1f} ({np.max(each):.1f})" for each in off]
        rows.append((key, str(size), *told))
    return rows


def count_shares(answers: np.ndarray, known: list[str]) -> np.ndarray:
    """The share of each answer among those that there are, in points."""
    return 100 * np.array([np.sum(answers == answer) for answer in known]) / np.sum(answers != "")


def tells_apart(column: Column, pair: tuple[int, int], places: list[int]) -> bool:
    """Whether a subset's own paired interval says that the better system is better."""
    left, right = column.both(*pair, places)
    clips = np.arange(len(left), dtype=np.uint64)
    interval = contrast_interval(contrast(left - right, clips, clips))
    return interval.low is not None and interval.low > 0


def detectable(column: Column, pair: tuple[int, int], places: list[int]) -> float:
    """The true difference that a subset finds four times in five, in points."""
    left, right = column.both(*pair, places)
    return 100 * detectable_difference(np.std(left - right, ddof=1), len(left))


def width(values: np.ndarray, places: list[int]) -> float:
    """The width of the interval of a system's score in a subset, in points."""
    known = values[places][~np.isnan(values[places])]
    interval = mean_interval(known)
    return 100 * ((interval.high or 0.0) - (interval.low or 0.0))


if __name__ == "__main__":
    main()
