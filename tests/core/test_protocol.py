"""Protocols are frozen, hashed, and say in words what becomes of an absent answer."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ugcbench import MediaProfile, Score, get_protocol
from ugcbench.errors import UnknownNameError
from ugcbench.protocol import PROTOCOLS, digest


def test_any_changed_rule_changes_the_hash():
    base = PROTOCOLS["v1"]
    changes = [
        {"profile": MediaProfile(fps=2)},
        {"profile": MediaProfile(max_pixels=200_000)},
        {"sampling": base.sampling.model_copy(update={"temperature": 1.0})},
        {"prompts": "dataset"},
        {"choice": "exact"},
        {"ngram": "ocr-skip-empty"},
        {"judge": base.judge.model_copy(update={"reasks": 0})},
        {"missing": {}},
        {"version": 2},
    ]
    hashes = {base.model_copy(update=change).hash() for change in changes} | {base.hash()}
    assert len(hashes) == len(changes) + 1


def test_published_hashes_do_not_change_by_accident():
    # A change here makes all stored numbers incomparable: raise the protocol's version with it.
    assert {name: protocol.hash() for name, protocol in PROTOCOLS.items()} == {
        "v1": "07c5ae84034d",
        "paper": "e8dc014cc48b",
        "paper-skip-empty": "eee303e0e6b4",
    }


def test_a_protocol_cannot_be_changed():
    with pytest.raises(ValidationError):
        PROTOCOLS["v1"].ngram = "v2"
    with pytest.raises(ValidationError):
        MediaProfile(fps=0)


def test_an_unknown_protocol_lists_the_known():
    with pytest.raises(UnknownNameError, match="v1, paper, paper-skip-empty"):
        get_protocol("v3")


@pytest.mark.parametrize(
    ("status", "source", "v1", "paper"),
    [
        ("refused", "model", 0.0, None),
        ("malformed", "model", 0.0, None),
        ("malformed", "judge", None, None),
        ("refused", "judge", None, None),
        ("api_error", "model", None, None),
        ("timeout", "model", None, None),
        ("missing", "model", None, None),
        ("api_error", "judge", None, None),
    ],
)
def test_only_a_models_own_silence_may_count(status, source, v1, paper):
    score = Score(status=status, source=source)
    assert get_protocol("v1").counted(score) == v1
    assert get_protocol("paper").counted(score) == paper


def test_an_ok_score_counts_as_it_is():
    assert get_protocol("v1").counted(Score(status="ok", value=0.25)) == 0.25


def test_digests_do_not_depend_on_order_and_take_any_text():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest("\ud800") != digest("\ud801")
