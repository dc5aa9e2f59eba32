"""What is changed in the gold of a dataset, and why?

A revision is a JSON file that holds facts only: which gold key, which change,
for which clips, and why. Three changes exist:

    label-case   an answer that differs from its option only in case becomes the option
    drop         gold is left out: of the named clips, if it still is what the file says, or of all
    note         nothing can be put right from the files alone; users should know
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ugcbench.gold.choices import find_choice
from ugcbench.protocol import digest
from ugcbench.types import Clip, Gold


class Correction(BaseModel):
    """One change.

    `task` is the gold key. `clips` maps the ids of the clips concerned to the answer that the
    published file gives there; empty means every clip. `count` is the number of clips that it
    concerns in the published files.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    change: Literal["label-case", "drop", "note"]
    count: int
    reason: str
    clips: Mapping[str, str | None] = {}

    def apply(self, clip: Clip) -> Gold | None:
        """The gold that `clip` has for the task after the change, None if it has none."""
        gold = clip.gold.get(self.task)
        if gold is None or (self.clips and clip.id not in self.clips):
            return gold
        if self.change == "label-case" and isinstance(gold.answer, str):
            option = find_choice(gold.answer, gold.choices)
            return gold.model_copy(update={"answer": option or gold.answer})
        if self.change == "drop":
            text = gold.answer if isinstance(gold.answer, str) else "\n".join(gold.answer)
            return None if self.clips.get(clip.id, text) == text else gold
        return gold


class Revision(BaseModel):
    """The corrections that make one revision of the dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    revision: str
    corrections: tuple[Correction, ...]

    def apply(self, clips: Iterable[Clip]) -> Iterator[Clip]:
        """The clips with their gold corrected."""
        for clip in clips:
            corrected = clip
            for correction in self.corrections:
                gold = correction.apply(corrected)
                if gold != corrected.gold.get(correction.task):
                    others = {k: v for k, v in corrected.gold.items() if k != correction.task}
                    mine = {} if gold is None else {correction.task: gold}
                    corrected = corrected.model_copy(update={"gold": {**others, **mine}})
            yield corrected

    def count(self, clips: Iterable[Clip]) -> Mapping[int, int]:
        """How many of the published clips each correction, by position, really changes."""
        changed: Counter[int] = Counter()
        for clip in clips:
            for position, correction in enumerate(self.corrections):
                changed[position] += correction.apply(clip) != clip.gold.get(correction.task)
        return changed

    @property
    def hash(self) -> str:
        """Changes whenever a correction does; a reason may be worded anew."""
        return digest([c.model_dump(exclude={"reason"}) for c in self.corrections])
