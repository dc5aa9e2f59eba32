"""How well does a judge agree with people, and people with each other?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from ugcbench.errors import UsageError
from ugcbench.types import Frozen
from ugcbench_judging.agreement import (
    Agreement,
    Scores,
    mean_or_none,
    measure_agreement,
    ordinal_alpha,
    to_levels,
    weighted_kappa,
)
from ugcbench_judging.pairs import Anchor, Pair
from ugcbench_judging.ratings import Rating


class Concord(Frozen):
    """How ratings of the same answers go together, two by two.

    Over all `pairs` of ratings `exact` and `within_one` are the shares of equal levels, and of
    levels that are at most one apart. `kappa` is the mean of quadratic-weighted kappas over the
    pairs of raters that have one.
    """

    pairs: int
    exact: float | None
    within_one: float | None
    kappa: float | None


class PeopleAgreement(Frozen):
    """One dimension: the judge beside the `median` of people, beside `each` person, and `people`
    among themselves with Krippendorff's ordinal `alpha`.
    """

    median: Agreement
    each: Concord
    people: Concord
    alpha: float | None


class PeopleReport(Frozen):
    """A judge beside people: `ratings` of `raters` on answers that the judge has judged too.

    `left_out` ratings are about answers that have no verdict.
    """

    judge: str
    task: str
    systems: tuple[str, ...]
    raters: tuple[str, ...]
    ratings: int
    left_out: int
    dimensions: Mapping[str, PeopleAgreement]


def compare_with_people(
    judged: Anchor, ratings: Sequence[Rating], *, seed: int = 0
) -> PeopleReport:
    """Hold a judge's scores (`judged`) against people's ratings of the same answers.

    Raises `UsageError` if no rating is about an answer that was judged.
    """
    places = _places(judged.pairs)
    known = [rating for rating in ratings if (rating.about, rating.system) in places]
    if not known:
        first = ratings[0]
        raise UsageError(
            f"none of {len(ratings)} ratings is about an answer that {judged.judge} judged, such "
            f"as {judged.pairs[0].clip!r}; the first is about {first.about!r} (line {first.line})"
        )
    raters = tuple(sorted({rating.rater for rating in known}))
    dimensions = {}
    for name in judged.dimensions:
        table = _tabulate([r for r in known if r.dimension == name], raters, places)
        if not np.isnan(table).all():
            dimensions[name] = _compare(judged.pairs, name, table, seed)
    return PeopleReport(
        judge=judged.judge,
        task=judged.task,
        systems=judged.systems,
        raters=raters,
        ratings=len(known),
        left_out=len(ratings) - len(known),
        dimensions=dimensions,
    )


def measure_concord(first: Sequence[Scores], second: Sequence[Scores]) -> Concord:
    """The concord of raters, each of the `first` with its partner among the `second`.

    A rater's ratings are scores in [0, 1], one for each answer, NaN where there is none.
    """
    both = [
        to_levels(np.stack([one, other])[:, ~np.isnan(one) & ~np.isnan(other)])
        for one, other in zip(first, second, strict=True)
    ]
    every = np.concatenate(both, axis=1) if both else np.zeros((2, 0), np.int64)
    gaps = np.abs(every[0] - every[1])
    kappas = [weighted_kappa(*pair) for pair in both if pair.size]
    return Concord(
        pairs=len(gaps),
        exact=mean_or_none(gaps == 0),
        within_one=mean_or_none(gaps <= 1),
        kappa=mean_or_none([kappa for kappa in kappas if kappa is not None]),
    )


def _places(pairs: Sequence[Pair]) -> Mapping[tuple[str, str | None], int]:
    """Where the pairs stand, under clip and sample, with their system and, if it is the only one,
    without.
    """
    alone = len({pair.system for pair in pairs}) == 1
    places: dict[tuple[str, str | None], int] = {}
    for place, pair in enumerate(pairs):
        for name in (pair.clip, pair.sample_id):
            places[name, pair.system] = place
            if alone:
                places[name, None] = place
    return places


def _tabulate(
    ratings: Sequence[Rating],
    raters: Sequence[str],
    places: Mapping[tuple[str, str | None], int],
) -> Scores:
    """Raters x answers, NaN for what was not rated."""
    table = np.full((len(raters), max(places.values()) + 1), np.nan)
    for rating in ratings:
        place = places[rating.about, rating.system]
        table[raters.index(rating.rater), place] = rating.score
    return table


def _compare(pairs: Sequence[Pair], name: str, table: Scores, seed: int) -> PeopleAgreement:
    rated = np.flatnonzero(~np.isnan(table).all(axis=0))
    table = table[:, rated]
    chosen = [pairs[at] for at in rated.tolist()]
    judge = np.array([pair.scores[name] for pair in chosen])
    two = list(combinations(table, 2))
    levels = np.where(np.isnan(table), np.nan, to_levels(np.nan_to_num(table)))
    return PeopleAgreement(
        median=measure_agreement(
            np.nanmedian(table, axis=0),
            judge,
            [pair.system for pair in chosen],
            [pair.clip for pair in chosen],
            seed=seed,
        ),
        each=measure_concord([judge] * len(table), list(table)),
        people=measure_concord([one for one, _ in two], [other for _, other in two]),
        alpha=ordinal_alpha(levels),
    )
