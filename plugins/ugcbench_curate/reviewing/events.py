"""What can happen in a review?

Everything that is known about a review follows from the events in its ledger, in their order.
People appear under pseudonyms only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, PositiveInt, TypeAdapter, model_validator

from ugcbench.types import Frozen, Unit
from ugcbench_curate.annotations import Annotation

Component = Literal["audio", "visual", "joint"]
"""The groups of an annotation's fields, one for each stage of annotating."""

COMPONENTS: tuple[Component, ...] = get_args(Component)

ErrorKind = Literal["factual_inaccuracy", "inconsistent_with_video", "omission"]
Role = Literal["reviewer", "arbiter"]
Pseudonym = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]

UNTRUE = frozenset({"factual_inaccuracy", "inconsistent_with_video"})
"""The error kinds of what isn't accurate."""


class Mark(Frozen):
    """What a person says about one component of an annotation.

    `accurate`: nothing in it is wrong; `complete`: nothing salient is left out; `clear`: it can be
    understood in one way only. `errors` name what is wrong, in the order of the alphabet: a factual
    inaccuracy or an inconsistency with the video makes it inaccurate, an omission incomplete, and
    nothing else does. Source: UGC-VideoCap paper, section 3.
    """

    accurate: bool
    complete: bool
    clear: bool
    errors: tuple[ErrorKind, ...] = ()
    note: Annotated[str, Field(max_length=4000)] = ""

    @property
    def faulty(self) -> bool:
        """Whether the component has an error."""
        return not (self.accurate and self.complete and self.clear)

    @model_validator(mode="after")
    def _errors_explain_criteria(self) -> Self:
        if self.errors != tuple(sorted(set(self.errors))):
            raise ValueError("errors are named once, in the order of the alphabet")
        if self.accurate != UNTRUE.isdisjoint(self.errors):
            raise ValueError(
                "what isn't accurate has a factual inaccuracy or is inconsistent with the video, "
                "and what has either isn't accurate"
            )
        if self.complete != ("omission" not in self.errors):
            raise ValueError("what isn't complete has an omission, and the other way round")
        return self


FINE = Mark(accurate=True, complete=True, clear=True)


class Rules(Frozen):
    """How a review is done; fixed when it is opened.

    A batch is rejected if more than `max_error_rate` of what it is counted `per` has a confirmed
    error; see `decisions`.
    """

    batch: PositiveInt = 50
    reviewers: Annotated[int, Field(ge=2, le=9)] = 2
    max_error_rate: Unit = 0.03
    per: Literal["annotation", "component"] = "annotation"
    seed: int = 0


class Opened(Frozen):
    """A review begins; `media` is the folder of the clips, relative to that of the ledger."""

    kind: Literal["opened"] = "opened"
    rules: Rules
    source: str
    source_sha256: str
    media: str


class Submitted(Frozen):
    """Annotations come in as a batch, and once more, as its next revision, each time mended."""

    kind: Literal["submitted"] = "submitted"
    batch: PositiveInt
    revision: PositiveInt
    annotations: tuple[Annotation, ...]


class Claimed(Frozen):
    """A person takes a seat at a revision."""

    kind: Literal["claimed"] = "claimed"
    batch: PositiveInt
    revision: PositiveInt
    role: Role


class Released(Frozen):
    """`person` leaves the seat, and what they marked there counts no more."""

    kind: Literal["released"] = "released"
    batch: PositiveInt
    revision: PositiveInt
    person: Pseudonym


class Marked(Frozen):
    """A person marks an annotation; a later mark of theirs takes the place of an earlier one."""

    kind: Literal["marked"] = "marked"
    batch: PositiveInt
    revision: PositiveInt
    annotation: str
    marks: Mapping[Component, Mark]


class Undone(Frozen):
    """A person takes back their mark that was event `undoes`."""

    kind: Literal["undone"] = "undone"
    batch: PositiveInt
    revision: PositiveInt
    undoes: PositiveInt


class HandedIn(Frozen):
    """A person has marked all there was to mark, and stands by it."""

    kind: Literal["handed_in"] = "handed_in"
    batch: PositiveInt
    revision: PositiveInt


class Decided(Frozen):
    """A revision is accepted, for good, or rejected: `errors` of `units` had a confirmed error."""

    kind: Literal["decided"] = "decided"
    batch: PositiveInt
    revision: PositiveInt
    accepted: bool
    errors: int
    units: PositiveInt


Event = Annotated[
    Opened | Submitted | Claimed | Released | Marked | Undone | HandedIn | Decided,
    Field(discriminator="kind"),
]
EVENTS: TypeAdapter[Any] = TypeAdapter(Event)


class Entry(Frozen):
    """One line of the ledger: who did what, and when (UTC, ISO 8601).

    `digest` is the SHA-256 of this line and the digest of the line before, so that no line can be
    changed, left out or put in between without a trace.
    """

    number: PositiveInt
    at: str
    person: Pseudonym
    event: Event
    digest: str
