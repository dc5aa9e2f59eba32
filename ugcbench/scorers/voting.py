"""Which score do several verdicts make?

A judge may be asked several times (votes), and several judges may sit on a panel. A judge's grade
is the median of its votes, a panel's the median of its judges'; where too few can be read there is
no grade at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median

from ugcbench.types import Score, Status


@dataclass(frozen=True, slots=True)
class Grade:
    """A verdict turned into numbers in [0, 1]."""

    value: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ballot:
    """What came of asking one judge once.

    `grade` is None if no verdict could be read; then `status` and `note` say why. Otherwise `note`
    is the verdict as JSON. `addresses` are those of all replies, `model` is who replied.
    """

    judge: str
    grade: Grade | None
    note: str
    addresses: tuple[str, ...]
    model: str | None = None
    status: Status = "ok"


def count_ballots(ballots: Sequence[Ballot], quorum: int | None) -> Score:
    """The score that the ballots of one answer make.

    At least `quorum` judges must come to a grade, by default more than half of them; a judge does
    if more than half of its own ballots can be read.
    """
    addresses = tuple(address for ballot in ballots for address in ballot.addresses)
    by_judge: dict[str, list[Ballot]] = {}
    for ballot in ballots:
        by_judge.setdefault(ballot.judge, []).append(ballot)
    grades = [grade for cast in by_judge.values() if (grade := _median_ballot(cast)) is not None]
    if len(grades) < (quorum or len(by_judge) // 2 + 1):
        return _failure(ballots, addresses)
    readable = [ballot for ballot in ballots if ballot.grade is not None]
    grade = median_grade(grades)
    models = list(dict.fromkeys(ballot.model for ballot in readable if ballot.model))
    return Score(
        status="ok",
        value=grade.value,
        parts=grade.parts,
        verdicts=addresses,
        judge_model=" + ".join(models) or None,
        disagreement=measure_disagreement([b.grade for b in readable if b.grade is not None]),
        note="\n".join(ballot.note for ballot in readable),
    )


def median_grade(grades: Sequence[Grade]) -> Grade:
    """The median of the values, and of each part; `grades` must not be empty."""
    parts = {
        name: median(grade.parts[name] for grade in grades if name in grade.parts)
        for name in dict.fromkeys(name for grade in grades for name in grade.parts)
    }
    return Grade(median(grade.value for grade in grades), parts)


def measure_disagreement(grades: Sequence[Grade]) -> float | None:
    """The mean absolute difference between two grades, over all pairs and parts; None for one."""
    gaps = [gap for pair in combinations(grades, 2) for gap in _gaps(*pair)]
    return fmean(gaps) if gaps else None


def _median_ballot(cast: Sequence[Ballot]) -> Grade | None:
    readable = [ballot.grade for ballot in cast if ballot.grade is not None]
    return median_grade(readable) if 2 * len(readable) > len(cast) else None


def _gaps(one: Grade, other: Grade) -> list[float]:
    names = one.parts.keys() & other.parts.keys()
    if not names:
        return [abs(one.value - other.value)]
    return [abs(one.parts[name] - other.parts[name]) for name in sorted(names)]


def _failure(ballots: Sequence[Ballot], addresses: tuple[str, ...]) -> Score:
    """Too few verdicts: the most frequent reason, with the first ballot's words for it."""
    failed = [ballot for ballot in ballots if ballot.grade is None]
    status = Counter(ballot.status for ballot in failed).most_common(1)[0][0]
    why = next(ballot.note for ballot in failed if ballot.status == status)
    some = f"{len(failed)} of {len(ballots)} verdicts are missing: " if len(ballots) > 1 else ""
    return Score(status=status, source="judge", verdicts=addresses, note=f"judge: {some}{why}")
