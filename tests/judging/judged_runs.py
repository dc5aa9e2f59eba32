"""A small anchor: three systems caption twelve clips, and a judge that reads says how well.

A caption says of which clip it is and how good it is, so that a scripted judge can tell.
"""

from __future__ import annotations

import json
import re

import ugcbench
from ugcbench.models import Fake

CLIPS = 12
SYSTEMS = {"weak": 1, "middling": 3, "strong": 4}


class Named(Fake):
    """A scripted model under a name of its own."""

    def __init__(self, name, reply, **more):
        super().__init__(reply, **more)
        self.name = name


def reference(clip):
    return f"clip {clip}: a person talks in a kitchen, rain is heard, quality 5"


def caption(clip, base):
    return f"clip {clip}: somebody is there, quality {min(5, max(1, base + clip % 3 - 1))}"


def verdict(**levels):
    return json.dumps({"audio": 1, "visual": 1, "details": 1, "reason": "", **levels})


def read_levels(theirs, mine):
    """What a judge that reads says: nothing fits for another clip, else as the caption says."""
    here, there = (re.search(r"clip (\d+)", text)[1] for text in (theirs, mine))
    quality = int(re.search(r"quality (\d)", mine)[1]) if here == there else 1
    audio = max(1, quality - (0 if mine == theirs else int(here) % 2))
    return {"audio": audio, "visual": quality, "details": quality}


def reading_judge(prompt):
    return verdict(**read_levels(prompt.fields["reference"], prompt.fields["prediction"]))


def strict_judge(prompt):
    """One level below, except at both ends."""
    levels = read_levels(prompt.fields["reference"], prompt.fields["prediction"])
    return verdict(**{n: v - 1 if 1 < v < 5 else v for n, v in levels.items()})


def write_gold(file, clips=CLIPS):
    rows = [{"id": f"id-{n}", "final_caption": reference(n)} for n in range(clips)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def make_run(folder, system, base, judge=reading_judge, name="anchor-judge"):
    gold = folder / "gold.jsonl"
    if not gold.exists():
        write_gold(gold)

    def answer(prompt):
        return caption(int(prompt.sample_id.removeprefix("id-")), base)

    ugcbench.run(
        model=Named(system, answer),
        tasks=["ugc/caption"],
        dataset=gold,
        judge=Named(name, judge),
        output=folder / system,
    )
    return folder / system


def make_anchor(folder):
    for system, base in SYSTEMS.items():
        make_run(folder, system, base)
    return folder
