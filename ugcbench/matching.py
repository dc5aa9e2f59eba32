"""Which numbers of two runs may stand side by side, and on which samples?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ugcbench.errors import UnknownNameError, UsageError
from ugcbench.pairing import Contrast, average_contrast, contrast
from ugcbench.scored import ScoredRun, differing_gold, differing_rules

AVERAGE = "average"
"""The name of the mean of a table's columns, beside the names of cells."""


@dataclass(frozen=True, slots=True)
class Match:
    """One cell of two runs, given by their places in the list of runs.

    `differs` says which rules differ and `comparable` whether none does; `doubts` what else the
    reader should know. `n` samples count in both, `first_only` and `second_only` in one alone.
    `values` are the two means over the `n`; they and `contrast` are None where there is nothing to
    compare.
    """

    cell: str
    first: int
    second: int
    differs: tuple[str, ...]
    doubts: tuple[str, ...]
    n: int
    first_only: int
    second_only: int
    values: tuple[float, float] | None = None
    contrast: Contrast | None = None

    @property
    def comparable(self) -> bool:
        """Whether both numbers were made by the same rules."""
        return not self.differs


class Matching:
    """The cells of several runs, matched pair by pair over the same clips.

    With `allow`, cells are matched even where the rules differ.
    """

    def __init__(self, runs: Sequence[ScoredRun], *, allow: bool) -> None:
        self.runs = runs
        self._allow = allow
        clips = [counted.clips for run in runs for counted in run.counted.values()]
        self.clips = np.unique(np.concatenate(clips))

    def cells(self, wanted: Sequence[str] = ()) -> list[str]:
        """The cells in which at least two runs have a number, or those of them that are `wanted`.

        Raises `UnknownNameError` for a wanted one that is not among them, `UsageError` if there is
        none at all.
        """
        everywhere = [name for run in self.runs for name in run.cells]
        names = [
            name for name in dict.fromkeys([*everywhere, AVERAGE]) if len(self.holders(name)) > 1
        ]
        if not names:
            raise UsageError("no two of the runs have numbers in one column; run the same tasks")
        for name in wanted:
            if name not in names:
                known = ", ".join(names)
                raise UnknownNameError(f"no two runs have a number for {name!r}, but for: {known}")
        return [name for name in names if not wanted or name in wanted]

    def holders(self, cell: str) -> list[int]:
        """The places of the runs that have a number for a cell, or all columns of an average."""
        return [place for place, run in enumerate(self.runs) if _has_number(run, cell)]

    def lower_is_better(self, cell: str) -> bool:
        """Whether a cell is a rate of error."""
        return any(self.runs[place].lower_is_better(cell) for place in self.holders(cell))

    def matches(self, cell: str) -> Iterator[Match]:
        """The matches of a cell, for each pair of the runs that have it."""
        for first, second in itertools.combinations(self.holders(cell), 2):
            if cell == AVERAGE:
                yield self._average(first, second)
            else:
                yield self._one(cell, first, second)

    def _one(self, cell: str, first: int, second: int) -> Match:
        left, right = self.runs[first], self.runs[second]
        mine, its = left.counted[cell], right.counted[cell]
        here, there = mine.shared(its)
        differs, n = tuple(differing_rules(left, right, cell)), len(here.values)
        counts = n, len(mine.values) - n, len(its.values) - n
        match = Match(cell, first, second, differs, tuple(differing_gold(left, right)), *counts)
        if not n or (differs and not self._allow):
            return match
        pair = np.average([here.values, there.values], axis=1, weights=here.weights)
        parts = contrast(here.values - there.values, here.clips, self.clips, here.weights)
        return replace(match, values=(float(pair[0]), float(pair[1])), contrast=parts)

    def _average(self, first: int, second: int) -> Match:
        left, right = self.runs[first], self.runs[second]
        if set(left.columns) != set(right.columns):
            odd = ", ".join(sorted(set(left.columns) ^ set(right.columns)))
            return Match(AVERAGE, first, second, (f"only one run has {odd}",), (), 0, 0, 0)
        parts = [self._one(column, first, second) for column in left.columns]
        match = Match(
            AVERAGE,
            first,
            second,
            tuple(dict.fromkeys(reason for part in parts for reason in part.differs)),
            parts[0].doubts,
            sum(part.n for part in parts),
            sum(part.first_only for part in parts),
            sum(part.second_only for part in parts),
        )
        contrasts = [part.contrast for part in parts if part.contrast]
        values = [part.values for part in parts if part.values]
        if len(contrasts) < len(parts):
            return match
        one, other = np.mean(values, axis=0).tolist()
        return replace(match, values=(one, other), contrast=average_contrast(contrasts))


def _has_number(run: ScoredRun, cell: str) -> bool:
    if cell == AVERAGE:
        directions = {run.cells[column].lower_is_better for column in run.columns}
        known = all(_has_number(run, column) for column in run.columns)
        return len(run.columns) > 1 and len(directions) == 1 and known
    return cell in run.counted and len(run.counted[cell].values) > 0
