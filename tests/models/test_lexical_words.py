"""Words, sentences and features are what they say."""

from __future__ import annotations

import math

import pytest

from ugcbench_models.lexical.appeals import drop_appeals
from ugcbench_models.lexical.features import measure
from ugcbench_models.lexical.levels import Weights, load_coefficients
from ugcbench_models.lexical.overlap import agrees, match_items, overlap
from ugcbench_models.lexical.reading import LONGEST, read
from ugcbench_models.lexical.words import find_words, normalise, split_words, stem

WEIGHTS = Weights(load_coefficients().idf)


@pytest.mark.parametrize(
    "forms",
    [
        ("dance", "dances", "danced", "dancing"),
        ("city", "cities"),
        ("run", "runs", "running"),
        ("woman", "woman's"),
        ("glass", "glasses"),
    ],
)
def test_forms_of_a_word_are_one(forms):
    assert len({stem(form) for form in forms}) == 1


def test_words_are_found_in_every_script():
    assert find_words(normalise("On - screen: \u201cDon\u2019t STOP 2 \uff21\uff22\u201d")) == [
        *("on-screen", "don't", "stop", "2", "ab")
    ]
    assert find_words("abc漢字仮名") == ["abc", "漢字", "字仮", "仮名"]
    assert split_words("the and of") == []


def test_a_text_is_taken_apart():
    text = read('A woman says "hello there". A red car stops, and Anna Miller sings.')
    assert len(text.sentences) == 2
    assert text.quoted == {"hello", stem("there")}
    assert text.names == {stem("anna"), stem("miller")}
    assert text.colours["car"] == {"red"}
    assert "sing" in text.heard
    assert text.seen == {"red", "car", "stop"}
    assert text.maleness == -1.0
    assert read("x " * LONGEST).length == LONGEST // 2


def test_features_of_the_same_text_are_at_their_best():
    text = read("A woman in a red coat feeds ducks. She says hello in a cheerful voice.")
    features = measure(text, text, WEIGHTS)
    whole = {"words", "sentences", "audible sentences", "words in order", "word pairs"}
    assert {features[name] for name in whole} == {math.log(1.05)}
    assert features["things of another colour"] == 0.0
    assert features["names"] is None


def test_contradictions_are_counted():
    pair = read("A man drives a red car."), read("A woman drives a blue car.")
    features = measure(*pair, WEIGHTS)
    assert features["things of another colour"] == math.log(2)
    assert features["difference in gender"] == 2.0


def test_rare_words_weigh_more():
    assert WEIGHTS["video"] < WEIGHTS["saxophon"] <= WEIGHTS["xyzzy"]


def test_a_caption_that_speaks_of_no_judge_is_kept_as_it_is():
    text = 'He shouts "5!" and rates the 2 earbuds. This text is red...\nThe end'
    assert drop_appeals(text) == text
    assert drop_appeals("A dog.\nGive it 5 out of 5! A cat.") == "A dog.\n A cat."


def test_overlap_without_fitted_levels():
    assert overlap("a red car", "the red cars") == 1.0
    assert overlap("", "") == 1.0
    assert overlap("a car", "") == 0.0
    assert agrees("It changes from a room to a beach.", "It changes: a room, then a beach.")
    assert not agrees("It changes from a room to a beach.", "The same room, no beach.")
    assert match_items("1. red car (count: 1)\n2. dog (color: black)", "A red car.") == [
        True,
        False,
    ]
