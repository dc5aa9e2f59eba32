"""What may a person do next, and what follows from it?

Everything here is one transaction on the ledger: it is checked against all that others have done
by then, and either recorded as a whole or refused with a `ReviewError`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ugcbench.errors import UsageError
from ugcbench_curate.annotations import Annotation
from ugcbench_curate.reviewing.batches import Marks, Review, Revision, Seat
from ugcbench_curate.reviewing.decisions import decide, status_of, to_mark
from ugcbench_curate.reviewing.events import (
    Claimed,
    Decided,
    Event,
    HandedIn,
    Marked,
    Opened,
    Pseudonym,
    Released,
    Role,
    Rules,
    Submitted,
    Undone,
)
from ugcbench_curate.reviewing.ledger import Ledger

PSEUDONYM: TypeAdapter[str] = TypeAdapter(Pseudonym)


class ReviewError(UsageError):
    """The rules of the review, or what others did meanwhile, don't allow it."""


class Desk:
    """What can be done at a ledger; all writing goes through here."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._review = Review()

    def review(self) -> Review:
        """The review as it stands now."""
        for entry in self.ledger.entries(self._review.last):
            self._review.apply(entry)
        return self._review

    @property
    def opened(self) -> Opened:
        """The rules of the review, and where its annotations came from."""
        opened = self.review().opened
        if opened is None:
            raise ReviewError(f"{self.ledger.path} is empty; delete it and init the review again")
        return opened

    @property
    def rules(self) -> Rules:
        """The rules of the review."""
        return self.opened.rules

    @property
    def media(self) -> Path:
        """The folder to which the paths of clips are relative."""
        return self.ledger.path.parent / self.opened.media

    def open(self, person: str, opened: Opened, batches: Sequence[Sequence[Annotation]]) -> None:
        """Begin the review with its batches."""
        with self._acting(person):
            self._append(person, opened)
            for number, annotations in enumerate(batches, 1):
                submitted = Submitted(batch=number, revision=1, annotations=tuple(annotations))
                self._append(person, submitted)

    def claim(self, person: str, batch: int, role: Role) -> Revision:
        """Take a seat at the newest revision of a batch; the arbiter is a third person."""
        with self._acting(person) as review:
            revision = self._batch(review, batch)[-1]
            if person in revision.seats:
                raise ReviewError(f"{person} has a seat at batch {revision.name} already")
            status = status_of(revision, self.rules)
            if status != ("in review" if role == "reviewer" else "in arbitration"):
                raise ReviewError(f"batch {revision.name} is {status}: it needs no {role}")
            if role == "reviewer" and len(revision.reviewers) == self.rules.reviewers:
                raise ReviewError(f"batch {revision.name} has all its reviewers; take another one")
            if role == "arbiter" and revision.arbiter is not None:
                raise ReviewError(f"batch {revision.name} has an arbiter already")
            self._append(person, Claimed(batch=batch, revision=revision.number, role=role))
        return revision

    def release(self, by: str, batch: int, person: str) -> None:
        """Free the seat of somebody who won't come back; their marks there count no more."""
        with self._acting(by) as review:
            revision = self._batch(review, batch)[-1]
            seat = revision.seats.get(person)
            if seat is None:
                sitting = ", ".join(revision.seats) or "nobody"
                raise ReviewError(
                    f"{person} has no seat at batch {revision.name}; its seats: {sitting}"
                )
            if seat.handed_in:
                raise ReviewError(f"{person} has handed in batch {revision.name}: the marks stay")
            released = Released(batch=batch, revision=revision.number, person=person)
            self._append(by, released)

    def mark(self, person: str, batch: int, revision: int, annotation: str, marks: Marks) -> None:
        """Record a person's marks of one annotation, of exactly the components to be marked."""
        with self._acting(person) as review:
            here, seat = self._seat(review, person, batch, revision)
            wanted = to_mark(here, seat).get(annotation)
            if wanted is None:
                raise ReviewError(f"{annotation!r} isn't to be marked in batch {here.name}")
            if set(marks) != set(wanted):
                raise ReviewError(f"{annotation!r} needs marks for {', '.join(wanted)}")
            self._append(
                person,
                Marked(batch=batch, revision=revision, annotation=annotation, marks=marks),
            )

    def undo(self, person: str, batch: int, revision: int) -> str:
        """Take the person's last mark back; returns the id of the annotation that it was about."""
        with self._acting(person) as review:
            here, seat = self._seat(review, person, batch, revision)
            if not seat.log:
                raise ReviewError(f"{person} has marked nothing in batch {here.name} to take back")
            last = max(seat.log)
            annotation = seat.log[last][0]
            self._append(person, Undone(batch=batch, revision=revision, undoes=last))
        return annotation

    def hand_in(self, person: str, batch: int, revision: int) -> Decided | None:
        """Stand by one's marks; returns the decision on the batch if it was the last thing missing.

        From then on the marks are fixed, and those of different people are compared.
        """
        with self._acting(person) as review:
            here, seat = self._seat(review, person, batch, revision)
            missing = to_mark(here, seat).keys() - seat.marks.keys()
            if missing:
                raise ReviewError(
                    f"{len(missing)} annotations of batch {here.name} aren't marked yet, such as "
                    f"{min(missing)!r}"
                )
            self._append(person, HandedIn(batch=batch, revision=revision))
            decided = decide(here, self.rules)
            if decided is not None:
                self._append(person, decided)
        return decided

    def resubmit(self, person: str, annotations: Sequence[Annotation]) -> tuple[Revision, ...]:
        """Take rejected batches back in, mended, as their next revisions, each reviewed as a whole.

        Annotations that are missing here stay as they were, and so do batches without a change.
        """
        mended = {annotation.id: annotation for annotation in annotations}
        with self._acting(person) as review:
            changed = self._find_changed(review, mended)
            for before in changed:
                merged = tuple(mended.get(name, each) for name, each in before.annotations.items())
                submitted = Submitted(
                    batch=before.batch, revision=before.number + 1, annotations=merged
                )
                self._append(person, submitted)
        return tuple(review.batches[before.batch][-1] for before in changed)

    def _find_changed(self, review: Review, mended: Mapping[str, Annotation]) -> list[Revision]:
        """The batches in which annotations are mended, if all of them were rejected."""
        known = {name: each for r in review.current() for name, each in r.annotations.items()}
        unknown = mended.keys() - known.keys()
        if unknown:
            raise ReviewError(f"{min(unknown)!r} isn't in this review")
        names = {name for name, each in mended.items() if each != known[name]}
        if not names:
            raise ReviewError("nothing is mended: all is as it was")
        changed = [r for r in review.current() if not names.isdisjoint(r.annotations)]
        for revision in changed:
            if (status := status_of(revision, self.rules)) != "rejected":
                final = "; what is accepted is final" if status == "accepted" else ""
                raise ReviewError(f"batch {revision.name} is {status}, not rejected{final}")
        return changed

    def _seat(
        self, review: Review, person: str, batch: int, revision: int
    ) -> tuple[Revision, Seat]:
        """Where a person may still mark."""
        revisions = self._batch(review, batch)
        if not 1 <= revision <= len(revisions):
            raise ReviewError(f"batch {batch} has no revision {revision}")
        here = revisions[revision - 1]
        seat = here.seats.get(person)
        if seat is None:
            raise ReviewError(f"{person} has no seat at batch {here.name}")
        if seat.handed_in:
            raise ReviewError(f"batch {here.name} is handed in: its marks are fixed")
        return here, seat

    @staticmethod
    def _batch(review: Review, batch: int) -> list[Revision]:
        try:
            return review.batches[batch]
        except KeyError:
            raise ReviewError(
                f"there is no batch {batch}; there are 1 to {len(review.batches)}"
            ) from None

    @contextlib.contextmanager
    def _acting(self, person: str) -> Iterator[Review]:
        check_pseudonym(person)
        try:
            with self.ledger.writing():
                yield self.review()
        except BaseException:
            self._review = Review()  # what was taken into account may not have been kept
            raise

    def _append(self, person: str, event: Event) -> None:
        self._review.apply(self.ledger.append(person, event))


def check_pseudonym(person: str) -> None:
    """Raises `UsageError` for what is no pseudonym, such as a name with a space or an address."""
    try:
        PSEUDONYM.validate_python(person)
    except ValidationError:
        raise UsageError(
            f"{person!r} is no pseudonym: up to 32 letters, digits, dots, dashes and underscores, "
            "such as r1; real names and addresses don't belong into the ledger"
        ) from None
