"""What do the events of a review amount to so far?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Literal

from ugcbench_curate.annotations import Annotation
from ugcbench_curate.reviewing.events import (
    COMPONENTS,
    Claimed,
    Component,
    Decided,
    Entry,
    HandedIn,
    Mark,
    Marked,
    Opened,
    Released,
    Role,
    Submitted,
    Undone,
)

Marks = Mapping[Component, Mark]
Status = Literal["in review", "in arbitration", "accepted", "rejected"]


@dataclass
class Seat:
    """One person at one revision: their marks in force, newest last, by number of the event."""

    person: str
    role: Role
    log: dict[int, tuple[str, Marks]] = field(default_factory=dict)
    handed_in: bool = False

    @property
    def marks(self) -> dict[str, Marks]:
        """The marks that count, by annotation."""
        return dict(self.log.values())


@dataclass
class Revision:
    """One state of a batch, and what people said of it."""

    batch: int
    number: int
    annotations: Mapping[str, Annotation]
    seats: dict[str, Seat] = field(default_factory=dict)
    decided: Decided | None = None

    @property
    def reviewers(self) -> list[Seat]:
        """Seats of those who review, in the order in which they came."""
        return [seat for seat in self.seats.values() if seat.role == "reviewer"]

    @property
    def arbiter(self) -> Seat | None:
        """The seat of the one who arbitrates, if there is one."""
        return next((seat for seat in self.seats.values() if seat.role == "arbiter"), None)

    @property
    def name(self) -> str:
        """Batch and revision, such as `3.1`."""
        return f"{self.batch}.{self.number}"


class Review:
    """A review as it stands after some events, which `apply` adds one by one.

    Attributes:
        opened: the rules, and where it all came from; None before the first event.
        batches: revisions of each batch, oldest first.
        last: the number of the newest event.

    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.opened: Opened | None = None
        self.batches: dict[int, list[Revision]] = {}
        self.last = 0
        for entry in entries:
            self.apply(entry)

    def apply(self, entry: Entry) -> None:
        """Take the next event into account."""
        self._take(entry.event, entry)
        self.last = entry.number

    def current(self) -> Iterator[Revision]:
        """The newest revision of each batch."""
        return (revisions[-1] for revisions in self.batches.values())

    def revisions(self) -> Iterator[Revision]:
        """Every revision of every batch."""
        return (revision for revisions in self.batches.values() for revision in revisions)

    @singledispatchmethod
    def _take(self, event: object, entry: Entry) -> None:
        raise TypeError(f"no such event: {event!r}")

    @_take.register
    def _(self, event: Opened, entry: Entry) -> None:
        self.opened = event

    @_take.register
    def _(self, event: Submitted, entry: Entry) -> None:
        annotations = {annotation.id: annotation for annotation in event.annotations}
        revision = Revision(event.batch, event.revision, annotations)
        self.batches.setdefault(event.batch, []).append(revision)

    @_take.register
    def _(self, event: Claimed, entry: Entry) -> None:
        self._find(event).seats[entry.person] = Seat(entry.person, event.role)

    @_take.register
    def _(self, event: Released, entry: Entry) -> None:
        del self._find(event).seats[event.person]

    @_take.register
    def _(self, event: Marked, entry: Entry) -> None:
        seat = self._find(event).seats[entry.person]
        seat.log[entry.number] = event.annotation, event.marks

    @_take.register
    def _(self, event: Undone, entry: Entry) -> None:
        del self._find(event).seats[entry.person].log[event.undoes]

    @_take.register
    def _(self, event: HandedIn, entry: Entry) -> None:
        self._find(event).seats[entry.person].handed_in = True

    @_take.register
    def _(self, event: Decided, entry: Entry) -> None:
        self._find(event).decided = event

    def _find(self, event: Claimed | Released | Marked | Undone | HandedIn | Decided) -> Revision:
        return self.batches[event.batch][event.revision - 1]


def components_of(annotation: Annotation) -> tuple[Component, ...]:
    """The components in which anything is said, and which are marked for that reason."""
    return tuple(
        component
        for component in COMPONENTS
        if any(value is not None for _, value in getattr(annotation, component))
    )
