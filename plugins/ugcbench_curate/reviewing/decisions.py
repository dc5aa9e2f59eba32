"""What is an error, what a disagreement, and when does a batch pass?

Reviewers *disagree* about a component if some find an error in it and some don't; finding
different errors is no disagreement. An error is *confirmed* if all reviewers of the revision find
one in the component, or if the arbiter does after they disagreed. The *error rate* of a batch is
the share of its annotations with a confirmed error in any component or, by the rule
`per = component`, the share of its components with one. Above the highest rate allowed the batch is
rejected; just on it, it passes.

Source: UGC-VideoCap paper, section 3, which rejects batches with an error rate above 3 % and leaves
open of what; an annotation is what goes into the benchmark or doesn't, and is the stricter unit.
"""

from __future__ import annotations

from collections.abc import Iterator

from ugcbench_curate.reviewing.batches import Revision, Seat, Status, components_of
from ugcbench_curate.reviewing.events import Component, Decided, Mark, Rules

Place = tuple[str, Component]
"""A component of the annotation with that id."""


def status_of(revision: Revision, rules: Rules) -> Status:
    """Where a revision is on its way."""
    if revision.decided is not None:
        return "accepted" if revision.decided.accepted else "rejected"
    return "in arbitration" if is_compared(revision, rules) else "in review"


def is_compared(revision: Revision, rules: Rules) -> bool:
    """Whether all reviewers have handed in, before which nobody learns what another marked."""
    reviewers = revision.reviewers
    return len(reviewers) == rules.reviewers and all(seat.handed_in for seat in reviewers)


def find_disagreements(revision: Revision) -> dict[str, tuple[Component, ...]]:
    """The components to arbitrate, by annotation, once the reviewers can be compared."""
    found: dict[str, tuple[Component, ...]] = {}
    for (name, component), marks in _compare(revision):
        if len({mark.faulty for mark in marks}) > 1:
            found[name] = (*found.get(name, ()), component)
    return found


def to_mark(revision: Revision, seat: Seat) -> dict[str, tuple[Component, ...]]:
    """What the person in a seat has to mark: all there is, or what reviewers disagree about."""
    if seat.role == "arbiter":
        return find_disagreements(revision)
    return {name: components_of(each) for name, each in revision.annotations.items()}


def confirmed_errors(revision: Revision) -> dict[Place, tuple[Mark, ...]]:
    """The components with a confirmed error, each with the marks that confirm it."""
    rulings = revision.arbiter.marks if revision.arbiter else {}
    found: dict[Place, tuple[Mark, ...]] = {}
    for (name, component), marks in _compare(revision):
        ruling = rulings.get(name, {}).get(component)
        counted = marks if ruling is None else (ruling, *marks)
        if all(mark.faulty for mark in marks) or (ruling is not None and ruling.faulty):
            found[name, component] = tuple(mark for mark in counted if mark.faulty)
    return found


def decide(revision: Revision, rules: Rules) -> Decided | None:
    """The decision on a revision, None as long as somebody still has something to say."""
    if not is_compared(revision, rules):
        return None
    arbiter = revision.arbiter
    if find_disagreements(revision) and not (arbiter and arbiter.handed_in):
        return None
    errors = confirmed_errors(revision)
    if rules.per == "annotation":
        wrong, units = len({name for name, _ in errors}), len(revision.annotations)
    else:
        wrong = len(errors)
        units = sum(len(components_of(each)) for each in revision.annotations.values())
    return Decided(
        batch=revision.batch,
        revision=revision.number,
        accepted=wrong / units <= rules.max_error_rate,
        errors=wrong,
        units=units,
    )


def _compare(revision: Revision) -> Iterator[tuple[Place, tuple[Mark, ...]]]:
    """Each component with the marks of all reviewers."""
    said = [seat.marks for seat in revision.reviewers]
    for name, annotation in revision.annotations.items():
        for component in components_of(annotation):
            yield (name, component), tuple(marks[name][component] for marks in said)
