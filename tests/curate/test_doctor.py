"""`ugcbench data doctor` on datasets with planted faults."""

from __future__ import annotations

import json
import random

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from reviewed_clips import annotate, write

from ugcbench.errors import DatasetError, UsageError
from ugcbench.gold.corrections import Revision
from ugcbench.gold.findings import Finding
from ugcbench.types import Clip, Gold
from ugcbench_curate.doctor.answers import find_strangers, read_ids
from ugcbench_curate.doctor.command import doctor
from ugcbench_curate.doctor.contradictions import tells_of_music
from ugcbench_curate.doctor.examination import examine
from ugcbench_curate.doctor.near_copies import pair_near_texts
from ugcbench_curate.doctor.patches import draft_patch
from ugcbench_curate.doctor.training import find_training_overlaps
from ugcbench_curate.languages import name_language

TEXT = """river stone market early morning people walk slowly between bright yellow stands while
their children are looking at the water and someone behind them opens a small wooden door with both
hands because it was closed during that long winter which nobody here will ever forget"""
COUNT = 40


def caption(number):
    """A text that has no sequence of five words in common with any other's."""
    words = TEXT.split()
    return " ".join(random.Random(number).sample(words, len(words))) + "."


class Planted:
    """A dataset of clips."""

    name, revision = "planted", "1"

    def __init__(self, clips):
        self._clips = tuple(clips)

    def __iter__(self):
        return iter(self._clips)


def make_clip(number, **changes):
    tone = Gold(answer="Positive" if number % 2 else "Negative", choices=("Positive", "Negative"))
    bgm = Gold(answer="Yes" if number % 3 else "No", choices=("Yes", "No"))
    music = "Background music plays." if number % 3 else "There is no background music."
    gold = {
        "final_caption": Gold(answer=caption(number)),
        "audio_caption": Gold(answer=f"{caption(number + 100)} {music}"),
        "tone": tone,
        "bgm": bgm,
        "objects": Gold(answer=f"cup {number} (count: 2, color: red)"),
        "ocr": Gold(answer=(f"Shop {number}", "open all day")),
    }
    url = f"https://example.org/v/{number}?utm_source=x"
    return Clip(id=f"c{number}", media=None, gold={**gold, **changes}, meta={"url": url})


def warnings(findings):
    return {(f.check, f.about): f for f in findings if f.level == "warning"}


@pytest.fixture
def sound():
    return [make_clip(number) for number in range(COUNT)]


def test_a_sound_dataset_has_no_warning(sound):
    findings = examine(Planted(sound))
    assert warnings(findings) == {}
    assert {finding.check for finding in findings} <= {"labels", "language"}


def test_every_planted_fault_is_found(sound):
    sound[3] = make_clip(3, tone=Gold(answer="positive", choices=("Positive", "Negative")))
    sound[4] = make_clip(4, bgm=Gold(answer="No", choices=("Yes", "No")))
    sound[6] = make_clip(6, bgm=Gold(answer="Yes", choices=("Yes", "No")))
    sound[7] = make_clip(7, final_caption=sound[8].gold["final_caption"])
    near = Gold(answer=str(sound[10].gold["final_caption"].answer).replace("winter", "winters"))
    sound[9] = make_clip(9, final_caption=near)
    sound[11] = make_clip(11, ocr=Gold(answer=("None",)))
    sound[12] = make_clip(12, objects=Gold(answer="cup (count: many); cat (count: 1)"))
    sound[13] = make_clip(13, ocr=Gold(answer=("goodMorning", "Привет")))
    spanish = "El hombre camina por la calle mientras su hija canta una canción muy alegre hoy."
    sound[14] = make_clip(14, final_caption=Gold(answer=spanish))
    sound.append(Clip(id="alone", media=None, gold={"background": Gold(answer="It changes.")}))
    findings = examine(Planted(sound))
    found = warnings(findings)
    assert found.keys() == {
        ("label case", "tone"),
        ("contradiction", "bgm"),
        ("duplicate", "final_caption"),
        ("near duplicate", "final_caption"),
        ("placeholder", "ocr"),
        ("orphan id", "clips"),
    }
    assert found["label case", "tone"].clips == ("c3",)
    both = [f for f in findings if f.check == "contradiction"]
    assert [(f.clips, f.message.split(", but")[0]) for f in both] == [
        (("c4",), "the answer is 'no'"),
        (("c6",), "the answer is 'yes'"),
    ]
    assert found["duplicate", "final_caption"].clips == ("c7", "c8")
    assert found["near duplicate", "final_caption"].clips == ("c9", "c10")
    assert found["placeholder", "ocr"].clips == ("c11",)
    assert found["orphan id", "clips"].clips == ("alone",)
    notes = {(f.check, f.about): f for f in findings if f.level == "note"}
    assert (notes["count", "objects"].count, notes["count", "objects"].clips) == (1, ("c12",))
    assert notes["fused words", "ocr"].clips == notes["script", "ocr"].clips == ("c13",)
    assert notes["language", "final_caption"].clips == ("c14",)


