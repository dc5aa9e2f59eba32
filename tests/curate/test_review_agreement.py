"""Agreement of reviewers, against values worked out elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("krippendorff", reason="needs the extra [curate]")

from ugcbench_curate.annotations import Annotation, Heard, Provenance, Said
from ugcbench_curate.reviewing.agreement import (
    cohen_kappa,
    mean_kappa,
    measure_agreement,
    nominal_alpha,
)
from ugcbench_curate.reviewing.batches import Revision, Seat
from ugcbench_curate.reviewing.events import FINE, Mark

OMISSION = Mark(accurate=True, complete=False, clear=True, errors=("omission",))
CAPTION = Said(value="x", provenance=Provenance(source="human", annotator="a1"))


def revision(number, opinions):
    """A batch whose audio people have marked: 1 is an error."""
    names = [f"{number}-{at}" for at in range(len(next(iter(opinions.values()))))]
    annotations = {n: Annotation(id=n, media="x", audio=Heard(caption=CAPTION)) for n in names}
    made = Revision(number, 1, annotations)
    for person, faults in opinions.items():
        log = {
            at: (name, {"audio": OMISSION if fault else FINE})
            for at, (name, fault) in enumerate(zip(names, faults, strict=True))
        }
        made.seats[person] = Seat(person, "reviewer", log, handed_in=True)
    return made


def test_kappa_of_a_known_table():
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: kappa 0.4
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    assert cohen_kappa(np.array(pairs, float).T) == pytest.approx(0.4)


def test_alpha_of_a_known_table():
    # Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", A: binary, two observers
    first, second = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert nominal_alpha(np.array([first, second], float)) == pytest.approx(0.095, abs=5e-4)


def test_pairs_are_weighted_by_what_they_share():
    found = measure_agreement(
        [
            revision(1, {"r1": [1, 0] * 15, "r2": [1, 0] * 15}),
            revision(2, {"r1": [1, 0] * 5, "r3": [0, 1] * 5}),
        ]
    )
    pairs = {pair.reviewers: (pair.units, pair.exact, pair.kappa) for pair in found.pairs}
    assert pairs == {("r1", "r2"): (30, 1, 1), ("r1", "r3"): (10, 0, -1)}
    overall = found.criteria[0]
    assert (overall.component, overall.criterion, overall.units) == (None, "any error", 40)
    assert overall.kappa == pytest.approx(0.5)
    assert overall.alpha.low < overall.alpha.value < overall.alpha.high
    assert overall.exact == pytest.approx(0.75)
    by_name = {(each.component, each.criterion): each for each in found.criteria}
    assert by_name[None, "clear"].alpha.value is None
    assert by_name["audio", "any error"].alpha == overall.alpha
    assert ("visual", "any error") not in by_name


def test_nothing_to_compare_is_no_error():
    assert measure_agreement([]).criteria == ()
    alone = measure_agreement([revision(1, {"r1": [1, 0]})])
    assert (alone.criteria, alone.pairs) == ((), ())


@given(st.lists(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=6, max_size=6), max_size=4))
def test_measures_are_total_and_bounded(rows):
    ratings = np.array(rows, float).reshape(len(rows), 6)
    for value in (mean_kappa(ratings), nominal_alpha(ratings)):
        assert value is None or -1 <= value <= 1 + 1e-9
