"""How are the answers of each multiple choice distributed, as they are written?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ugcbench.gold.choices import count_answers
from ugcbench.gold.findings import Finding
from ugcbench.types import Clip, Gold


def find_labels(clips: Sequence[Clip]) -> Iterator[Finding]:
    """The count of every spelling, and what a constant answer would score.

    Where each clip has options of its own, that of every place among them.
    """
    golds: dict[str, list[Gold]] = {}
    for clip in clips:
        for key, gold in clip.gold.items():
            if gold.choices:
                golds.setdefault(key, []).append(gold)
    for key, answers in golds.items():
        meant = count_answers(answers)
        spelt = meant.counts if meant.by_place else Counter(str(gold.answer) for gold in answers)
        label, most = meant.counts.most_common(1)[0]
        listed = ", ".join(f"{label!r} {count}" for label, count in spelt.most_common())
        exact = sum(str(gold.answer) in gold.choices for gold in answers)
        message = f"{listed}; always answering {label!r} scores {most / len(answers):.1%}"
        if exact < len(answers):
            message += f", and no model more than {exact / len(answers):.1%} if case counts"
        yield Finding("note", "labels", key, message, len(answers))
