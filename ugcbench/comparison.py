"""Which of several runs is better, column by column, and is that more than chance?

Every pair of runs is compared on the samples that count in both. Where two numbers were made by
different rules there is no difference to tell, only the rule that differs. All numbers are points
on the scale of 0 to 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ugcbench.errors import UsageError
from ugcbench.matching import Match, Matching
from ugcbench.pairing import Difference, assess_contrasts, enough_flips, holm
from ugcbench.rendering import (
    OFFLINE_JUDGE,
    Format,
    points,
    render,
    scaled,
    span,
    tell_lower,
)
from ugcbench.results import Result
from ugcbench.scored import ScoredRun, name_runs, read_scored
from ugcbench.standings import Better, Standing, rank_runs
from ugcbench.types import Frozen

if TYPE_CHECKING:
    import pandas

INTERVAL = "interval"
DIFFERENCE_HEADERS = (
    *("column", "first - second", "difference", INTERVAL, "p", "p (Holm)"),
    *("n", "left out", "detectable"),
)
STANDING_HEADERS = ("column", "run", "score", INTERVAL, "n", "rank", "rank (drawn)")
LEFT = ("column", "first - second", "run")


class ComparedRun(Frozen):
    """A run of a comparison; `name` is its model's, or its directory's where models repeat."""

    name: str
    path: str
    model: str
    dataset: str
    protocol: str


class DifferenceRow(Frozen):
    """The difference `first - second` of one cell, in points.

    `first_value` and `second_value` are the means over the `n` samples that count in both runs;
    `first_only` and `second_only` say how many count in one of them alone. `p` is that of the
    sign-flip test over the `clips`, `p_adjusted` the same adjusted by Holm for all rows,
    `detectable` the true difference that such data would find four times in five. Numbers are None
    where nothing can be compared. `comparable` is False for cells made by different rules; `notes`
    name them and whatever else casts doubt. `offline_judge` marks the numbers of a smoke test.
    Where `lower_is_better`, a difference above 0 speaks for `second`.
    """

    cell: str
    label: str
    table: bool
    first: str
    second: str
    comparable: bool
    offline_judge: bool
    notes: tuple[str, ...]
    n: int
    first_only: int
    second_only: int
    clips: int | None = None
    first_value: float | None = None
    second_value: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    detectable: float | None = None
    lower_is_better: bool = False


class Comparison(Frozen):
    """What `ugcbench.compare` returns: `rows` for all pairs of runs, `standings` for all runs."""

    runs: tuple[ComparedRun, ...]
    rows: tuple[DifferenceRow, ...]
    standings: tuple[Standing, ...]
    confidence: float
    seed: int
    resamples: int

    @property
    def title(self) -> str:
        """What the tables show."""
        return (
            f"{len(self.runs)} runs on the samples that count in both of a pair; points of 100, "
            f"{self.resamples:,} sign flips, seed {self.seed}"
        )

    def table(self, style: Format = "table") -> str:
        """The differences in one of the formats; a closing newline is not included."""
        if style == "json":
            return self.model_dump_json(indent=2)
        if style == "csv":
            rows = [(*_difference_texts(row), "; ".join(row.notes)) for row in self.rows]
            return render([*self._headed(DIFFERENCE_HEADERS), "notes"], rows, style)
        notes = list(dict.fromkeys(note for row in self.rows for note in row.notes))
        texts = [_difference_texts(row, notes) for row in self.rows]
        below = [f"[{number}] {note}" for number, note in enumerate(notes, start=1)]
        below += tell_lower(row.label for row in self.rows if row.lower_is_better)
        if any(row.offline_judge for row in self.rows):
            below.append(OFFLINE_JUDGE)
        return render(self._headed(DIFFERENCE_HEADERS), texts, style, left=LEFT, notes=below)

    def ranks(self, style: Format = "table") -> str:
        """The standings in one of the formats; as JSON, the same object as `table`."""
        if style == "json":
            return self.model_dump_json(indent=2)
        rows = [_standing_texts(standing) for standing in self.standings]
        below = tell_lower(place.label for place in self.standings if place.lower_is_better)
        if any(place.offline_judge for place in self.standings):
            below.append(OFFLINE_JUDGE)
        if any(place.rank is None for place in self.standings):
            below.append("no rank where some of the runs can't be compared; see the differences")
        return render(self._headed(STANDING_HEADERS), rows, style, left=LEFT, notes=below)

    def _headed(self, headers: Sequence[str]) -> list[str]:
        level = f"{100 * self.confidence:g} % {INTERVAL}"
        return [level if header == INTERVAL else header for header in headers]

    def to_pandas(self) -> pandas.DataFrame:
        """One row a difference, with the fields of `DifferenceRow`; needs `ugcbench[pandas]`."""
        import pandas as pd

        return pd.DataFrame([row.model_dump() for row in self.rows])

    def _repr_html_(self) -> str:
        return self.table("html")

    def __str__(self) -> str:
        return self.table()


def compare(
    *runs: str | Path | Result,
    cells: Sequence[str] = (),
    allow_different_protocols: bool = False,
    seed: int = 0,
    resamples: int | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """Compare finished runs, each with each, on the samples that count in both.

    Args:
        runs: two or more run directories or results.
        cells: only these, such as `ugc/ocr`, `ugc/caption:audio` or `average`.
        allow_different_protocols: give numbers also where the rules differ; they stay marked.
        seed: of the random sign flips and draws.
        resamples: how many sign flips; by default enough for the number of rows.
        confidence: of all intervals; 1 - `confidence` is the level of the tests behind the ranks.

    Raises `UsageError` for fewer than two different runs or nothing to compare, `UnknownNameError`
    for a cell for which no two runs have a number, `RunError` for a run that isn't finished.

    """
    paths = [run.path if isinstance(run, Result) else Path(run) for run in runs]
    if len({path.resolve() for path in paths}) < max(2, len(paths)):
        raise UsageError("give two or more runs to compare, each of them once")
    matching = Matching([read_scored(path) for path in paths], allow=allow_different_protocols)
    names = name_runs(matching.runs)
    matches = [match for cell in matching.cells(cells) for match in matching.matches(cell)]
    _check(matches)
    flips = resamples or enough_flips(sum(match.contrast is not None for match in matches))
    tested = list(_test(matches, seed, flips, confidence))
    better = _told_apart(matching, tested, 1 - confidence)
    return Comparison(
        runs=tuple(map(_describe, matching.runs, names)),
        rows=tuple(_row(matching.runs, names, *test) for test in tested),
        standings=tuple(rank_runs(matching, names, better, seed, confidence)),
        confidence=confidence,
        seed=seed,
        resamples=flips,
    )


Tested = tuple[Match, Difference | None, float | None]
"""A match with its difference and adjusted p-value, None where there is nothing to compare."""


def _check(matches: Sequence[Match]) -> None:
    """Refuse runs of which no number may stand beside another's."""
    if not any(match.contrast for match in matches):
        reasons = dict.fromkeys(reason for match in matches for reason in match.differs)
        why = "\n".join(reasons) or "no sample counts in two of the runs"
        hint = "\ncompare them all the same with --allow-different-protocols" if reasons else ""
        raise UsageError(f"the runs can't be compared:\n{why}{hint}")


