"""A model drafts what nobody has said, asks nothing twice, and never touches what a person said."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sound_gate
from hypothesis import given
from hypothesis import strategies as st
from made_annotations import annotations, drafts, values_of

from ugcbench.errors import BudgetReachedError, UsageError
from ugcbench.models import Fake, Price
from ugcbench.plugins import Registry
from ugcbench.testing import GeminiServer, OpenAIServer
from ugcbench_curate.annotating.draft_report import show_drafts
from ugcbench_curate.annotating.drafting import draft
from ugcbench_curate.annotating.files import read_annotations, write_annotations
from ugcbench_curate.annotating.merging import Wish, add_drafts
from ugcbench_curate.annotating.stages import Stage, read_reply
from ugcbench_curate.annotations import Annotation, Provenance
from ugcbench_curate.fields import FIELDS, all_said, find_fields, get_said, set_said

HEARD = {
    "speakers": 1,
    "gender": "Female",
    "tone": "positive",
    "language": "en",
    "voice_source": "Narration",
    "music": True,
    "music_style": "plucked strings",
    "sound_effects": [],
    "caption": "A woman speaks.",
}
SEEN = {
    "background": "a kitchen",
    "background_changes": "",
    "motion": None,
    "texts": [{"text": "SOUP", "start": 0, "end": 4.5}],
    "objects": [{"name": "pot", "count": "multiple", "colour": "red", "position": None}],
    "caption": "A pot steams.",
}
BOTH = {"caption": "A woman speaks while a pot steams."}
PERSON = Provenance(source="human", annotator="p1")


def keys_of(schema):
    return set(schema["properties"])


def reply_to(keys):
    """What the model says in a stage, known by the fields that it is asked for."""
    said = next(each for each in (HEARD, SEEN, BOTH) if keys <= set(each))
    return json.dumps({key: said[key] for key in keys})


def answer_openai(call):
    schema = call["response_format"]["json_schema"]["schema"]
    return reply_to(keys_of(schema)) if keys_of(schema) - {"caption"} else json.dumps(BOTH)


def answer_gemini(call):
    keys = keys_of(call["generationConfig"]["responseJsonSchema"])
    return reply_to(keys) if keys - {"caption"} else json.dumps(BOTH)


def answer(prompt):
    keys = keys_of(prompt.output_schema)
    return reply_to(keys) if keys - {"caption"} else json.dumps(BOTH)


@pytest.fixture
def run(bare, tmp_path):
    """Drafts in the folder `drafts`; returns the report and what is there then."""

    def run(model, known=bare, **given):
        report = draft(known, model, tmp_path / "drafts", folder=Path("/"), **given)
        return report, read_annotations(tmp_path / "drafts" / "annotations.jsonl")

    return run


def test_a_model_drafts_all_that_it_can_tell(run, bare):
    report, drafted = run(Fake(answer))
    assert [each.id for each in drafted] == [each.id for each in bare]
    for annotation in drafted:
        said = all_said(annotation)
        assert set(FIELDS) - set(said) == {"visual.motion"}
        assert {each.provenance.draft for each in said.values()} == {True}
        assert {each.provenance.model for each in said.values()} == {"Fake"}
        assert {each.provenance.answered for each in said.values()} == {"fake"}
        assert annotation.audio.tone.value == "Positive"
    assert (report.drafted, report.replies) == (12 * 15, 36)
    assert (report.fields["visual.motion"].unsaid, report.unread) == (12, ())
    assert "180 drafts by Fake (answered: fake) on 12 clips" in show_drafts(report)


def test_what_a_person_said_is_neither_asked_for_nor_replaced(run, bare):
    mine = {"joint.caption": FIELDS["joint.caption"].say("Mine.", PERSON)}
    known = [set_said(bare[0], mine), *bare[1:]]
    model = Fake(answer)
    report, drafted = run(model, known)
    assert drafted[0].joint.caption.value == "Mine."
    asked = [prompt for prompt in model.prompts if "joint" in prompt.task]
    assert bare[0].id not in {prompt.sample_id for prompt in asked}
    assert (report.fields["joint.caption"].kept, report.fields["joint.caption"].drafted) == (1, 11)


@given(annotations(), st.data(), st.booleans())
def test_no_draft_ever_replaces_what_a_person_said(annotation, data, again):
    paths = data.draw(st.lists(st.sampled_from(sorted(FIELDS)), unique=True))
    fresh = {
        path: FIELDS[path].say(data.draw(values_of(FIELDS[path])), data.draw(drafts))
        for path in paths
    }
    merged = add_drafts(annotation, fresh, Wish(again=again))
    for path in FIELDS:
        before, after = get_said(annotation, path), get_said(merged, path)
        if before is None or (again and before.provenance.draft):
            assert after == fresh.get(path, before)
        else:
            assert after == before


def test_earlier_drafts_stay_unless_they_are_wished_for_again(bare, tmp_path):
    old = FIELDS["audio.tone"].say("Negative", Provenance(source="model", model="old"))
    known = [set_said(each, {"audio.tone": old}) for each in bare[:2]]
    tone = find_fields(["audio.tone"])
    with pytest.raises(UsageError, match=r"nothing is left to draft.*--again"):
        draft(known, Fake(answer), tmp_path / "a", folder=Path("/"), wish=Wish(tone))
    report = draft(known, Fake(answer), tmp_path / "b", folder=Path("/"), wish=Wish(tone, True))
    assert report.drafted == 2
    first, _ = read_annotations(tmp_path / "b" / "annotations.jsonl")
    assert (first.audio.tone.value, first.audio.tone.provenance.model) == ("Positive", "Fake")


def test_a_reply_that_cannot_be_read_in_full_is_asked_for_again(run, bare):
    replies = iter(
        ['{"speakers": 2, "tone": "glad"}', "Sorry: {", '```json\n{"tone": "neutral"}\n```', "?"]
    )
    model = Fake(lambda prompt: next(replies))
    wish = Wish(find_fields(["audio.speakers", "audio.tone"]))
    report, drafted = run(model, bare[:2], wish=wish, concurrency=1)
    assert (drafted[0].audio.speakers.value, drafted[0].audio.tone.value) == (2, "Neutral")
    assert not all_said(drafted[1])
    (problem,) = report.unread
    assert problem.startswith("mini-02: audio: it holds no JSON object")
    again = [prompt.text for prompt in model.prompts][2]
    assert "could not be read (tone: Input should be 'Positive'" in again
    assert '"glad"' in again


READINGS = [
    ('{"speakers": "2", "tone": null}', {"audio.speakers": 2}, 0),
    ('<think>{"speakers": 9}</think> {"speakers": 1}', {"audio.speakers": 1}, 0),
    ('{"speakers": 1} {"speakers": 1}', {"audio.speakers": 1}, 0),
    ('{"speakers": 1} {"speakers": 2}', {}, 1),
    ('{"speakers": -1, "tone": "NEUTRAL", "mood": "sad"}', {"audio.tone": "Neutral"}, 1),
    ('["speakers"]', {}, 1),
    ("", {}, 1),
    ("{}", {}, 0),
    ("{} or not", {}, 1),
]


@pytest.mark.parametrize(("text", "values", "problems"), READINGS)
def test_a_reply_is_read_field_by_field(text, values, problems):
    stage = Stage("audio", find_fields(["audio.speakers", "audio.tone"]))
    reading = read_reply(stage, text, Provenance(source="model", model="m"))
    assert {path: said.value for path, said in reading.said.items()} == values
    assert len(reading.problems) == problems


@given(st.text())
def test_any_reply_can_be_read_or_complained_about(text):
    stage = Stage("visual", find_fields(["visual"]))
    reading = read_reply(stage, text, Provenance(source="model", model="m"))
    assert reading.said or reading.problems or "{" in text


def test_another_wish_is_another_question_in_the_same_folder(run):
    texts, all_seen = (Wish(find_fields([name])) for name in ("visual.texts", "visual"))
    first, second = Fake(answer), Fake(answer)
    run(first, wish=texts)
    run(second, wish=all_seen)
    assert (len(first.prompts), len(second.prompts)) == (12, 12)
    again = Fake(answer)
    run(again, wish=all_seen)
    assert not again.prompts


def test_the_drafts_of_two_models_are_not_mixed(run):
    run(Fake(answer))
    with pytest.raises(UsageError, match="holds drafts of Fake; choose another --output"):
        run("blind")


def test_a_budget_ends_drafting_and_what_was_replied_is_kept(bare, tmp_path, registry):
    with OpenAIServer(reply=answer_openai) as server:
        options = {"base_url": server.url, "api_key": "any"}
        given = {"prices": {"openai/m": Price(input=1000, output=1000)}, "options": options}
        asked = {**given, "folder": Path("/"), "registry": registry, "concurrency": 2}
        with pytest.raises(BudgetReachedError):
            draft(bare, "openai/m", tmp_path / "drafts", max_cost=5, **asked)
        spent = server.calls
        kept = read_annotations(tmp_path / "drafts" / "annotations.jsonl")
        assert 0 < spent < 36
        assert 0 < sum(len(all_said(each)) for each in kept) < 12 * 15
        report = draft(bare, "openai/m", tmp_path / "drafts", max_cost=5000, **asked)
    assert (server.calls, report.drafted) == (36, 180)
    assert report.cost_usd > 5


def test_failures_are_retried_and_what_fails_still_is_asked_by_the_next_call(
    bare, tmp_path, registry
):
    with OpenAIServer(reply=answer_openai) as server:
        server.plan("rate_limit", "server_error", "context_length")
        asked = {"options": {"base_url": server.url, "api_key": "any"}, "folder": Path("/")}
        asked |= {"registry": registry, "concurrency": 1, "wish": Wish(find_fields(["joint"]))}
        first = draft(bare[:3], "openai/m", tmp_path / "drafts", **asked)
        assert (first.drafted, first.failures) == (2, {"RequestRejectedError": 1})
        second = draft(bare[:3], "openai/m", tmp_path / "drafts", **asked)
    assert (second.drafted, second.failures) == (3, {})
    assert server.calls == 6


def test_gemini_drafts_too(bare, tmp_path, registry):
    with GeminiServer(reply=answer_gemini) as server:
        options = {"base_url": server.url, "api_key": "any"}
        report = draft(
            bare[:2],
            "gemini/m",
            tmp_path / "drafts",
            folder=Path("/"),
            registry=registry,
            options=options,
        )
    assert (report.drafted, report.model, report.answered) == (30, "gemini/m", ("m",))


def test_an_annotator_that_is_no_language_model(mini_annotations, bare, tmp_path):
    registry = Registry({"sound_gate": sound_gate})
    asked = {"folder": Path("/"), "registry": registry}
    report = draft(bare, "sound-gate", tmp_path / "drafts", **asked)
    assert set(report.fields) == {"audio.speakers", "audio.music", "audio.sound_effects"}
    assert (report.replies, report.unread) == (12, ())  # to tell nothing is an answer
    drafted = {each.id: each for each in read_annotations(tmp_path / "drafts/annotations.jsonl")}
    silent = {clip for clip, each in drafted.items() if all_said(each)}
    assert silent == {"mini-07"}
    speakers = drafted["mini-07"].audio.speakers
    assert (speakers.value, speakers.provenance.answered) == (0, "sound-gate-1")
    with pytest.raises(UsageError, match=r"drafts nothing but audio\.speakers"):
        draft(bare, "sound-gate", tmp_path / "x", wish=Wish(find_fields(["visual"])), **asked)


KEY = "sk-planted-7d20c4be19"


def lines(file):
    return file.read_bytes().count(b"\n") if file.exists() else 0


def command(server, *more):
    option = ["--option", f"base_url={server.url}", "--option", f"api_key={KEY}"]
    draft_it = ["data", "draft", "bare.jsonl", "--model", "openai/m", "--output", "drafts"]
    return [*draft_it, *option, "--concurrency", "3", "--quiet", *more]


def start(server, folder):
    return subprocess.Popen(
        [sys.executable, "-m", "ugcbench", *command(server)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_replies(process, folder, number):
    while lines(folder / "drafts" / "predictions.jsonl") < number:
        assert process.poll() is None
        time.sleep(0.005)


def test_killed_drafting_goes_on_and_asks_nothing_twice(bare, tmp_path, ugcbench):
    write_annotations(tmp_path / "bare.jsonl", bare)
    with OpenAIServer(reply=answer_openai, latency=0.05) as server:
        process = start(server, tmp_path)
        wait_for_replies(process, tmp_path, 8)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        replied = lines(tmp_path / "drafts" / "predictions.jsonl")
        assert 8 <= replied < 36
        assert not (tmp_path / "drafts" / "annotations.jsonl").exists()
        time.sleep(0.2)  # the server is done with what was in flight
        before = server.calls
        done = ugcbench(*command(server, "--format", "json"))
        assert done.returncode == 0, done.stderr
        assert KEY not in done.stdout + done.stderr
        assert server.calls - before == 36 - replied
        report = json.loads(done.stdout)
        assert (report["replies"], report["fields"]["audio.tone"]["drafted"]) == (36, 12)
        first = (tmp_path / "drafts" / "annotations.jsonl").read_bytes()
        options = {"base_url": server.url, "api_key": "any"}
        draft(bare, "openai/m", tmp_path / "drafts", folder=tmp_path, options=options)
        assert server.calls - before == 36 - replied
    left = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in left if KEY.encode() in file.read_bytes()] == []
    assert (tmp_path / "drafts" / "annotations.jsonl").read_bytes() == first
    assert len(read_annotations(tmp_path / "drafts" / "annotations.jsonl")) == 12


def test_ctrl_c_keeps_what_was_drafted_and_says_how_to_go_on(bare, tmp_path):
    write_annotations(tmp_path / "bare.jsonl", bare)
    with OpenAIServer(reply=answer_openai, latency=0.2) as server:
        process = start(server, tmp_path)
        wait_for_replies(process, tmp_path, 4)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, "Traceback" in err) == ("", False)
    assert "type the same again to go on in drafts" in err
    kept = read_annotations(tmp_path / "drafts" / "annotations.jsonl")
    assert sum(len(all_said(each)) for each in kept) > 0


def test_drafts_find_their_clips_wherever_they_are_written(bare, tmp_path):
    (tmp_path / "clips").symlink_to(Path(bare[0].media).parent)
    name = Path(bare[0].media).name
    near = Annotation(id="near", media=f"clips/{name}")
    output = tmp_path / "deep" / "drafts"
    draft([near, bare[0]], Fake(answer), output, folder=tmp_path)
    first, second = read_annotations(output / "annotations.jsonl")
    assert first.media == f"../../clips/{name}"
    assert second.media == bare[0].media


def test_a_missing_clip_is_one_clips_failure(tmp_path, ugcbench, bare):
    lost = Annotation(id="lost", media="lost.mp4")
    write_annotations(tmp_path / "bare.jsonl", [bare[0], lost])
    with OpenAIServer(reply=answer_openai) as server:
        done = ugcbench(*command(server, "--fields", "joint"))
    assert done.returncode == 4
    assert re.search(
        r"failed: media_missing 1, such as lost: .*lost\.mp4: no such file", done.stdout
    ), done.stdout
    assert "what failed is asked again by typing the same" in done.stderr
