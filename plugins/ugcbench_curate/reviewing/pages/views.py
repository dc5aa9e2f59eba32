"""What does a page show?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ugcbench_curate.annotations import Annotation, OnScreenText, Provenance, SeenObject
from ugcbench_curate.reviewing.batches import Revision, Seat, Status, components_of
from ugcbench_curate.reviewing.decisions import status_of, to_mark
from ugcbench_curate.reviewing.events import COMPONENTS, Component, Mark, Role, Rules
from ugcbench_curate.reviewing.pages.forms import Draft, draft_of
from ugcbench_curate.reviewing.procedure import Desk

TITLES: Mapping[Component, str] = {
    "audio": "What is heard",
    "visual": "What is seen",
    "joint": "Both together",
}
LABELS = {"texts": "Texts on screen", "caption": "Caption"}


@dataclass(frozen=True)
class Line:
    """One part of a field's value; `start` is where in the clip it is to be seen, in seconds."""

    text: str
    start: float | None = None
    when: str = ""


@dataclass(frozen=True)
class Field:
    """A field of an annotation in words; `draft` by which model, if nobody has confirmed it."""

    label: str
    lines: tuple[Line, ...]
    draft: str | None


@dataclass(frozen=True)
class Card:
    """A component: its fields, its part of the form, and what reviewers said, for the arbiter.

    `draft` is None where nothing is to be marked.
    """

    component: Component
    title: str
    fields: tuple[Field, ...]
    draft: Draft | None
    opinions: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Row:
    """A batch in the list: what this person can do about it."""

    batch: int
    name: str
    title: str
    size: int
    status: Status
    marked: int
    of: int
    action: str | None
    told: str


@dataclass(frozen=True)
class Page:
    """One annotation of a batch, number `place` of `of` to be marked, with a card a component."""

    revision: str
    title: str
    role: Role
    annotation: str
    place: int
    of: int
    marked: int
    done: bool
    undo: bool
    cards: tuple[Card, ...]


def list_batches(desk: Desk, person: str, role: Role) -> list[Row]:
    """The newest revision of each batch that the person has or could have to do with."""
    rules = desk.rules
    rows = (_row(revision, rules, person, role) for revision in desk.review().current())
    return [row for row in rows if row is not None]


def list_withheld(desk: Desk, person: str) -> tuple[str, ...]:
    """The titles of batches that wait for another arbiter, as this person reviewed them."""
    rules = desk.rules
    return tuple(
        entitle(revision)
        for revision in desk.review().current()
        if _is_open(revision, status_of(revision, rules), rules, "arbiter")
        and person in revision.seats
    )


def show_annotation(
    revision: Revision, seat: Seat, place: int, filled: Mapping[Component, Draft] | None = None
) -> Page:
    """The page of what is to be marked at `place`, from 1; `filled` is a form that came back."""
    wanted = to_mark(revision, seat)
    name = list(wanted)[place - 1]
    annotation = revision.annotations[name]
    mine = seat.marks.get(name, {})
    cards = []
    for component in components_of(annotation):
        to_be = component in wanted[name]
        draft = (filled or {}).get(component) or draft_of(mine.get(component)) if to_be else None
        opinions = _opinions(revision, name, component) if to_be and seat.role == "arbiter" else ()
        title, fields = TITLES[component], describe(annotation, component)
        cards.append(Card(component, title, fields, draft, opinions))
    return Page(
        revision=revision.name,
        title=entitle(revision),
        role=seat.role,
        annotation=name,
        place=place,
        of=len(wanted),
        marked=len(seat.marks),
        done=name in seat.marks,
        undo=bool(seat.log),
        cards=tuple(cards),
    )


def find_next(revision: Revision, seat: Seat, after: int = 0) -> int | None:
    """The place of the first annotation after another one, and then from the start, without mark.

    None if all are marked.
    """
    names = list(to_mark(revision, seat))
    order = [*range(after, len(names)), *range(min(after, len(names)))]
    return next((at + 1 for at in order if names[at] not in seat.marks), None)