def _test(
    matches: Sequence[Match], seed: int, resamples: int, confidence: float
) -> Iterator[Tested]:
    contrasts = [match.contrast for match in matches if match.contrast]
    differences = assess_contrasts(contrasts, seed, resamples, confidence)
    adjusted = holm([difference.p for difference in differences]).tolist()
    results = zip(differences, adjusted, strict=True)
    for match in matches:
        yield (match, *next(results)) if match.contrast else (match, None, None)


def _told_apart(
    matching: Matching, tested: Iterable[Tested], level: float
) -> dict[str, Better | None]:
    """By cell the pairs (winner, loser); None for a cell in which some pair can't be compared."""
    found: dict[str, Better | None] = {}
    for match, difference, adjusted in tested:
        pairs = found.setdefault(match.cell, set())
        if difference is None or adjusted is None:
            found[match.cell] = None
        elif pairs is not None and adjusted < level:
            won = (difference.mean > 0) != matching.lower_is_better(match.cell)
            pairs.add((match.first, match.second) if won else (match.second, match.first))
    return found


def _row(
    runs: Sequence[ScoredRun],
    names: Sequence[str],
    match: Match,
    found: Difference | None,
    adjusted: float | None,
) -> DifferenceRow:
    one, other = runs[match.first], runs[match.second]
    known = {}
    if found is not None and match.values is not None:
        known = {
            "clips": found.clusters,
            "first_value": scaled(match.values[0]),
            "second_value": scaled(match.values[1]),
            "difference": scaled(found.mean),
            "low": scaled(found.low),
            "high": scaled(found.high),
            "p": found.p,
            "p_adjusted": adjusted,
            "detectable": scaled(found.detectable),
        }
    return DifferenceRow(
        cell=match.cell,
        label=one.label(match.cell),
        table=one.in_table(match.cell),
        first=names[match.first],
        second=names[match.second],
        comparable=match.comparable,
        offline_judge=one.offline(match.cell) or other.offline(match.cell),
        notes=match.differs + match.doubts,
        n=match.n,
        first_only=match.first_only,
        second_only=match.second_only,
        lower_is_better=one.lower_is_better(match.cell),
        **known,
    )


def _describe(run: ScoredRun, name: str) -> ComparedRun:
    return ComparedRun(
        name=name,
        path=str(run.path),
        model=run.summary.model,
        dataset=run.summary.dataset,
        protocol=run.summary.protocol,
    )


def _difference_texts(row: DifferenceRow, notes: Sequence[str] = ()) -> tuple[str, ...]:
    """The texts of a row; each of its `notes` that is listed is marked by its number."""
    marks = " ".join(f"[{notes.index(note) + 1}]" for note in row.notes if note in notes)
    difference = points(row.difference, sign=True) + (" *" if row.offline_judge else "")
    return (
        row.label if row.table else f"({row.label})",
        f"{row.first} - {row.second}",
        f"{difference} {marks}".strip(),
        span(row.low, row.high, sign=True),
        _chance(row.p),
        _chance(row.p_adjusted),
        str(row.n),
        f"{row.first_only} + {row.second_only}" if row.first_only or row.second_only else "0",
        points(row.detectable),
    )


def _standing_texts(standing: Standing) -> tuple[str, ...]:
    return (
        standing.label if standing.table else f"({standing.label})",
        standing.run,
        points(standing.value) + (" *" if standing.offline_judge else ""),
        span(standing.low, standing.high),
        str(standing.n),
        standing.rank or "-",
        standing.rank_drawn or "-",
    )


def _chance(p: float | None) -> str:
    return "-" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"
