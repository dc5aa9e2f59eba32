"""How do annotations come into a review?"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from ugcbench.errors import DatasetError
from ugcbench_curate.annotating.files import find_media, read_annotations, relocate
from ugcbench_curate.annotations import Annotation
from ugcbench_curate.reviewing.batches import Revision, components_of
from ugcbench_curate.reviewing.events import COMPONENTS, Opened, Rules
from ugcbench_curate.reviewing.ledger import Ledger, create_ledger
from ugcbench_curate.reviewing.procedure import Desk, check_pseudonym


def begin_review(
    source: Path, ledger: Path, rules: Rules, person: str, *, drafts: bool = False
) -> Ledger:
    """A new ledger with the annotations of a JSONL file, drawn into batches by the rules' seed.

    Raises `DatasetError` for annotations that can't be reviewed: without a clip or with another one
    than they were made for, without any value or, unless `drafts`, with values by a model that
    nobody has confirmed.
    """
    check_pseudonym(person)
    annotations = read_for_review(source, source.parent, drafts=drafts)
    opened = Opened(
        rules=rules,
        source=source.name,
        source_sha256=hashlib.sha256(source.read_bytes()).hexdigest(),
        media=os.path.relpath(source.parent.resolve(), ledger.parent.resolve()),
    )
    made = create_ledger(ledger)
    Desk(made).open(person, opened, draw_batches(annotations, rules))
    return made


def take_back(
    desk: Desk, source: Path, person: str, *, drafts: bool = False
) -> tuple[Revision, ...]:
    """Mended annotations become the next revisions of their batches, with the paths of their clips.

    Raises as `begin_review` does, and `ReviewError` if nothing is mended, or not in rejected ones.
    """
    mended = [
        relocate(each, source.parent, desk.media)
        for each in read_for_review(source, source.parent, drafts=drafts)
    ]
    return desk.resubmit(person, mended)


def read_for_review(source: Path, media: Path, *, drafts: bool = False) -> Sequence[Annotation]:
    """The annotations of a file, each with its clip below `media` and something to say of it."""
    annotations = read_annotations(source)
    for annotation in annotations:
        if problem := _find_problem(annotation, media):
            raise DatasetError(f"{source}: {annotation.id!r} {problem}")
    named = {each.id: list(find_drafts(each)) for each in annotations}
    waiting = {name: fields for name, fields in named.items() if fields}
    if waiting and not drafts:
        name, fields = next(iter(waiting.items()))
        raise DatasetError(
            f"{source}: {len(waiting)} annotations hold drafts by a model that nobody has "
            f"confirmed, such as {name!r} ({', '.join(fields)}); let annotators confirm them, or "
            "let reviewers see them as they are by --allow-drafts"
        )
    return annotations


def draw_batches(annotations: Sequence[Annotation], rules: Rules) -> list[list[Annotation]]:
    """The annotations in random order, cut into batches; the last one may be smaller."""
    order = sorted(annotations, key=lambda annotation: annotation.id)
    random.Random(rules.seed).shuffle(order)  # noqa: S311 - a draw, no secret
    return [order[at : at + rules.batch] for at in range(0, len(order), rules.batch)]


def find_drafts(annotation: Annotation) -> Iterator[str]:
    """The fields that hold a model's value which nobody has confirmed, such as `audio.tone`."""
    for component in COMPONENTS:
        for name, said in getattr(annotation, component):
            if said is not None and said.provenance.draft:
                yield f"{component}.{name}"


def _find_problem(annotation: Annotation, media: Path) -> str | None:
    """Why nobody could review it, None if somebody can."""
    if not components_of(annotation):
        return "says nothing: no field has a value"
    clip = find_media(annotation, media)
    if not clip.is_file():
        return f"has no clip: {clip} is no file"
    if annotation.sha256 is not None:
        with clip.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != annotation.sha256:
            return f"was made for another clip than {clip}: the SHA-256 is {found[:12]}..."
    return None
