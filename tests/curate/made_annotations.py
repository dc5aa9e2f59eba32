"""Annotations of every shape, for properties that must hold of all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from ugcbench_curate.annotations import Annotation, OnScreenText, Provenance, SeenObject
from ugcbench_curate.fields import FIELDS, set_said

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1)
names = st.text("abcdefghij -", min_size=1, max_size=12).filter(str.strip)
tags = st.sampled_from(["en", "fr", "pt-BR", "zh-Hant"])
objects = st.builds(
    SeenObject,
    name=names,
    count=st.none() | st.integers(1, 99) | st.just("multiple"),
    colour=st.none() | names,
    position=st.none() | names,
)
texts = st.builds(OnScreenText, text=words, start=st.none() | st.floats(0, 60))
VALUES = {
    "number": st.integers(0, 5),
    "flag": st.booleans(),
    "text": words,
    "list": st.lists(words, max_size=3),
    "texts": st.lists(texts, max_size=4),
    "objects": st.lists(objects, max_size=4),
}
people = st.builds(Provenance, source=st.just("human"), annotator=st.sampled_from(["p1", "p2"]))
editors = st.builds(
    Provenance, source=st.just("edited"), model=st.just("m"), annotator=st.just("p1")
)
confirmed = st.builds(
    Provenance, source=st.just("model"), model=st.just("m"), annotator=st.just("p2")
)
drafts = st.builds(Provenance, source=st.just("model"), model=st.sampled_from(["m", "n"]))
anybody = people | editors | confirmed | drafts


def values_of(field):
    """Values that a field may have."""
    if field.path == "audio.language":
        return tags
    return st.sampled_from(field.labels) if field.labels else VALUES[field.kind]


@st.composite
def annotations(draw, said_by=anybody):
    """An annotation in which each field may say something."""
    number = draw(st.integers(1, 30))
    said = {}
    for path, field in FIELDS.items():
        if draw(st.booleans()):
            said[path] = field.say(draw(values_of(field)), draw(said_by))
    return set_said(Annotation(id=f"clip-{number:02}", media=f"clips/{number}.mp4"), said)


def sets_of(**given):
    """Annotations of different clips."""
    return st.lists(annotations(**given), min_size=1, max_size=8, unique_by=lambda each: each.id)
