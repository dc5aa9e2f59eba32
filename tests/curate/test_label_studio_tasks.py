"""Do annotations come back from Label Studio as they went there, with who said what?"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from made_annotations import annotations, drafts
from reviewed_clips import annotate, write

from ugcbench.errors import UsageError
from ugcbench.plugins import Registry
from ugcbench_curate.annotating.files import read_annotations
from ugcbench_curate.annotating.importing import import_annotations
from ugcbench_curate.annotating.label_studio_tasks import make_tasks
from ugcbench_curate.annotations import Annotation, Provenance
from ugcbench_curate.fields import FIELDS, all_said, set_said

REGISTRY = Registry()
MODEL = Provenance(source="model", model="m", answered="m-1", at="2026-01-01")


def submit(tasks, *, changed=(), by=3):
    """The export after somebody submitted each task as it was, but for the controls `changed`."""
    exported = json.loads(tasks)
    for number, task in enumerate(exported, 1):
        result = [
            each | {"value": {"text": [changed[each["from_name"]]]}, "origin": "prediction-changed"}
            if each["from_name"] in changed
            else each | {"origin": "prediction"}
            for prediction in task["predictions"]
            for each in prediction["result"]
        ]
        task |= {"id": number, "annotations": [{"result": result, "completed_by": by}]}
    return json.dumps(exported)


def come_back(known, folder, **how):
    (folder / "export.json").write_text(submit(make_tasks(known, folder, folder), **how))
    found = import_annotations(str(folder / "export.json"), folder, REGISTRY)
    assert (found.problems, found.notes) == ((), ())
    return found.annotations


@given(annotations())
def test_all_values_come_back_drafts_confirmed_and_people_as_they_were(annotation):
    with tempfile.TemporaryDirectory() as folder:
        (taken,) = come_back([annotation], Path(folder))
    assert (taken.id, taken.media) == (annotation.id, annotation.media)
    before, after = all_said(annotation), all_said(taken)
    assert after.keys() == before.keys()
    for path, said in before.items():
        if said.value == "none":  # how people write that nothing is to be said
            continue
        confirmed = {"annotator": "ls-3", "at": None} if said.provenance.draft else {}
        assert after[path].value == said.value
        assert after[path].provenance == said.provenance.model_copy(update=confirmed)


@given(annotations(said_by=drafts))
def test_nothing_is_a_draft_any_more(annotation):
    with tempfile.TemporaryDirectory() as folder:
        (taken,) = come_back([annotation], Path(folder))
    assert not any(said.provenance.draft for said in all_said(taken).values())


def test_what_is_changed_is_edited_or_the_persons_own(tmp_path):
    person = Provenance(source="human", annotator="p1")
    said = {
        "audio.caption": FIELDS["audio.caption"].say("A man speaks.", MODEL),
        "visual.caption": FIELDS["visual.caption"].say("A man waves.", MODEL),
        "joint.caption": FIELDS["joint.caption"].say("A man.", person),
    }
    known = set_said(Annotation(id="a", media="clips/a b.mp4", url="https://x.example/a"), said)
    changed = {"audio_caption": "A woman speaks.", "joint_caption": "A woman."}
    (taken,) = come_back([known], tmp_path, changed=changed)
    assert (taken.media, taken.url) == ("clips/a b.mp4", "https://x.example/a")
    heard, seen, both = (getattr(taken, group).caption for group in ("audio", "visual", "joint"))
    assert (heard.value, both.value) == ("A woman speaks.", "A woman.")
    assert heard.provenance == MODEL.model_copy(
        update={"source": "edited", "annotator": "ls-3", "at": None}
    )
    assert seen.provenance == MODEL.model_copy(update={"annotator": "ls-3", "at": None})
    assert both.provenance == Provenance(source="human", annotator="ls-3")


def test_data_of_another_ones_making_is_no_provenance(tmp_path):
    known = set_said(
        Annotation(id="a", media="a.mp4"),
        {"joint.caption": FIELDS["joint.caption"].say("A", MODEL)},
    )
    for provenance in ("from the archive", {"joint_caption": "Ann"}):
        (task,) = json.loads(submit(make_tasks([known], tmp_path, tmp_path)))
        task["data"]["provenance"] = provenance
        (tmp_path / "export.json").write_text(json.dumps([task]))
        (taken,) = import_annotations(str(tmp_path / "export.json"), tmp_path, REGISTRY).annotations
        assert taken.joint.caption.provenance == Provenance(
            source="model", model="m", annotator="ls-3"
        )


def test_a_clip_must_be_where_label_studio_looks(tmp_path):
    with pytest.raises(UsageError, match="name the folder that Label Studio serves by --videos"):
        make_tasks([Annotation(id="a", media="../a.mp4")], tmp_path, tmp_path)


def test_typed(ugcbench, tmp_path):
    write(tmp_path / "known.jsonl", [annotate(n, tmp_path) for n in range(2)])
    asked = ("data", "annotations-to", "known.jsonl", "--output", "new/tasks.json")
    done = ugcbench(*asked, "--videos", "/")
    assert (done.returncode, done.stdout) == (0, "2 tasks in new/tasks.json\n")
    (tmp_path / "export.json").write_text(submit((tmp_path / "new" / "tasks.json").read_text()))
    back = ("data", "annotations-from", "export.json", "--output", "back.jsonl", "--videos", "/")
    done = ugcbench(*back)
    assert done.returncode == 0, done.stderr
    first, again = (read_annotations(tmp_path / name) for name in ("known.jsonl", "back.jsonl"))
    assert list(map(all_said, again)) == list(map(all_said, first))
    done = ugcbench(*asked)
    assert (done.returncode, "choose another --output" in done.stderr) == (2, True)
