"""Which marks does a filled-in form hold?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from ugcbench_curate.reviewing.events import FINE, UNTRUE, Component, ErrorKind, Mark

CRITERIA: tuple[Literal["accurate", "complete", "clear"], ...] = ("accurate", "complete", "clear")
KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)
NOTE_LENGTH = 4000

Fields = Mapping[str, Sequence[str]]
"""The values that were sent under each name, such as `audio.accurate`."""


@dataclass(frozen=True)
class Draft:
    """A component's part of the form, as it was filled in, and what is wrong with that.

    A criterion is None where nothing was chosen.
    """

    accurate: bool | None = None
    complete: bool | None = None
    clear: bool | None = None
    errors: frozenset[ErrorKind] = field(default_factory=frozenset)
    note: str = ""
    problem: str | None = None

    def to_mark(self) -> Mark | None:
        """The mark, None if there is a problem."""
        if self.problem is not None:
            return None
        return Mark(
            accurate=bool(self.accurate),
            complete=bool(self.complete),
            clear=bool(self.clear),
            errors=tuple(sorted(self.errors)),
            note=self.note,
        )


def read_drafts(fields: Fields, components: Sequence[Component]) -> dict[Component, Draft]:
    """What the form says of each component; by a button, all that wasn't chosen is fine."""
    fine = "fine" in fields.get("action", ())
    drafts = {component: _read_draft(fields, component) for component in components}
    return {name: _fill(draft) if fine else draft for name, draft in drafts.items()}


def draft_of(mark: Mark | None) -> Draft:
    """A form that shows a mark, or an empty one."""
    if mark is None:
        return Draft()
    return Draft(mark.accurate, mark.complete, mark.clear, frozenset(mark.errors), mark.note)


def _fill(draft: Draft) -> Draft:
    """The draft with every criterion met of which nothing was chosen."""
    unchosen = {name: getattr(FINE, name) for name in CRITERIA if getattr(draft, name) is None}
    filled = replace(draft, **unchosen)
    return replace(filled, problem=_find_problem(filled))


def _read_draft(fields: Fields, component: Component) -> Draft:
    note = "".join(fields.get(f"{component}.note", ())).replace("\r\n", "\n").strip()
    chosen = {name: _chosen(fields, f"{component}.{name}") for name in CRITERIA}
    sent = fields.get(f"{component}.errors", ())
    errors = {kind for kind in KINDS if kind in sent}
    if chosen["complete"] is False:
        errors.add("omission")  # there is only one way to be incomplete
    accurate, complete, clear = chosen.values()
    draft = Draft(accurate, complete, clear, frozenset(errors), note)
    return replace(draft, problem=_find_problem(draft))


def _find_problem(draft: Draft) -> str | None:
    missing = [name for name in CRITERIA if getattr(draft, name) is None]
    if missing:
        return f"Choose yes or no for {' and '.join(missing)}."
    if not draft.accurate and UNTRUE.isdisjoint(draft.errors):
        return "Not accurate: say whether it is a factual inaccuracy or contradicts the video."
    if draft.accurate and not UNTRUE.isdisjoint(draft.errors):
        return "It can't be accurate with an inaccuracy or a contradiction of the video."
    if draft.complete and "omission" in draft.errors:
        return "It can't be complete with an omission."
    if len(draft.note) > NOTE_LENGTH:
        return f"The note is longer than {NOTE_LENGTH} characters."
    return None


def _chosen(fields: Fields, name: str) -> bool | None:
    return {"yes": True, "no": False}.get("".join(fields.get(name, ())))
