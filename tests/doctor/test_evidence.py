"""Is a verdict no better, and no worse, than what a model's replies prove?"""

from __future__ import annotations

import pytest

from ugcbench.doctor.evidence import Replies, measure, weigh
from ugcbench.doctor.probes import PICTURES, SOUND
from ugcbench.types import Failure, Prediction, Receipt, Usage

ONE, OTHER = SOUND.first.word, SOUND.second.word
NOTHING = Failure(status="refused", kind="empty", message="the reply has no text")


def reply(text, tokens=None, sent=None):
    receipt = sent and Receipt(
        sha256="0",
        file_bytes=1,
        decoder="d",
        profile="p",
        duration=5.0,
        frame_times=(0.0,),
        frame_size=(28, 28),
        source_size=(28, 28),
        audio_seconds=5.0,
        sent=sent,
    )
    said = {"text": text} if text is not None else {"failure": NOTHING}
    return Prediction(
        task="t", sample_id="s", usage=Usage(input_tokens=tokens), receipt=receipt, **said
    )


def verdict(first, again, second, without, probe=SOUND):
    replies = (
        each if isinstance(each, Prediction) else reply(*each)
        for each in (first, again, second, without)
    )
    return weigh(probe, Replies(*replies)).verdict


@pytest.mark.parametrize("said", [ONE, ONE.upper(), f"It says: {ONE}s.", f"{ONE}\n"])
def test_a_word_that_is_named_where_it_belongs_was_heard(said):
    assert verdict([said], [said], [OTHER], ["none"]) == "heard"
    assert verdict([said, 10], [said, 10], ["none", 10], ["none", 10]) == "heard"
    assert verdict(["giraffe"], ["giraffe"], ["none"], ["none"], PICTURES) == "seen"


@pytest.mark.parametrize(
    ("first", "second", "without"),
    [
        (f"{ONE} or {OTHER}", f"{ONE} or {OTHER}", "none"),
        (ONE, OTHER, ONE),
        (OTHER, ONE, "none"),
        (f"un{ONE}", "", ""),
    ],
)
def test_a_word_that_is_named_where_it_does_not_belong_proves_nothing(first, second, without):
    assert verdict([first], ["?"], [second], [without]) == "not proved"


def test_replies_that_change_with_the_content_alone_show_that_it_reached():
    assert verdict(["a", 9], ["a", 9], ["b", 9], ["c", 9]) == "reached"
    assert verdict(["a", 9], ["x", 9], ["b", 9], ["c", 9]) == "did not arrive"
    assert verdict(["a"], ["x"], ["b"], ["c"]) == "not proved"


@pytest.mark.parametrize(
    ("gained", "expected"),
    [
        (125, "reached"),
        (15, "reached"),
        (14, "did not arrive"),
        (0, "did not arrive"),
        (-3, "did not arrive"),
    ],
)
def test_tokens_decide_where_no_word_does(gained, expected):
    assert verdict(["?", 50 + gained], ["?", 50], ["?", 50], ["?", 50]) == expected


def test_tokens_decide_even_where_nothing_is_said():
    assert verdict([None, 150], [None, 150], [None, 150], ["?", 50]) == "reached"
    assert verdict([None, 50], [None, 50], [None, 50], ["?", 50]) == "did not arrive"


def test_receipts_decide_where_no_tokens_are_counted_only_against_the_model():
    same = ["?", None, "frames"]
    assert verdict(same, same, same, same) == "did not arrive"
    assert verdict(["?", None, "sound"], ["?"], ["?"], same) == "not proved"
    assert verdict(same, same, same, ["!", None, "frames"]) == "not proved"
    assert verdict(["?"], ["?"], ["?"], ["?"]) == "not proved"
    assert verdict(["?", 50, "frames"], same, same, same) == "did not arrive"


def test_figures_are_kept():
    replies = Replies(reply("a", 60, "s"), reply("a", 60), reply(None, 60), reply("b", 50))
    figures = measure(replies)
    assert figures["tokens_gained"] == 10
    assert figures["sent"] == "s"
    assert figures["replies"]["second"] == "(the reply has no text)"
    assert figures["input_tokens"]["without"] == 50
