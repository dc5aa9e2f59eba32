"""A whole run on the event test set as a user types it, the judge being a server over HTTP."""

from __future__ import annotations

import json

import pytest
from neighbour_files import EVENTS, sort_events

pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench import Result
from ugcbench.testing import OpenAIServer

TOLD = "A house is on fire.|NOT A siren howls.|A train crosses a meadow.|It goes through a tunnel."
"""Of 12 events two clips' are told: 2 of 2, and 1 of 6 with one wrong."""


@pytest.fixture
def server():
    with OpenAIServer(reply=lambda call: sort_events(call) or TOLD) as server:
        yield server


def test_a_run_with_votes_its_table_and_its_rescoring(ugcbench, server, event_files, tmp_path):
    there = f"base_url={server.url}"
    ask = ("--model", "openai/captioner", "--option", there, "--dataset", event_files)
    judge = ("--judge", "openai/sorter", "--judge-option", there, "--votes", 3)
    done = ugcbench("run", *ask, *judge, "--output", "run", OPENAI_API_KEY="any")
    assert done.returncode == 0, done.stderr
    assert "lower is better: Event error, Missed, Incorrect, Hallucinated" in done.stdout
    values = {n.partition(":")[2]: c.value for n, c in Result.load(tmp_path / "run").cells.items()}
    count = sum(map(len, EVENTS.values()))
    # What is told of the other clips is made up for each clip: 4 of its sentences, 2 and 2.
    expected = {"missed": 4 + 0 + 4, "incorrect": 1, "hallucinated": 4 + 2 + 2}
    expected["total"] = sum(expected.values())
    assert values == pytest.approx({name: n / count for name, n in expected.items()})
    assert server.calls == 3 + 9
    again = ugcbench("score", "run", "--format", "json", OPENAI_API_KEY="any")
    assert server.calls == 3 + 9
    assert {
        cell["name"].partition(":")[2]: cell["value"] for cell in json.loads(again.stdout)["cells"]
    } == values


def test_names_are_listed_and_explained(ugcbench):
    listed = ugcbench("list", "tasks").stdout + ugcbench("list", "datasets").stdout
    for name in ("daily-omni/direct", "daily-omni/caption", "video-salmonn2/events", "qa.json"):
        assert name in listed
    shown = ugcbench("show", "daily-omni/direct").stdout
    assert "Direct: AV event alignment" in shown
    assert "Reply with the letter" in shown
