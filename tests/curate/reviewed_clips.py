"""Annotations of drawn clips, and people who review them by a script."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from ugcbench_curate.annotating.files import write_annotations
from ugcbench_curate.annotations import (
    Annotation,
    Heard,
    Joint,
    OnScreenText,
    Provenance,
    Said,
    Seen,
    SeenObject,
)
from ugcbench_curate.reviewing.decisions import to_mark
from ugcbench_curate.reviewing.events import FINE, Mark

CLIPS = sorted((Path(str(resources.files("ugcbench_tasks"))) / "mini" / "videos").iterdir())
HOSTILE = (
    "<script>document.title='gone'</script><img src=x onerror=alert(1)> & \"quoted\" {{ 7*7 }}"
)
WRONG = "THIS IS WRONG"
OMISSION = Mark(accurate=True, complete=False, clear=True, errors=("omission",), note="the dog")
UNTRUE = Mark(accurate=False, complete=True, clear=True, errors=("factual_inaccuracy",))
UNCLEAR = Mark(accurate=True, complete=True, clear=False)


def said(value, annotator="a1"):
    return Said(value=value, provenance=Provenance(source="human", annotator=annotator))


def annotate(number, folder, *, wrong=(), **changes):
    """Annotation `number`; the captions of the components `wrong` say so."""
    captions = {
        "audio": f"A man says number {number} calmly; soft piano music plays.",
        "visual": f"A red ball rolls past sign {number} on a green table.",
        "joint": f"While a man says {number}, a red ball rolls past a sign.",
    } | dict.fromkeys(wrong, WRONG)
    texts = (OnScreenText(text=f"SIGN {number}", start=0.5, end=2), OnScreenText(text="sale"))
    ball = SeenObject(name="ball", count=1, colour="red", position="left")
    return Annotation(
        id=f"clip-{number:03}",
        media=os.path.relpath(CLIPS[number % len(CLIPS)], folder),
        audio=Heard(
            speakers=said(1),
            tone=said("Neutral"),
            language=said("en"),
            music=said(True),
            sound_effects=said(("click", "whistle")),
            caption=said(captions["audio"]),
        ),
        visual=Seen(
            background=said("a table in a bright room"),
            background_changes=said(""),
            texts=said(texts),
            objects=said((ball, SeenObject(name="table", colour="green"))),
            caption=said(captions["visual"]),
        ),
        joint=Joint(caption=said(captions["joint"])),
    ).model_copy(update=changes)


def write(path, annotations):
    write_annotations(path, annotations)
    return path


def judge(annotation, component):
    """What somebody sees who looks closely."""
    return UNTRUE if getattr(annotation, component).caption.value == WRONG else FINE


def say_fine(annotation, component):
    """What somebody says who doesn't look."""
    return FINE


def work(desk, person, batch, role="reviewer", opinion=judge):
    """Take a seat, mark all there is to mark, hand in; returns the decision, if one follows."""
    revision = desk.claim(person, batch, role)
    wanted = to_mark(revision, revision.seats[person])
    for name, components in wanted.items():
        marks = {each: opinion(revision.annotations[name], each) for each in components}
        desk.mark(person, batch, revision.number, name, marks)
    return desk.hand_in(person, batch, revision.number)
