"""Tables and datasets become annotations, as far as they go."""

from __future__ import annotations

import json
import re

import pytest

from ugcbench.errors import DatasetError, UsageError
from ugcbench_curate.annotating.importing import import_annotations
from ugcbench_curate.annotating.tables import COLUMNS
from ugcbench_curate.annotations import SeenObject
from ugcbench_curate.fields import FIELDS, all_said

TABLE = """id,annotator,model,audio.tone,audio.speakers,audio.music,visual.texts,visual.objects
a,p1,,positive,2,yes,"DAY ONE
new [city]","cup (count: many, color: red)"
b,,m-1,,0,No,none,
c,p1,m-1,Neutral,,,,
"""


@pytest.fixture
def take_over(tmp_path, registry):
    def take_over(text, name="table.csv", **given):
        (tmp_path / name).write_text(text)
        return import_annotations(str(tmp_path / name), tmp_path, registry, **given)

    return take_over


def test_a_table_is_read(take_over):
    found = take_over(TABLE)
    assert not found.problems
    a, b, c = found.annotations
    assert (a.id, a.media) == ("a", "a.mp4")
    assert (a.audio.tone.value, a.audio.speakers.value, a.audio.music.value) == (
        "Positive",
        2,
        True,
    )
    assert [each.text for each in a.visual.texts.value] == ["DAY ONE", "new [city]"]
    assert a.visual.objects.value == (SeenObject(name="cup", count="multiple", colour="red"),)
    assert b.visual.texts.value == ()
    assert b.audio.tone is None
    sources = [each.audio.speakers or each.audio.tone for each in (a, b, c)]
    assert [each.provenance.source for each in sources] == ["human", "model", "edited"]
    assert [each.provenance.draft for each in sources] == [False, True, False]


def test_a_table_of_json_lines_may_hold_values_as_they_are(take_over):
    row = {"id": "a", "audio.speakers": 2, "visual.texts": [{"text": "HI", "start": 1.5}]}
    (taken,) = take_over(json.dumps(row), "rows.jsonl", annotator="p9").annotations
    assert taken.audio.speakers.value == 2
    assert taken.visual.texts.value[0].start == 1.5
    assert taken.audio.speakers.provenance.annotator == "p9"


PROBLEMS = [
    (
        "id,audio.tone\na,Positive\n",
        ":2: a person's value needs the name of its annotator; .* --annotator ID",
    ),
    ("id,annotator,audio.tone\na,p,Glad\n", ":2: audio.tone: Input should be 'Positive'"),
    ("id,annotator,audio.speakers\na,p,two\n", ":2: audio.speakers: Input should be a valid int"),
    ("id,annotator,audio.tone\n,p,Positive\n", ":2: has no id"),
    ("id,annotator,audio.tone\na,p,\na,p,\n", ":3: id 'a' stands there twice"),
    ("id,annotator,audio.tone\na,p,Positive,x\n", ":2: has more cells"),
    ("id,annotator,audio.tone\na/b,p,Positive\n", ":2: id: must be usable as a file name"),
]


@pytest.mark.parametrize("partial", [False, True])
def test_an_unknown_column_is_told_once(take_over, partial):
    text = "id,annotator,audio.tones\na,p,Positive\nb,p,Positive\n"
    with pytest.raises(DatasetError, match=r"csv: unknown column 'audio\.tones'; did you mean"):
        take_over(text)


@pytest.mark.parametrize(("text", "message"), PROBLEMS)
def test_a_problem_names_file_and_line(take_over, text, message):
    (problem,) = take_over(text).problems
    assert re.search(f"table.csv{message}", problem)


def test_lines_of_a_broken_file_are_named(take_over):
    good = '{"id": "a", "annotator": "p", "audio.tone": "Positive"}'
    found = take_over(f"{good}\n\n[1]\n{{\n", "rows.jsonl")
    assert len(found.annotations) == 1
    assert [problem.partition("rows.jsonl")[2][:3] for problem in found.problems] == [":3:", ":4:"]


def test_annotations_are_not_taken_over_again(take_over):
    with pytest.raises(UsageError, match="annotations already"):
        take_over('{"version": 1, "id": "a", "media": "a.mp4"}', "annotations.jsonl")


def test_every_field_has_a_column():
    assert set(FIELDS) < set(COLUMNS)


def test_the_gold_of_a_dataset_is_what_somebody_said(mini, mini_annotations):
    by_id = {clip.id: clip for clip in mini}
    for annotation in mini_annotations:
        gold = by_id[annotation.id].gold
        assert len(all_said(annotation)) == len(gold)
        assert annotation.joint.caption.value == gold["final_caption"].answer
        assert annotation.audio.music.value == (gold["bgm"].answer == "Yes")
    who = {said.provenance.annotator for said in all_said(mini_annotations[0]).values()}
    assert who == {f"mini@{mini.revision}"}


def test_the_public_release_goes_back_as_far_as_it_goes(release, registry, tmp_path):
    found = import_annotations(str(release), tmp_path, registry)
    assert len(found.annotations) == 1000
    held = [path for each in found.annotations for path in all_said(each)]
    assert {path: held.count(path) for path in ("audio.tone", "audio.voice_source")} == {
        "audio.tone": 999,
        "audio.voice_source": 669,
    }
    assert held.count("visual.texts") == 826
    assert held.count("visual.objects") + len(found.problems) == 997
    assert all("the count of" in problem for problem in found.problems)
