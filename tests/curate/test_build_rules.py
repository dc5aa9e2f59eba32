"""Rules that hold whatever the annotations: who has a sample, and in which order options stand."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_annotations import anybody, sets_of

from ugcbench.errors import UsageError
from ugcbench_curate.annotations import Annotation, OnScreenText, Provenance
from ugcbench_curate.building.options import arrange
from ugcbench_curate.building.rules import (
    apply_rules,
    find_contradictions,
    gives_away,
    without_drafts,
    write_answer,
)
from ugcbench_curate.building.templates import Template, load_templates
from ugcbench_curate.fields import FIELDS, get_said, set_said

TEMPLATES = {template.name: template for template in load_templates()}
LABELS = ("Positive", "Negative", "Neutral")
PERSON = Provenance(source="human", annotator="p1")
DRAFT = Provenance(source="model", model="m")


def say(clip="a", provenance=PERSON, sha256=None, **values):
    """An annotation with the values of fields, their dots written as two underscores."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    said = {path: FIELDS[path].say(value, provenance) for path, value in named.items()}
    return set_said(Annotation(id=clip, media=f"{clip}.mp4", sha256=sha256), said)


def judge(name, *annotations, **given):
    """The answers by clip, and why other clips have none."""
    samples, refusals = apply_rules(annotations, TEMPLATES[name], **given)
    return (
        {sample.annotation.id: sample.answer for sample in samples},
        {refusal.annotation.id: refusal.rule for refusal in refusals},
    )


@settings(max_examples=40)
@given(sets_of(said_by=anybody), st.sampled_from(sorted(TEMPLATES)), st.booleans())
def test_every_clip_has_a_sample_or_a_reason(made, name, allow_drafts):
    template = TEMPLATES[name]
    samples, refusals = apply_rules(made, template, allow_drafts=allow_drafts)
    judged = [each.annotation.id for each in (*samples, *refusals)]
    assert sorted(judged) == sorted(each.id for each in made)
    assert [s.annotation.id for s in samples] == sorted(s.annotation.id for s in samples)
    for sample in samples:
        assert sample.answer
        assert sample.said == get_said(sample.annotation, template.field)
        assert allow_drafts or not sample.said.provenance.draft
        assert not template.options or sample.answer in template.options


@settings(max_examples=40)
@given(sets_of(said_by=anybody), st.sampled_from(sorted(TEMPLATES)))
def test_without_leave_drafts_change_nothing(made, name):
    bare = [without_drafts(each) for each in made]
    with_drafts, _ = judge(name, *made)
    without, _ = judge(name, *bare)
    assert with_drafts == without


@settings(max_examples=40)
@given(sets_of(said_by=anybody))
def test_who_does_not_speak_has_no_voice(made):
    samples, _ = apply_rules(made, TEMPLATES["voice_source"], allow_drafts=True)
    speakers = (sample.annotation.audio.speakers for sample in samples)
    assert all(said is None or said.value > 0 for said in speakers)


def test_the_reason_is_the_first_rule_that_applies():
    made = (
        say("a", audio__speakers=0),
        say("b", audio__speakers=0, audio__voice_source="Narration"),
        say("c"),
        say("d", DRAFT, audio__voice_source="Narration"),
        say("e", audio__voice_source="narration", sha256="a" * 64),
        say("f", audio__voice_source="Narration", sha256="a" * 64),
    )
    answers, rules = judge("voice_source", *made)
    assert answers == {"e": "Narration"}
    assert rules == {
        "a": "no voice",
        "b": "contradiction",
        "c": "absent",
        "d": "draft",
        "f": "same clip",
    }
    answers, _ = judge("voice_source", *made, allow_drafts=True)
    assert answers == {"d": "Narration", "e": "Narration"}


def test_a_draft_contradicts_nobody():
    drafted = FIELDS["audio.speakers"].say(0, DRAFT)
    mixed = set_said(say(audio__voice_source="Narration"), {"audio.speakers": drafted})
    assert judge("voice_source", mixed)[0] == {"a": "Narration"}
    assert judge("voice_source", mixed, allow_drafts=True)[1] == {"a": "contradiction"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"audio__speakers": 0, "audio__gender": "female"}, "nobody speaks, yet there is a gender"),
        ({"audio__music": False, "audio__music_style": "jazz"}, "there is no music, yet"),
    ],
)
def test_contradictions_are_found(values, reason):
    ((fields, why),) = find_contradictions(say(**values))
    assert {name.replace("__", ".") for name in values} == fields
    assert why.startswith(reason)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ocr", {"visual__texts": []}),
        ("ocr", {"visual__texts": [{"text": "None"}]}),
        ("objects", {"visual__objects": []}),
        ("background", {"visual__background_changes": " "}),
    ],
)
def test_nothing_is_no_answer(name, values):
    assert judge(name, say(**values)) == ({}, {"a": "empty"})


