"""Which corrections would mend what was found?

A draft in the form of the corrections that come with the public release
(`ugcbench.gold.corrections`): a person reads it, keeps what is right, gives the revision its name,
and words the reasons. What can't be put right from the files alone becomes a `note`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ugcbench.gold.checks import says_nothing
from ugcbench.gold.corrections import Correction, Revision
from ugcbench.gold.findings import Finding
from ugcbench.types import Clip

NAME = "draft"
NOTED = frozenset(
    {"placeholder", "contradiction", "count", "duplicate", "near duplicate", "orphan id", "script"}
)
"""Checks whose findings can't be put right from the files alone."""

ALL_BUT = 0.5
"""Share of the clips from which on a note names none: it is about all of them."""


def draft_patch(clips: Sequence[Clip], findings: Sequence[Finding]) -> Revision:
    """The corrections that follow from the findings on these clips."""
    keys = {key for clip in clips for key in clip.gold}
    own = [finding for finding in findings if finding.about in keys | {"clips"}]
    changes = [*_change(own), *_drop_placeholders(clips)]
    notes = [note for note in _note(own) if not _is_mended(note, changes)]
    return Revision(revision=NAME, corrections=(*changes, *notes))


def _change(findings: Sequence[Finding]) -> Iterator[Correction]:
    for finding in findings:
        if finding.check == "label case":
            yield Correction(
                task=finding.about,
                change="label-case",
                count=finding.count,
                reason=_reason(finding),
            )
        if finding.check == "constant label":
            against = [
                f for f in findings if (f.check, f.about) == ("contradiction", finding.about)
            ]
            reason = "; ".join(_reason(each) for each in (finding, *against))
            yield Correction(task=finding.about, change="drop", count=finding.count, reason=reason)


def _drop_placeholders(clips: Sequence[Clip]) -> Iterator[Correction]:
    """On-screen text of which all says that there is none."""
    empty = {
        clip.id: "\n".join(clip.gold["ocr"].answer)
        for clip in clips
        if "ocr" in clip.gold and all(says_nothing(text) for text in clip.gold["ocr"].answer)
    }
    if empty:
        words = ", ".join(sorted({text.casefold() for text in empty.values()}))
        yield Correction(
            task="ocr",
            change="drop",
            count=len(empty),
            reason=f"The only text seems to say that there is none ({words}).",
            clips=empty,
        )


def _note(findings: Sequence[Finding]) -> Iterator[Correction]:
    for finding in findings:
        if finding.check in NOTED and finding.clips:
            few = len(finding.clips) < ALL_BUT * (finding.total or 0)
            yield Correction(
                task="ocr" if finding.about == "clips" else finding.about,
                change="note",
                count=len(finding.clips),
                reason=_reason(finding),
                clips=dict.fromkeys(finding.clips) if few else {},
            )


def _is_mended(note: Correction, changes: Sequence[Correction]) -> bool:
    """Whether all that is noted is left out anyway."""
    return any(
        change.change == "drop"
        and change.task == note.task
        and (not change.clips or (note.clips and note.clips.keys() <= change.clips.keys()))
        for change in changes
    )


def _reason(finding: Finding) -> str:
    return f"{finding.check}: {finding.message}"
