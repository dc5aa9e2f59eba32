"""How far do reviewers agree, beyond what chance would do?

Measured on the marks that reviewers handed in, before arbitration, over all revisions: each unit is
one component of one annotation of one revision. Everything is total: where a measure is not
defined, as where everybody always says the same, it is None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from ugcbench.types import Frozen
from ugcbench_curate.reviewing.batches import Revision, components_of
from ugcbench_curate.reviewing.events import COMPONENTS, Component, Mark

Ratings = npt.NDArray[np.float64]
"""Reviewers x units: 1 where one finds fault, 0 where not, NaN where one didn't review."""

DRAWS = 1000
"""How often annotations are drawn again for an interval."""

CRITERIA: dict[str, Callable[[Mark], bool]] = {
    "any error": lambda mark: mark.faulty,
    "accurate": lambda mark: not mark.accurate,
    "complete": lambda mark: not mark.complete,
    "clear": lambda mark: not mark.clear,
}


class Alpha(Frozen):
    """Krippendorff's alpha with its 95 % bootstrap interval over annotations."""

    value: float | None
    low: float | None
    high: float | None


class PairAgreement(Frozen):
    """Two reviewers on the `units` that both marked: the share of equal marks, Cohen's kappa."""

    reviewers: tuple[str, str]
    units: int
    exact: float
    kappa: float | None


class CriterionAgreement(Frozen):
    """All reviewers on one question about one component, or about all of them.

    `faults` is the share of marks that find fault, `exact` that of pairs of marks that are equal,
    `kappa` the mean of Cohen's kappas of all pairs of reviewers, weighted by their units, `alpha`
    Krippendorff's for nominal data.
    """

    component: Component | None
    criterion: str
    units: int
    faults: float
    exact: float
    kappa: float | None
    alpha: Alpha


class Agreement(Frozen):
    """How reviewers agree: by criterion and component, and two by two on any error."""

    criteria: tuple[CriterionAgreement, ...]
    pairs: tuple[PairAgreement, ...]


class Table(Frozen):
    """The marks of all reviewers: a row for each person, a column for each unit."""

    people: tuple[str, ...]
    units: tuple[tuple[str, Component], ...]
    marks: tuple[tuple[Mark | None, ...], ...]


def measure_agreement(revisions: Iterable[Revision], *, seed: int = 0) -> Agreement:
    """The agreement on revisions that all of their reviewers have handed in."""
    table = tabulate(revisions)
    asked = [(None, criterion) for criterion in CRITERIA]
    by_component = [(component, "any error") for component in COMPONENTS]
    found = (_measure(table, *which, seed) for which in (*asked, *by_component))
    ratings = _ratings(table, None, "any error")[0]
    pairs = (
        _pair(table.people[one], table.people[other], ratings[[one, other]])
        for one, other in combinations(range(len(table.people)), 2)
    )
    return Agreement(
        criteria=tuple(each for each in found if each is not None),
        pairs=tuple(pair for pair in pairs if pair is not None),
    )


def tabulate(revisions: Iterable[Revision]) -> Table:
    """Who said what of which component."""
    said: dict[tuple[str, Component], dict[str, Mark]] = defaultdict(dict)
    for revision in revisions:
        for seat in revision.reviewers:
            for name, marks in seat.marks.items():
                for component in components_of(revision.annotations[name]):
                    unit = f"{revision.name} {name}", component
                    said[unit][seat.person] = marks[component]
    people = tuple(sorted({person for marks in said.values() for person in marks}))
    return Table(
        people=people,
        units=tuple(said),
        marks=tuple(tuple(said[unit].get(person) for unit in said) for person in people),
    )


def nominal_alpha(ratings: Ratings) -> float | None:
    """Krippendorff's alpha for nominal data; None for fewer than two units or only one value."""
    import krippendorff

    rated = ratings[:, (~np.isnan(ratings)).sum(axis=0) >= 2]
    if rated.shape[1] < 2 or len(np.unique(rated[~np.isnan(rated)])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=rated, level_of_measurement="nominal"))


def mean_kappa(ratings: Ratings) -> float | None:
    """Cohen's kappa of each pair of reviewers, averaged by the units that they share."""
    found = [(both.shape[1], cohen_kappa(both)) for both in _shared(ratings)]
    defined = [(units, kappa) for units, kappa in found if kappa is not None]
    if not defined:
        return None
    units, kappas = zip(*defined, strict=True)
    return float(np.average(kappas, weights=units))


def cohen_kappa(both: Ratings) -> float | None:
    """Cohen's kappa of two rows without gaps; None if both are one and the same constant."""
    from sklearn.metrics import cohen_kappa_score

    if len(np.unique(both)) < 2:
        return None
    return float(cohen_kappa_score(both[0], both[1], labels=[0.0, 1.0]))


def _measure(
    table: Table, component: Component | None, criterion: str, seed: int
) -> CriterionAgreement | None:
    ratings, names = _ratings(table, component, criterion)
    shared = list(_shared(ratings))
    if not shared:
        return None
    equal = np.concatenate([both[0] == both[1] for both in shared])
    return CriterionAgreement(
        component=component,
        criterion=criterion,
        units=ratings.shape[1],
        faults=float(np.nanmean(ratings)),
        exact=float(equal.mean()),
        kappa=mean_kappa(ratings),
        alpha=_with_interval(ratings, names, seed),
    )


def _ratings(
    table: Table, component: Component | None, criterion: str
) -> tuple[Ratings, Sequence[str]]:
    """The ratings on one question, and of which annotation each unit is."""
    chosen = [at for at, unit in enumerate(table.units) if component in (None, unit[1])]
    fault = CRITERIA[criterion]
    rows = [
        [np.nan if (mark := row[at]) is None else float(fault(mark)) for at in chosen]
        for row in table.marks
    ]
    ratings = np.array(rows, np.float64).reshape(len(table.people), len(chosen))
    return ratings, [table.units[at][0] for at in chosen]


def _with_interval(ratings: Ratings, names: Sequence[str], seed: int) -> Alpha:
    """Alpha, and the middle 95 % of it when annotations are drawn again.

    No bounds where it is undefined in more than half of the draws.
    """
    value = nominal_alpha(ratings)
    _, cluster = np.unique(np.asarray(names), return_inverse=True)
    count = int(cluster.max()) + 1
    if value is None or count < 2:
        return Alpha(value=value, low=None, high=None)
    columns = [np.flatnonzero(cluster == at) for at in range(count)]
    rng = np.random.default_rng(seed)
    draws = (rng.integers(count, size=count) for _ in range(DRAWS))
    drawn = (nominal_alpha(ratings[:, np.concatenate([columns[i] for i in d])]) for d in draws)
    known = [each for each in drawn if each is not None]
    if 2 * len(known) < DRAWS:
        return Alpha(value=value, low=None, high=None)
    low, high = np.quantile(known, (0.025, 0.975)).tolist()
    return Alpha(value=value, low=low, high=high)


def _pair(one: str, other: str, both: Ratings) -> PairAgreement | None:
    both = both[:, ~np.isnan(both).any(axis=0)]
    if not both.size:
        return None
    return PairAgreement(
        reviewers=(one, other),
        units=both.shape[1],
        exact=float((both[0] == both[1]).mean()),
        kappa=cohen_kappa(both),
    )


def _shared(ratings: Ratings) -> Iterable[Ratings]:
    """For each pair of reviewers the units that both marked, if there are any."""
    for pair in combinations(ratings, 2):
        both = np.stack(pair)
        both = both[:, ~np.isnan(both).any(axis=0)]
        if both.size:
            yield both