def test_dead_lopsided_and_unused_labels(sound):
    for number, clip in enumerate(sound):
        dead = Gold(answer="No", choices=("Yes", "No"))
        lopsided = Gold(
            answer="Negative" if number else "Positive", choices=("Positive", "Negative", "Neutral")
        )
        sound[number] = clip.model_copy(update={"gold": {"bgm": dead, "tone": lopsided}})
    found = {(f.check, f.about): f for f in examine(Planted(sound))}
    assert found["constant label", "bgm"].count == COUNT
    assert found["majority", "tone"].count == COUNT - 1
    assert "Neutral" in found["unused option", "tone"].message
    assert "'Negative' 39, 'Positive' 1; always answering 'Negative' scores 97.5%" in (
        found["labels", "tone"].message
    )


def test_options_that_differ_are_known_by_their_place(sound):
    for number, clip in enumerate(sound):
        choices = tuple(f"{letter}{number}" for letter in "abc")
        asked = Gold(answer=choices[number % 40 == 0], choices=choices)
        sound[number] = clip.model_copy(update={"gold": {"question": asked}})
    found = {(f.check, f.about): f.message for f in examine(Planted(sound))}
    assert found["unused option", "question"] == "never the answer: choice 3"
    assert found["labels", "question"] == (
        "'choice 1' 39, 'choice 2' 1; always answering 'choice 1' scores 97.5%"
    )
    assert found["majority", "question"].startswith("'choice 1' 39 of 40 times")


def test_options_in_another_order_or_number_are_known_by_their_text(sound):
    for number, clip in enumerate(sound):
        choices = (("Yes", "No"), ("No", "Yes"), ("Yes", "Perhaps", "No"))[number % 3]
        asked = Gold(answer="Yes" if number else "No", choices=choices)
        sound[number] = clip.model_copy(update={"gold": {"bgm": asked}})
    found = {(f.check, f.about): f.message for f in examine(Planted(sound))}
    assert found["unused option", "bgm"] == "never the answer: Perhaps"
    assert found["majority", "bgm"].startswith("'Yes' 39 of 40 times")
    assert found["labels", "bgm"].startswith("'Yes' 39, 'No' 1; always answering 'Yes'")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Soft background music plays while a man talks.", True),
        ("The audio is a BGM track.", True),
        ("There is no speech, only ambient music.", True),
        ("Nobody speaks; a tone of unclear mood, accompanied by background music.", True),
        ("There isn't any talk, but background music is heard.", True),
        ("Upbeat music plays in the background.", True),
        ("A woman speaks with no background music.", False),
        ("There is no dialogue or background music.", False),
        ("Background music was not mentioned.", False),
        ("The background music, if it exists, is unclear.", False),
        ("Without additional sounds, speech, or background music.", False),
        ("No background music at first. Then background music sets in.", True),
        ("A man sings a song.", None),
        ("", None),
    ],
)
def test_mentions_of_music_are_taken_as_they_are_meant(text, told):
    assert tells_of_music(text) is told


