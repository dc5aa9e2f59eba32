"""What may an annotation say, and what is refused?"""

from __future__ import annotations

import pytest
from hypothesis import given
from made_annotations import annotations
from pydantic import ValidationError

from ugcbench.errors import UnknownNameError
from ugcbench_curate.annotating.files import export_schema
from ugcbench_curate.annotations import Annotation, OnScreenText, Provenance, SeenObject
from ugcbench_curate.fields import FIELDS, all_said, find_fields, get_said, set_said

PERSON = Provenance(source="human", annotator="p1")
DRAFT = Provenance(source="model", model="m")


def test_there_are_the_fields_of_the_three_stages():
    groups = [field.group for field in FIELDS.values()]
    assert [groups.count(group) for group in ("audio", "visual", "joint")] == [9, 6, 1]
    assert all(field.description for field in FIELDS.values())


def test_labels_are_read_in_any_case_and_written_in_one():
    tone, source, gender = (FIELDS[f"audio.{n}"] for n in ("tone", "voice_source", "gender"))
    assert tone.say("neutral", PERSON).value == "Neutral"
    assert source.say(" in-video voice ", PERSON).value == "In-Video Voice"
    assert gender.say("Female", PERSON).value == "female"
    with pytest.raises(ValidationError):
        tone.say("happy", PERSON)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("audio.speakers", -1),
        ("audio.language", "English, mostly"),
        ("visual.texts", [{"text": "A", "start": 4, "end": 2}]),
        ("visual.objects", [{"name": "cup", "count": 0}]),
        ("visual.objects", [{"name": "cup", "count": "some"}]),
        ("joint.caption", "   "),
    ],
)
def test_what_makes_no_sense_is_refused(path, value):
    with pytest.raises(ValidationError):
        FIELDS[path].say(value, PERSON)


@pytest.mark.parametrize("wrong", [{"source": "human"}, {"source": "model"}, {"source": "edited"}])
def test_somebody_says_each_value(wrong):
    with pytest.raises(ValidationError, match="needs the name of"):
        Provenance(**wrong)


def test_a_draft_is_a_models_value_that_nobody_confirmed():
    assert DRAFT.draft
    assert not DRAFT.model_copy(update={"annotator": "p1"}).draft
    assert not Provenance(source="edited", model="m", annotator="p1").draft
    assert not PERSON.draft


@pytest.mark.parametrize("name", ["a/b", "..", " "])
def test_an_id_can_be_a_file_name(name):
    with pytest.raises(ValidationError, match="file name"):
        Annotation(id=name, media="a.mp4")


@given(annotations())
def test_what_is_said_can_be_taken_out_and_put_back(annotation):
    said = all_said(annotation)
    empty = set_said(annotation, dict.fromkeys(said))
    assert not all_said(empty)
    assert set_said(empty, said) == annotation


def test_fields_are_found_by_name_and_by_group():
    assert [field.path for field in find_fields(["joint", "audio.tone"])] == [
        "audio.tone",
        "joint.caption",
    ]
    with pytest.raises(UnknownNameError, match=r"did you mean visual\.texts"):
        find_fields(["visual.text"])


def test_the_json_schema_holds_every_field_with_its_meaning():
    schema = export_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    for group, holder in (("audio", "Heard"), ("visual", "Seen"), ("joint", "Joint")):
        properties = schema["$defs"][holder]["properties"]
        fields = [field for field in FIELDS.values() if field.group == group]
        assert {name: p["description"] for name, p in properties.items()} == {
            field.name: field.description for field in fields
        }
    assert schema["properties"]["version"]["const"] == 1
    assert schema["required"] == ["id", "media"]


def test_values_are_reached_by_name():
    annotation = set_said(Annotation(id="a", media="a.mp4"), {})
    assert get_said(annotation, "visual.texts") is None
    field = FIELDS["visual.texts"]
    annotation = set_said(annotation, {"visual.texts": field.say([{"text": "HI"}], PERSON)})
    assert annotation.visual.texts.value == (OnScreenText(text="HI"),)
    assert SeenObject(name="cup").count is None