def entitle(revision: Revision) -> str:
    """A batch by its number, and that of its revision if it has been mended."""
    mended = f", revision {revision.number}" if revision.number > 1 else ""
    return f"Batch {revision.batch}{mended}"


def describe(annotation: Annotation, component: Component) -> tuple[Field, ...]:
    """The fields of a component that have a value, in words."""
    return tuple(
        Field(
            label=LABELS.get(name, name.replace("_", " ").capitalize()),
            lines=_lines(said.value),
            draft=_drafted(said.provenance),
        )
        for name, said in getattr(annotation, component)
        if said is not None
    )


def _row(revision: Revision, rules: Rules, person: str, role: Role) -> Row | None:
    status, seat = status_of(revision, rules), revision.seats.get(person)
    if seat is not None and seat.role != role:
        return None
    of = len(to_mark(revision, seat)) if seat else len(revision.annotations)
    action, told = None, _tell(revision, status, rules)
    if seat is not None and not seat.handed_in:
        action, told = "continue", ""
    elif seat is None and _is_open(revision, status, rules, role):
        action = "claim"
    elif seat is None and role == "arbiter":
        return None
    marked = len(seat.marks) if seat else 0
    return Row(
        batch=revision.batch,
        name=revision.name,
        title=entitle(revision),
        size=len(revision.annotations),
        status=status,
        marked=marked,
        of=of,
        action=action,
        told=told,
    )


def _is_open(revision: Revision, status: Status, rules: Rules, role: Role) -> bool:
    if role == "arbiter":
        return status == "in arbitration" and revision.arbiter is None
    return status == "in review" and len(revision.reviewers) < rules.reviewers


def _tell(revision: Revision, status: Status, rules: Rules) -> str:
    if status == "in review":
        free = rules.reviewers - len(revision.reviewers)
        return f"{free} of {rules.reviewers} seats free" if free else "waiting for its reviewers"
    if status == "in arbitration":
        return "reviewers disagree; a third person decides"
    return "final" if status == "accepted" else "goes back to be mended"


def _opinions(revision: Revision, name: str, component: Component) -> tuple[Mark, ...]:
    return tuple(seat.marks[name][component] for seat in revision.reviewers)


def _lines(value: Any) -> tuple[Line, ...]:  # noqa: ANN401 - any field's value
    if isinstance(value, bool):
        return (Line("yes" if value else "no"),)
    if isinstance(value, tuple):
        return tuple(map(_line, value)) or (Line("none"),)
    return (Line(str(value) or "none"),)


def _line(part: str | OnScreenText | SeenObject) -> Line:
    if isinstance(part, OnScreenText):
        return Line(part.text, part.start, _times(part))
    if isinstance(part, SeenObject):
        count = f"{part.count} \N{MULTIPLICATION SIGN} " if part.count else ""
        place = f", {part.position}" if part.position else ""
        return Line(f"{count}{part.colour + ' ' if part.colour else ''}{part.name}{place}")
    return Line(part)


def _times(text: OnScreenText) -> str:
    known = [_clock(at) for at in (text.start, text.end) if at is not None]
    return " to ".join(known)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"


def _drafted(provenance: Provenance) -> str | None:
    return provenance.model if provenance.draft else None


def summarize(revision: Revision, seat: Seat) -> Sequence[tuple[int, str, Mapping[Component, str]]]:
    """Place, id and own marks of all that was to be marked, before it is handed in."""
    rows = []
    for place, name in enumerate(to_mark(revision, seat), 1):
        marks = seat.marks.get(name, {})
        told: dict[Component, str] = {}
        for component in COMPONENTS:
            told[component] = _word(marks[component]) if component in marks else ""
        rows.append((place, name, told))
    return rows


def _word(mark: Mark) -> str:
    if not mark.faulty:
        return "fine"
    words = [kind.replace("_", " ") for kind in mark.errors]
    return ", ".join(words + ([] if mark.clear else ["unclear"]))
