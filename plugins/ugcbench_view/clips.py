"""What is to be shown of a clip: which file, read by which rules, and what did the models see?"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ugcbench.types import MediaProfile, Receipt
from ugcbench_view.compiling import View

CLOSE = 1e-6
"""Seconds by which two readings of a time may differ and be the same."""


@dataclass(frozen=True)
class Taken:
    """How a run took a clip in: by the rules of `profile`; `receipt` is None if nothing says so."""

    run: int
    name: str
    recorded: bool
    profile: MediaProfile
    receipt: Receipt | None

    def judge(self, read: Receipt) -> tuple[bool, str | None]:
        """Whether the frames just `read` are those that the model saw, and else why not."""
        mine = self.receipt
        if mine is None and self.recorded:
            return False, "the answers were imported, and what their model saw isn't known"
        if mine is None:
            return False, "its model took in no clip"
        if mine.sha256 != read.sha256:
            return False, "the clip has changed since its model saw it"
        if not mine.frame_times:
            return False, "the clip itself was sent, and which of its frames were seen isn't known"
        if not _same_times(mine.frame_times, read.frame_times):
            return False, f"its model saw {len(mine.frame_times)} frames at other times"
        return True, None


@dataclass(frozen=True)
class Showing:
    """A clip and how each run took it in; `path` is None where no dataset names one."""

    clip: str
    place: int
    path: Path | None
    taken: tuple[Taken, ...]

    @property
    def profiles(self) -> tuple[MediaProfile, ...]:
        """The different rules by which runs read it."""
        return tuple(dict.fromkeys(taken.profile for taken in self.taken))


def showings(view: View) -> Iterator[Showing]:
    """All clips in order."""
    return (find_showing(view, place) for place in range(len(view.catalogue.clips)))


def find_showing(view: View, place: int) -> Showing:
    """What is to be shown of the clip at a place of the catalogue."""
    clip_of = view.catalogue.clip_of
    begin, end = bisect.bisect_left(clip_of, place), bisect.bisect_right(clip_of, place)
    keys = view.catalogue.keys[begin:end]
    clip = view.catalogue.clips[place]
    path = view.videos.get(clip)
    taken = []
    for number, (run, asked) in enumerate(zip(view.runs, view.questions, strict=True)):
        records = [record for key in keys if (record := run.record(*key)) is not None]
        questions = [question for key in keys if (question := asked.find(*key)) is not None]
        if path is None:
            path = next((Path(found.media) for found in questions if found.media), None)
        if records:
            profiles = (found.profile for found in questions if found.profile)
            profile = next(profiles, run.config.protocol.profile)
            receipts = (found.prediction.receipt for found in records)
            receipt = next((found for found in receipts if found), None)
            taken.append(Taken(number, run.name, run.recorded, profile, receipt))
    return Showing(clip, place, path, tuple(taken))


def _same_times(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return len(one) == len(other) and all(
        abs(here - there) < CLOSE for here, there in zip(one, other, strict=True)
    )
