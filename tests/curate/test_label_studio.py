"""Are Label Studio's exports read as annotations, whichever format was chosen?"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ugcbench.errors import DatasetError, UnknownNameError
from ugcbench_curate.annotating.importing import import_annotations
from ugcbench_curate.annotating.label_studio import CONTROLS, name_media, pseudonym
from ugcbench_curate.fields import FIELDS, all_said

SAID = {
    "audio_speakers": ("Number", {"number": 2}),
    "audio_tone": ("Choices", {"choices": ["Positive"]}),
    "audio_music": ("Choices", {"choices": ["No"]}),
    "audio_sound_effects": ("TextArea", {"text": ["birds\nrain"]}),
    "visual_background_changes": ("TextArea", {"text": ["none"]}),
    "visual_texts": ("TextArea", {"text": ["0.5-4 | DAY ONE\nnew city"]}),
    "visual_objects": ("TextArea", {"text": ["cup (count: 2, color: red)", "sun"]}),
    "joint_caption": ("TextArea", {"text": ["Somebody waves, and birds sing."]}),
}
VALUES = {
    "audio.speakers": 2,
    "audio.tone": "Positive",
    "audio.music": False,
    "audio.sound_effects": ["birds", "rain"],
    "visual.background_changes": "",
    "visual.texts": [
        {"text": "DAY ONE", "start": 0.5, "end": 4.0},
        {"text": "new city", "start": None, "end": None},
    ],
    "visual.objects": [
        {"name": "cup", "count": 2, "colour": "red", "position": None},
        {"name": "sun", "count": None, "colour": None, "position": None},
    ],
    "joint.caption": "Somebody waves, and birds sing.",
}
VIDEO = "/data/local-files/?d=clips/first.mp4"


def annotation(said=SAID, **given):
    result = [
        {"from_name": name, "to_name": "video", "type": kind.lower(), "value": value}
        for name, (kind, value) in said.items()
    ]
    usual = {"id": 9, "completed_by": 7, "was_cancelled": False, "updated_at": "2026-05-01T10:00"}
    return {**usual, "result": result, **given}


def task(*annotations, **given):
    return {"id": 1, "data": {"video": VIDEO}, "annotations": list(annotations), **given}


def prettify(kind, value):
    """How the formats other than JSON shorten a value."""
    (content,) = value.values()
    if kind in ("Choices", "TextArea"):
        return content[0] if len(content) == 1 else value
    return [value]


def flat():
    values = {name: prettify(kind, value) for name, (kind, value) in SAID.items()}
    about = {"annotation_id": 9, "annotator": 7, "updated_at": "2026-05-01T10:00", "id": 1}
    return {"video": VIDEO, **values, **about, "lead_time": 12.5}


def write_json(path):
    path.write_text(json.dumps([task(annotation())]))


def write_json_min(path):
    path.write_text(json.dumps([flat()]))


def write_json_lines(path):
    path.write_text(json.dumps(task(annotation())) + "\n\n")


def write_json_min_lines(path):
    path.write_text(json.dumps(flat()) + "\n")


def write_csv(path):
    cells = {n: v if isinstance(v, str) else json.dumps(v) for n, v in flat().items()}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, cells)
        writer.writeheader()
        writer.writerow(cells)


FORMATS = {
    "json": write_json,
    "min.json": write_json_min,
    "jsonl": write_json_lines,
    "min.jsonl": write_json_min_lines,
    "csv": write_csv,
}


@pytest.fixture
def take_over(tmp_path, registry):
    def take_over(tasks=None, name="export.json", **given):
        path = tmp_path / name
        if tasks is not None:
            path.write_text(json.dumps(tasks))
        return import_annotations(str(path), tmp_path, registry, **given)

    return take_over


@pytest.mark.parametrize("ending", FORMATS)
def test_each_format_says_the_same(tmp_path, take_over, ending):
    FORMATS[ending](tmp_path / f"export.{ending}")
    found = take_over(name=f"export.{ending}")
    assert not found.problems
    (taken,) = found.annotations
    assert (taken.id, taken.media) == ("first", "clips/first.mp4")
    said = all_said(taken)
    assert {path: each.model_dump(mode="json")["value"] for path, each in said.items()} == VALUES
    assert {each.provenance.annotator for each in said.values()} == {"ls-7"}
    assert {each.provenance.source for each in said.values()} == {"human"}
    assert {each.provenance.at for each in said.values()} == {"2026-05-01T10:00"}


def test_the_shipped_configuration_fits_the_schema(label_studio_config):
    root = ElementTree.fromstring(label_studio_config)
    (video,) = root.iter("Video")
    controls = {each.get("name"): each for each in root.iter() if each.get("toName")}
    assert {each.get("toName") for each in controls.values()} == {video.get("name")}
    assert list(controls) == list(CONTROLS)
    tags = {"number": "Number", "choice": "Choices", "flag": "Choices"}
    for name, path in CONTROLS.items():
        field = FIELDS[path]
        assert controls[name].tag == tags.get(field.kind, "TextArea"), path
        labels = [choice.get("value") for choice in controls[name].iter("Choice")]
        assert labels == list(field.labels or (["Yes", "No"] if field.kind == "flag" else []))


def test_what_a_model_drafted_is_told_from_what_a_person_wrote(take_over):
    result = [
        {**each, "origin": origin}
        for each, origin in zip(
            annotation()["result"], ["prediction", "prediction-changed", "manual"], strict=False
        )
    ]
    (taken,) = take_over(
        [task(annotation(result=result), predictions=[{"model_version": "m-1", "result": []}])]
    ).annotations
    speakers, tone, music = taken.audio.speakers, taken.audio.tone, taken.audio.music
    assert (speakers.provenance.source, speakers.provenance.model) == ("model", "m-1")
    assert not speakers.provenance.draft  # somebody submitted it
    assert (tone.provenance.source, tone.provenance.model) == ("edited", "m-1")
    assert (music.provenance.source, music.provenance.model) == ("human", None)


def tone(label, **given):
    return annotation({"audio_tone": ("Choices", {"choices": [label]})}, **given)


@pytest.mark.parametrize(
    ("annotations", "wanted"),
    [
        ([tone("Positive", updated_at="2026-05-02"), tone("Negative")], "Positive"),
        (
            [tone("Positive", updated_at="2026-05-02", was_cancelled=True), tone("Neutral")],
            "Neutral",
        ),
        (
            [tone("Positive", updated_at="2026-05-02"), tone("Neutral", ground_truth=True)],
            "Neutral",
        ),
    ],
)
def test_of_several_annotations_one_counts(take_over, annotations, wanted):
    (taken,) = take_over([task(*annotations)]).annotations
    assert taken.audio.tone.value == wanted


def test_a_task_that_nobody_annotated_is_left_out(take_over):
    found = take_over([task(), task(annotation(was_cancelled=True)), task(annotation())])
    assert len(found.annotations) == 1


def test_what_cannot_be_read_is_listed_and_the_rest_is_taken(take_over):
    said = {**SAID, "audio_tone": ("Choices", {"choices": ["Glad"]}), "mood": SAID["audio_tone"]}
    found = take_over([task(annotation(said)), {"id": 5, "data": {}, "annotations": []}])
    (taken,) = found.annotations
    assert taken.audio.tone is None
    assert taken.audio.speakers.value == 2
    assert len(found.problems) == 2
    assert "task 1: audio.tone: Input should be 'Positive'" in " ".join(found.problems)
    assert "task 5: names no video" in " ".join(found.problems)
    assert found.notes == ("the control 'mood' fills no field; say which by --map mood=FIELD",)


def test_controls_of_another_configuration_are_mapped(take_over):
    tasks = [task(annotation({"mood": SAID["audio_tone"]}))]
    (taken,) = take_over(tasks, fields={"mood": "audio.tone"}).annotations
    assert taken.audio.tone.value == "Positive"
    with pytest.raises(UnknownNameError, match=r"did you mean audio\.tone"):
        take_over(tasks, fields={"mood": "audio.tones"})


def test_a_clips_own_id_and_address_are_kept(take_over, tmp_path):
    data = {"video": "https://example.org/v/abc.mp4?x=1", "clip_id": "PI-1"}
    (taken,) = take_over([{**task(annotation()), "data": data}], videos=tmp_path / "v").annotations
    assert (taken.id, taken.media, taken.url) == ("PI-1", "v/abc.mp4", data["video"])


def test_an_address_never_shows():
    assert pseudonym({"id": 3, "email": "a@example.org"}) == "ls-3"
    assert "example" not in pseudonym("a@example.org")
    assert pseudonym("a@example.org") == pseudonym("a@example.org") != pseudonym("b@example.org")


@pytest.mark.parametrize(
    ("video", "media"),
    [
        (VIDEO, "clips/first.mp4"),
        ("/data/upload/3/ab12-a%20b.mp4", "ab12-a b.mp4"),
        ("s3://bucket/x/c.mp4", "c.mp4"),
        ("c.mp4", "c.mp4"),
    ],
)
def test_the_clips_file_is_found_in_its_address(video, media):
    assert name_media(video) == media


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[1]"])
def test_a_file_that_is_no_export_is_an_error(tmp_path, registry, text):
    path = Path(tmp_path / "export.json")
    path.write_text(text)
    with pytest.raises(DatasetError, match=r"export\.json: (not JSON|must be a list)"):
        import_annotations(str(path), tmp_path, registry, kind="label-studio")


def test_a_line_that_was_cut_off_is_named(tmp_path, registry):
    path = Path(tmp_path / "export.jsonl")
    path.write_text(f"{json.dumps(task(annotation()))}\n{{")
    with pytest.raises(DatasetError, match=r"export\.jsonl:2: not JSON"):
        import_annotations(str(path), tmp_path, registry)