@given(st.text())
def test_any_text_can_be_asked_about(text):
    assert tells_of_music(text) in (True, False, None)
    assert isinstance(name_language(text), str)


@given(st.lists(st.text(alphabet="abc ", max_size=80), max_size=8))
def test_a_text_and_its_copy_are_paired(texts):
    named = {str(place): text for place, text in enumerate(texts)}
    pairs = {(one, other) for one, other, _ in pair_near_texts(named)}
    assert all(int(one) < int(other) for one, other in pairs)
    assert all(len(named[one].split()) >= 8 for one, _ in pairs)
    again = {(one, other) for one, other, near in pair_near_texts(named, named) if near == 100}
    assert {(name, name) for name, text in named.items() if len(text.split()) >= 9} <= again


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"video_id": "c1"}\n\n{"video_id": "c2"}\n'),
        ("a.json", '[{"id": "c1"}, {"clip": "c2"}]'),
        ("a.json", '{"samples": [{"video_id": "c1"}, {"video_id": "c2"}]}'),
        ("a.json", '{"evaluations": {"c1": {"score": 1}, "c2": {}}}'),
        ("a.json", '{"c1": "text", "c2": "text"}'),
    ],
)
def test_ids_are_read_from_any_usual_file(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_ids(tmp_path / name) == ["c1", "c2"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"video_id": "c1"}\n{"name": "c2"}', r"a.jsonl:2: has no id; .*video_id"),
        ("a.jsonl", "{", "a.jsonl:1: not JSON"),
        ("a.json", '"c1"', "must be a list of objects"),
        ("a.json", "[1]", "entry 1: has no id"),
    ],
)
def test_a_file_without_ids_is_named_with_its_line(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=said):
        read_ids(tmp_path / name)


