"""How does a review stand, what came of it, and who did what?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ugcbench.types import Frozen
from ugcbench_curate.reviewing.agreement import Agreement, measure_agreement
from ugcbench_curate.reviewing.batches import Revision, Status, components_of
from ugcbench_curate.reviewing.decisions import (
    confirmed_errors,
    find_disagreements,
    is_compared,
    status_of,
    to_mark,
)
from ugcbench_curate.reviewing.events import Component, Entry, ErrorKind, Marked, Role, Rules
from ugcbench_curate.reviewing.procedure import Desk


class SeatStanding(Frozen):
    """How far one person is at one revision."""

    person: str
    role: Role
    marked: int
    of: int
    handed_in: bool


class BatchStanding(Frozen):
    """How far one revision is; `errors` of `units` are confirmed, given once it is decided.

    `disagreements` counts components, None before the reviewers can be compared.
    """

    batch: int
    revision: int
    annotations: int
    status: Status
    seats: tuple[SeatStanding, ...]
    disagreements: int | None
    errors: int | None
    units: int | None
    error_rate: float | None


class Standing(Frozen):
    """How a review stands: the newest revision of each batch, and annotations by status."""

    source: str
    rules: Rules
    annotations: Mapping[Status, int]
    batches: tuple[BatchStanding, ...]


class ReviewReport(Frozen):
    """What came of a review so far.

    `revisions` has every revision, the rejected ones too. `errors` counts components with a
    confirmed error by kind, as `kind` or `unclear`; one component may have several. `events` and
    `digest` of the last one stand for the whole ledger, which was verified.
    """

    standing: Standing
    revisions: tuple[BatchStanding, ...]
    errors: Mapping[Component, Mapping[str, int]]
    agreement: Agreement
    people: tuple[str, ...]
    events: int
    digest: str


def report_standing(desk: Desk) -> Standing:
    """How the review stands; tells nothing of what anybody marked before all can be compared."""
    review, rules = desk.review(), desk.rules
    counts: Counter[Status] = Counter()
    for revision in review.current():
        counts[status_of(revision, rules)] += len(revision.annotations)
    return Standing(
        source=desk.opened.source,
        rules=rules,
        annotations=dict(counts),
        batches=tuple(_stand(revision, rules) for revision in review.current()),
    )


def report_review(desk: Desk, *, seed: int = 0) -> ReviewReport:
    """Standing, errors and agreement; raises `LedgerError` if the ledger was tampered with."""
    digest = desk.ledger.verify()
    review, rules = desk.review(), desk.rules
    compared = [revision for revision in review.revisions() if is_compared(revision, rules)]
    people = {seat.person for revision in review.revisions() for seat in revision.seats.values()}
    return ReviewReport(
        standing=report_standing(desk),
        revisions=tuple(_stand(revision, rules) for revision in review.revisions()),
        errors=_count_errors(compared),
        agreement=measure_agreement(compared, seed=seed),
        people=tuple(sorted(people)),
        events=review.last,
        digest=digest,
    )


def trace(desk: Desk) -> Iterator[dict[str, Any]]:
    """The audit trail, line by line, as plain data.

    Submitted annotations are named, not repeated. Marks are left out as long as reviewers of that
    revision could learn from them what another one thinks.
    """
    open_ones = {
        (revision.batch, revision.number)
        for revision in desk.review().revisions()
        if not is_compared(revision, desk.rules)
    }
    return (_describe(entry, open_ones) for entry in desk.ledger.entries())


def _describe(entry: Entry, open_ones: set[tuple[int, int]]) -> dict[str, Any]:
    told = entry.model_dump(mode="json")
    event = entry.event
    if event.kind == "submitted":
        told["event"]["annotations"] = [annotation.id for annotation in event.annotations]
    if isinstance(event, Marked) and (event.batch, event.revision) in open_ones:
        told["event"]["marks"] = sorted(event.marks)
    return told


def _stand(revision: Revision, rules: Rules) -> BatchStanding:
    decided = revision.decided
    disagreements = find_disagreements(revision) if is_compared(revision, rules) else None
    seats = []
    for seat in revision.seats.values():
        of = len(to_mark(revision, seat))
        marked = len(seat.marks)
        seats.append(
            SeatStanding(
                person=seat.person, role=seat.role, marked=marked, of=of, handed_in=seat.handed_in
            )
        )
    return BatchStanding(
        batch=revision.batch,
        revision=revision.number,
        annotations=len(revision.annotations),
        status=status_of(revision, rules),
        seats=tuple(seats),
        disagreements=None if disagreements is None else sum(map(len, disagreements.values())),
        errors=decided.errors if decided else None,
        units=decided.units if decided else None,
        error_rate=decided.errors / decided.units if decided else None,
    )


def _count_errors(revisions: list[Revision]) -> dict[Component, dict[str, int]]:
    counts: dict[Component, Counter[str]] = {}
    for revision in revisions:
        for annotation in revision.annotations.values():
            for component in components_of(annotation):
                counts.setdefault(component, Counter())
        for (_, component), marks in confirmed_errors(revision).items():
            kinds: set[ErrorKind | str] = {kind for mark in marks for kind in mark.errors}
            kinds |= {"unclear" for mark in marks if not mark.clear}
            counts[component].update(kinds)
    return {component: dict(sorted(found.items())) for component, found in counts.items()}
