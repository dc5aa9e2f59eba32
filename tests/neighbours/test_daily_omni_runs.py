"""Whole runs on Daily-Omni, model and judge being servers over HTTP."""

from __future__ import annotations

import pytest
from neighbour_files import answer_from_caption

pytest.importorskip("openai", reason="needs the extra [openai]")

import ugcbench as package
from ugcbench import Result
from ugcbench.rescoring import retry_judge
from ugcbench.testing import OpenAIServer
from ugcbench.verification import find_problems

CAPTION = (
    "A knife: a knife that goes up and down. It is tomato soup. Then a poster on a brick wall."
)
"""Tells what three of the seven questions ask about; as an answer, it names the right choice of
those three.
"""
NAME = "daily-omni/caption"


class Talk:
    """What the server says: a caption, or the choice that a caption tells; `mute` says nothing."""

    def __init__(self):
        self.caption, self.mute = CAPTION, False

    def __call__(self, call):
        answer = answer_from_caption(call)
        if answer is not None and self.mute and "Which dish" in str(call):
            return "I can't say."
        return answer or self.caption


@pytest.fixture
def talk():
    return Talk()


@pytest.fixture
def server(talk, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    with OpenAIServer(reply=talk) as server:
        yield server


@pytest.fixture
def run(daily_omni, server, tmp_path):
    def run(name, **more):
        there = {"base_url": server.url}
        given = {"tasks": NAME, "dataset": daily_omni, "output": tmp_path / name, **more}
        return package.run(
            model="openai/captioner",
            options=there,
            judge="openai/answerer",
            judge_options=there,
            **given,
        )

    return run


def test_both_ways_of_asking_end_in_one_table(ugcbench, server, daily_omni, tmp_path):
    there = f"base_url={server.url}"
    ask = ("--model", "openai/captioner", "--option", there, "--dataset", daily_omni)
    judge = ("--judge", "openai/answerer", "--judge-option", there)
    done = ugcbench("run", *ask, *judge, "--tasks", "all", "--output", "run", "--format", "md")
    assert done.returncode == 0, done.stderr
    cells = Result.load(tmp_path / "run").cells
    assert cells["daily-omni/direct"].statuses == {"malformed": 4, "ok": 3}
    assert cells["daily-omni/direct"].value == pytest.approx(3 / 7)
    assert cells[NAME].value == pytest.approx(3 / 7)
    assert cells[NAME].judge_answered == ("answerer",)
    assert (cells[f"{NAME}:30s"].value, cells[f"{NAME}:60s"].value) == (1.0, 0.0)
    for label in ("Direct", "(Direct: AV event alignment)", "Captioned", "(Captioned: 60s)"):
        assert f"| {label} " in done.stdout
    assert find_problems(tmp_path / "run") == []


def test_errors_are_no_zeros_and_are_asked_again(run, server):
    server.plan(*["server_error"] * 5)
    result = run("run", attempts=1, concurrency=1)
    cell = result.cells[NAME]
    assert cell.statuses == {"api_error": 5, "ok": 2}
    assert (cell.value, cell.n, cell.asked) == (0.0, 2, 7)
    assert result.cells[f"{NAME}:30s"].value is None
    asked = server.calls
    resumed = package.run(resume=result.path)
    assert resumed.cells[NAME].value == pytest.approx(3 / 7)
    assert server.calls == asked + 5 + 5  # captions, and what the judge makes of them


def test_a_judges_failure_is_left_out_and_asked_again(run, server, talk):
    talk.mute = True
    result = run("run")
    assert result.cells[NAME].statuses == {"judge_malformed": 1, "ok": 6}
    assert result.cells[NAME].value == pytest.approx(2 / 6)
    assert result.cells[f"{NAME}:inference"].n == 1
    calls, talk.mute = server.calls, False
    assert retry_judge(result.path).cells[NAME].value == pytest.approx(3 / 7)
    assert server.calls == calls + 1


def test_rescoring_asks_nobody_and_two_runs_are_compared(run, server, talk):
    one = run("one")
    calls, before = server.calls, list(one.records())
    assert list(package.rescore(one.path).records()) == before
    assert server.calls == calls
    talk.caption = "Nothing is known."
    rows = {row.cell: row for row in package.compare(one, run("two")).rows}
    assert rows[NAME].difference == pytest.approx(300 / 7)
    assert rows[NAME].clips == 6
    assert rows[f"{NAME}:30s"].difference == 100
    assert rows[f"{NAME}:60s"].n == 4
