"""What does each task measure, and how far may its figures be believed?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ugcbench_leaderboard.columns import ALL, Column


@dataclass(frozen=True, slots=True)
class Reading:
    """A task's title, what its columns measure, and what a reader should know before comparing.

    Counts in `cautions` were taken from the public release of UGC-VideoCap.
    """

    title: str
    measures: str
    cautions: tuple[str, ...] = ()


READINGS: Mapping[str, Reading] = {
    "ugc/voice_source": Reading(
        "Voice source",
        "Where the human voice in the clip comes from: one of three options, and the share of the "
        "clips for which the right one was chosen.",
        (
            "633 of the 669 public answers are the same option. Whoever always gives it gets 94.6, "
            "more than any published system.",
        ),
    ),
    "ugc/tone": Reading(
        "Tone",
        "The tone and mood of the speakers: one of three options, and the share of the clips for "
        "which the right one was chosen.",
        (
            "743 of the 999 public answers are the same option. Whoever always gives it gets 74.4, "
            "more than any published system.",
            "The public answers are not all written with the capital letters of the options: a "
            "match to the letter can't get beyond 74.4.",
        ),
    ),
    "ugc/ocr": Reading(
        "Text on screen",
        "The words that are to be read in the clip, held against the reference by overlap: the "
        "mean of BLEU-1, ROUGE-1, ROUGE-2 and ROUGE-L.",
        (
            "The published column mixes two scorers: one counts every clip, the other leaves out "
            "the clips for which either side is empty.",
        ),
    ),
    "ugc/background": Reading(
        "Background",
        "How the scene changes in the course of the clip: the share of the answers that a judge "
        "finds consistent with the reference.",
        (
            "Only 311 clips have a reference, so that the intervals are wide.",
            "The references were rewritten by a model.",
        ),
    ),
    "ugc/objects": Reading(
        "Objects",
        "Which of the reference's main objects the answer names, with number, colour and place: "
        "the share that a judge finds matched.",
        ("22 % of the counts in the references are not numbers.",),
    ),
    "ugc/caption": Reading(
        "Caption",
        "One caption of what can be seen and heard. A judge gives a level from 1 to 5 for sound, "
        "for picture and for detail; a level is 20 points.",
        (
            "The lowest level is worth 20 points already: a caption that says nothing of use is "
            "not at zero.",
            "The level depends on the judge. Figures by two judges are not comparable, unless one "
            "was carried over to the other's scale and marked so.",
        ),
    ),
}
"""By the name of the task, in the order of the main table."""

TITLES: Mapping[str, str] = {
    "ugc/caption:audio": "Caption: sound",
    "ugc/caption:visual": "Caption: picture",
    "ugc/caption:details": "Caption: details",
    "ugc/caption:average": "Caption: mean of the three",
}


def task_of(name: str) -> str:
    """The task that a cell belongs to."""
    return name.partition(":")[0]


def title_of(name: str) -> str:
    """A column's full title; `name` is its cell's."""
    reading = READINGS.get(task_of(name))
    return TITLES.get(name) or (reading.title if reading else name)


def columns_of(task: str) -> list[Column]:
    """The columns of a task."""
    return [column for column in ALL.values() if task_of(column.name) == task]