def test_ids_are_compared_with_the_gold_that_fits(sound, tmp_path):
    sound.append(Clip(id="alone", media=None, gold={"ocr": Gold(answer=("HI",))}))
    rows = [{"id": f"c{number}"} for number in range(1, COUNT)]
    rows += [{"id": "c5"}, {"id": "alone"}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = {f.check: f for f in find_strangers(sound, tmp_path / "a.jsonl")}
    assert found.keys() == {"unanswered", "repeated id"}
    (tmp_path / "b.jsonl").write_text(
        "\n".join(json.dumps({"id": f"c{number}"}) for number in range(COUNT)) + '\n{"id": "x"}'
    )
    (stranger,) = find_strangers(sound, tmp_path / "b.jsonl")
    assert (stranger.check, stranger.clips) == ("orphan id", ("x",))
    assert stranger.message == "answered, but has no final_caption"


def test_training_rows_are_found_by_id_address_and_text(sound, tmp_path):
    text = str(sound[2].gold["final_caption"].answer)
    rows = [
        {"id": "c0", "video": "x/else.mp4", "prompt": "?"},
        {"videos": ["/far/away/c1.mp4"], "messages": [{"role": "user", "content": "<video>?"}]},
        {"id": "t2", "video": "t2.mp4", "caption": text.upper()},
        {"id": "t3", "video": "t3.mp4", "url": "http://www.example.org/v/3/"},
        {
            "id": "t4",
            "video": "t4.mp4",
            "solution": caption(900),
            "url": "https://example.org/v/900",
        },
    ]
    official = {"videos": ["t5.mp4"], "messages": [{"role": "assistant", "content": text}]}
    first, second = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    first.write_text("\n".join(map(json.dumps, rows)))
    second.write_text(json.dumps(official))
    one, two, both = find_training_overlaps(sound, [first, second])
    assert (one.level, one.clips) == ("warning", ("c0", "c1", "t2", "t3"))
    assert one.message.endswith("(2 by id, 1 by address, 1 by text)")
    assert "t2 ~ c2" in one.examples
    assert (two.level, two.clips) == ("warning", ("t5",))
    assert (both.level, both.clips) == ("note", ("t2",))
    assert "there are no addresses to compare" in both.message
    second.write_text('{"messages": []}')
    with pytest.raises(DatasetError, match=r"two.jsonl:1: names no clip; write `id`"):
        list(find_training_overlaps(sound, [second]))


def test_a_draft_mends_what_can_be_mended_and_notes_the_rest(sound):
    sound[3] = make_clip(3, tone=Gold(answer="positive", choices=("Positive", "Negative")))
    sound[5] = make_clip(5, ocr=Gold(answer=("none", "nothing")))
    sound[6] = make_clip(6, ocr=Gold(answer=("none", "SALE")))
    sound[7] = make_clip(7, final_caption=sound[8].gold["final_caption"])
    findings = examine(Planted(sound))
    draft = Revision.model_validate_json(draft_patch(sound, findings).model_dump_json())
    changes = [(c.task, c.change, c.count, dict(c.clips)) for c in draft.corrections]
    assert changes == [
        ("tone", "label-case", 1, {}),
        ("ocr", "drop", 1, {"c5": "none\nnothing"}),
        ("final_caption", "note", 2, {"c7": None, "c8": None}),
        ("ocr", "note", 2, {"c5": None, "c6": None}),
    ]
    mended = {clip.id: clip.gold for clip in draft.apply(sound)}
    assert mended["c3"]["tone"].answer == "Positive"
    assert "ocr" not in mended["c5"]
    assert mended["c6"] == sound[6].gold
    again = examine(Planted(draft.apply(sound)))
    assert "label case" not in {finding.check for finding in again}


def test_nothing_to_find_is_said():
    (only,) = examine(Planted([Clip(id="a", media=None, gold={})]))
    assert only == Finding("ok", "examined", "gold", "nothing was found", 0, 1)


def test_typed_it_shows_text_or_json_and_writes_the_draft(ugcbench, tmp_path):
    rows = [{"id": f"c{n}", "tone": "positive" if n == 3 else "Positive"} for n in range(30)]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "answers.jsonl").write_text('{"id": "c1"}\n{"id": "zz"}\n')
    (tmp_path / "train.jsonl").write_text('{"id": "c2", "video": "v.mp4", "prompt": "?"}\n')
    files = ("--answers", "answers.jsonl", "--train", "train.jsonl")
    done = ugcbench("data", "doctor", "own.jsonl", *files, "--patch", "draft.json")
    assert done.returncode == 0, done.stderr
    assert "warning  tone, label case: 1 of 30" in done.stdout
    assert "warning  answers.jsonl, orphan id: 1 of 2" in done.stdout
    assert "1 of 1 rows are in the dataset too (1 by id, 0 by text" in done.stdout
    assert Revision.model_validate_json((tmp_path / "draft.json").read_bytes()).corrections
    again = ugcbench("data", "doctor", "own.jsonl", "--patch", "draft.json")
    assert (again.returncode, "draft.json is there already" in again.stderr) == (2, True)
    done = ugcbench("data", "doctor", "own.jsonl", *files, "--format", "json")
    about = json.loads(done.stdout)
    assert about["dataset"] == "own"
    assert {"check": "label case", "clips": ["c3"]}.items() <= about["findings"][0].items()
    (tmp_path / "own.jsonl").write_text("nonsense")
    done = ugcbench("data", "doctor", "own.jsonl")
    assert (done.returncode, "own.jsonl:1: not JSON" in done.stderr) == (2, True)


def test_annotations_are_to_be_built_first(tmp_path, registry):
    file = write(tmp_path / "annotations.jsonl", [annotate(0, tmp_path)])
    done = CliRunner().invoke(doctor, [str(file)], obj=registry)
    assert isinstance(done.exception, UsageError)
    assert "make a benchmark of them first: ugcbench data build" in str(done.exception)
