"""What leaves a review: annotations that passed, and those that go back to be mended?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ugcbench.store import replace_text
from ugcbench.types import Frozen
from ugcbench_curate.annotating.files import relocate, write_annotations
from ugcbench_curate.reviewing.batches import Revision
from ugcbench_curate.reviewing.decisions import confirmed_errors
from ugcbench_curate.reviewing.events import Component, Mark, Rules
from ugcbench_curate.reviewing.procedure import Desk, ReviewError


class Reviewed(Frozen):
    """How one annotation came through: who reviewed it, and the errors that were confirmed.

    `batch` and `revision` say where; `reviewers` and `arbiter` are pseudonyms.
    """

    id: str
    batch: int
    revision: int
    reviewers: tuple[str, ...]
    arbiter: str | None
    errors: Mapping[Component, tuple[Mark, ...]]


class ReviewRecord(Frozen):
    """What stands beside exported annotations.

    `digest` is that of the ledger's last line, number `events`, and stands for all of it.
    `left_out` are annotations of accepted batches in which an error was confirmed.
    """

    source: str
    source_sha256: str
    rules: Rules
    events: int
    digest: str
    annotations: tuple[Reviewed, ...]
    left_out: tuple[Reviewed, ...] = ()


def export_accepted(desk: Desk, output: Path, *, faulty: bool = False) -> ReviewRecord:
    """Write the annotations of accepted batches as JSONL, and the record of their review beside it.

    Annotations with a confirmed error, of which an accepted batch may have a few, are left out
    unless `faulty`. The record is at `record_path(output)`. Annotations come by id, so that the
    same ledger gives the same bytes.
    """
    return _export(desk, output, accepted=True, faulty=faulty)


def export_rejected(desk: Desk, output: Path, batch: int | None = None) -> ReviewRecord:
    """Write the annotations of rejected batches, or of one, to be mended, and what is wrong."""
    return _export(desk, output, accepted=False, faulty=True, batch=batch)


def record_path(output: Path) -> Path:
    """Where the record of the review is: `x.review.json` for `x.jsonl`."""
    return output.with_suffix(".review.json")


def _export(
    desk: Desk, output: Path, *, accepted: bool, faulty: bool, batch: int | None = None
) -> ReviewRecord:
    digest, review = desk.ledger.verify(), desk.review()
    chosen = [
        revision
        for revision in review.current()
        if revision.decided is not None
        and revision.decided.accepted == accepted
        and batch in (None, revision.batch)
    ]
    if not chosen:
        which = "no batch is" if batch is None else f"batch {batch} isn't"
        state = "accepted" if accepted else "rejected"
        raise ReviewError(f"{which} {state}; see how all stand by: ugcbench data review status")
    if output.exists():  # somebody may have mended it, or it may be what is reviewed
        raise ReviewError(f"{output} is there already; choose another --output")
    reviewed = sorted((each for r in chosen for each in _trace(r)), key=lambda each: each.id)
    taken = tuple(each for each in reviewed if faulty or not each.errors)
    record = ReviewRecord(
        source=desk.opened.source,
        source_sha256=desk.opened.source_sha256,
        rules=desk.rules,
        events=review.last,
        digest=digest,
        annotations=taken,
        left_out=tuple(each for each in reviewed if each not in taken),
    )
    every = {name: each for revision in chosen for name, each in revision.annotations.items()}
    lines = [relocate(every[each.id], desk.media, output.parent) for each in taken]
    write_annotations(output, lines)
    replace_text(record_path(output), record.model_dump_json(indent=2) + "\n")
    return record


def _trace(revision: Revision) -> Iterator[Reviewed]:
    """How each annotation of a revision came through."""
    errors = confirmed_errors(revision)
    for name in revision.annotations:
        yield Reviewed(
            id=name,
            batch=revision.batch,
            revision=revision.number,
            reviewers=tuple(seat.person for seat in revision.reviewers),
            arbiter=revision.arbiter.person if revision.arbiter else None,
            errors={component: marks for (of, component), marks in errors.items() if of == name},
        )