def test_on_screen_texts_stand_once_in_the_order_of_their_appearance():
    texts = [OnScreenText(text=t, start=s) for t, s in (("B\n b", 3), ("A", 1), ("B b", 5))]
    assert write_answer(tuple(texts)) == ("A", "B b")
    unknown = (*texts, OnScreenText(text="C"))
    assert write_answer(unknown) == ("B b", "A", "C")


LEAKS = [
    ("Is the tone positive?", "Positive", True),
    ("Is the tone positive, negative or neutral?", "Positive", False),
    ("Which tone has the clip?", "Positive", False),
    ("Is this a compositive tone?", "Positive", False),
]


@pytest.mark.parametrize(("question", "answer", "leaks"), LEAKS)
def test_a_question_may_name_all_options_or_none(question, answer, leaks):
    template = TEMPLATES["tone"].model_copy(update={"question": question})
    assert gives_away(template, answer) is leaks


def test_an_answer_in_its_question_is_refused(tmp_path):
    (tmp_path / "tone.toml").write_text(
        'field = "audio.tone"\nfile = "tone.json"\nkind = "choice"\n'
        'question = "Is the tone positive?"\noptions = ["Positive", "Negative", "Neutral"]\n'
    )
    (tone,) = (each for each in load_templates(tmp_path) if each.name == "tone")
    made = [say("a", audio__tone="Positive"), say("b", audio__tone="Negative")]
    samples, refusals = apply_rules(made, tone)
    assert [sample.annotation.id for sample in samples] == ["b"]
    assert [refusal.rule for refusal in refusals] == ["leak"]


clips = st.dictionaries(st.text("abcdef0123", min_size=1), st.sampled_from(LABELS), max_size=60)


@given(clips, st.integers(0, 2**32), st.sampled_from(["tone", "other"]))
def test_options_are_balanced_and_complete(answers, seed, task):
    arranged = arrange(answers, LABELS, "balanced", seed, task)
    assert set(arranged) == set(answers)
    assert all(sorted(options) == sorted(LABELS) for options in arranged.values())
    whole = Counter(arranged[clip].index(answer) for clip, answer in answers.items())
    assert max(whole.values(), default=0) - min((whole[p] for p in range(3)), default=0) <= 1
    for label in LABELS:
        places = Counter(arranged[c].index(a) for c, a in answers.items() if a == label)
        assert max(places.values(), default=0) - min(places[p] for p in range(3)) <= 1
    shuffled = dict(reversed(list(answers.items())))
    assert arrange(shuffled, LABELS, "balanced", seed, task) == arranged


def test_the_seed_decides_the_order():
    answers = {str(number): LABELS[number % 3] for number in range(60)}
    orders = {str(arrange(answers, LABELS, "balanced", seed, "tone")) for seed in range(3)}
    assert len(orders) == 3
    assert set(arrange(answers, LABELS, "fixed", 1, "tone").values()) == {LABELS}


WRONG = [
    ('kind = "text"', "audio.tone is a choice, which gives no text task"),
    ('kind = "choice"\noptions = ["Positive"]', "options: must be, in any order, Negative"),
    ('kind = "choice"\nfield = "audio.ton"', "did you mean audio.tone"),
    ('kind = "choice"\nfile = "manifest.json"', "must end in .json"),
    ('kind = "choice"\nquestoin = "?"', "unknown key 'questoin'; did you mean 'question'"),
    ('kind = "choice"\nfile = "BGM.json"', "bgm and tone both write BGM.json"),
    ("kind = ", "Invalid value"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_template_that_cannot_work_is_named(tmp_path, text, message):
    usual = {"field": '"audio.tone"', "file": '"tone.json"', "question": '"Which?"'}
    usual["options"] = '["Positive", "Negative", "Neutral"]'
    rest = "\n".join(f"{k} = {v}" for k, v in usual.items() if f"\n{k} = " not in f"\n{text}")
    (tmp_path / "tone.toml").write_text(f"{text}\n{rest}\n")
    with pytest.raises(UsageError) as caught:
        load_templates(tmp_path)
    assert message in str(caught.value)
    assert "tone" in str(caught.value)


def test_a_folder_without_templates_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="holds no template"):
        load_templates(tmp_path)


def test_a_team_adds_a_task_of_its_own(tmp_path):
    (tmp_path / "gender.toml").write_text(
        'field = "audio.gender"\nfile = "gender.json"\nkind = "choice"\nquestion = "Whose voice?"\n'
        'options = ["female", "male", "mixed", "other", "unclear"]\n'
    )
    added = {each.name: each for each in load_templates(tmp_path)}
    assert set(added) == {*TEMPLATES, "gender"}
    samples, _ = apply_rules([say(audio__gender="male")], added["gender"])
    assert [sample.answer for sample in samples] == ["male"]
    assert isinstance(added["gender"], Template)
