"""`ugcbench judge list` and `retry`, votes and panels, as typed."""

from __future__ import annotations

import json

import pytest

from ugcbench.testing import OpenAIServer

VERDICT = {"audio": 3, "visual": 3, "details": 3, "reason": ""}
CAPTIONS = ("--dataset", "mini", "--tasks", "ugc/caption", "--model", "blind", "--limit", "3")


def test_judges_are_listed_with_their_ends(ugcbench):
    shown = ugcbench("judge", "list")
    (line,) = [line for line in shown.stdout.splitlines() if "gpt-4o-2024-08-06" in line]
    assert "pinned" in line
    assert "2027-01-14" in line
    rows = {r["name"]: r for r in json.loads(ugcbench("judge", "list", "--format", "json").stdout)}
    assert rows["openai/gpt-4o-2024-08-06"]["source"].startswith("https://")
    assert rows["lexical"]["kind"].startswith("offline")


def test_a_judge_that_ends_soon_is_warned_of_before_it_is_asked(ugcbench, tmp_path):
    with OpenAIServer(reply=lambda _: json.dumps(VERDICT)) as server:
        done = ugcbench(
            *("run", *CAPTIONS, "--judge", "openai/gpt-4o-2024-08-06", "--output", tmp_path / "r"),
            *("--judge-option", f"base_url={server.url}"),
        )
    assert "gpt-4o-2024-08-06 is shut down in" in done.stderr or "was shut down" in done.stderr


def test_a_verdict_that_was_not_given_is_asked_for_by_retry_alone(ugcbench, tmp_path):
    asked = []

    def reply(request):
        asked.append(request)
        first = json.dumps(asked[0]["messages"])[:-4] in json.dumps(request["messages"])
        return "no verdict" if first and len(asked) <= 5 else json.dumps(VERDICT)

    run = tmp_path / "run"
    with OpenAIServer(reply=reply) as server:
        options = ("--judge-option", f"base_url={server.url}", "--concurrency", "1")
        judge = ("--judge", "openai/any", *options, "--output", run)
        assert ugcbench("run", *CAPTIONS, *judge).returncode == 4
        assert len(asked) == 5
        done = ugcbench("judge", "retry", run, *options, "--format", "json")
    assert len(asked) == 6
    cells = json.loads(done.stdout)["cells"]
    assert {cell["n"] for cell in cells} == {3}


def test_a_panel_with_votes_is_estimated_and_run(ugcbench, tmp_path):
    judge = ("--judge", "lexical,openai/any", "--votes", "2")
    with OpenAIServer(reply=lambda _: json.dumps(VERDICT)) as server:
        options = ("--judge-option", f"openai/any:base_url={server.url}")
        estimate = ugcbench("run", *CAPTIONS, *judge, *options, "--estimate")
        assert "requests to the judge  12" in estimate.stdout
        done = ugcbench("run", *CAPTIONS, *judge, *options, "--output", tmp_path / "r")
    assert "lexical,openai/any" in done.stdout
    record = json.loads((tmp_path / "r" / "records.jsonl").read_text().splitlines()[0])
    assert len(record["score"]["verdicts"]) == 4
    assert record["score"]["disagreement"] is not None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--judge", "lexical,lexical"), "twice on the panel"),
        (("--judge", "lexical", "--quorum", "2"), "quorum of 2"),
        (("--judge", "lexical,majority"), "can't be used as a judge"),
    ],
)
def test_a_panel_that_cannot_sit_is_refused(ugcbench, tmp_path, options, why):
    done = ugcbench("run", *CAPTIONS, *options, "--output", tmp_path / "r")
    assert done.returncode == 2
    assert why in done.stderr


def test_a_retired_judges_scores_come_out_again_without_key_or_provider(ugcbench, tmp_path):
    run = tmp_path / "run"
    with OpenAIServer(reply=lambda _: json.dumps(VERDICT), key="secret") as server:
        judge = ("--judge", "openai/gpt-4o-2024-08-06", "--judge-option", f"base_url={server.url}")
        ugcbench("run", *CAPTIONS, *judge, "--output", run, OPENAI_API_KEY="secret")
    before = (run / "records.jsonl").read_bytes(), (run / "summary.json").read_bytes()
    done = ugcbench("score", run, OPENAI_API_KEY="")
    assert done.returncode == 0, done.stderr
    assert before == ((run / "records.jsonl").read_bytes(), (run / "summary.json").read_bytes())


def test_a_missing_verdict_does_need_the_key(ugcbench, tmp_path):
    run = tmp_path / "run"
    with OpenAIServer(reply=lambda _: json.dumps(VERDICT)) as server:
        judge = ("--judge", "openai/any", "--judge-option", f"base_url={server.url}")
        ugcbench("run", *CAPTIONS, *judge, "--output", run)
    other = ("--judge", "openai/other", "--output", tmp_path / "other")
    done = ugcbench("score", run, *other, OPENAI_API_KEY="")
    assert done.returncode == 3
    assert "OPENAI_API_KEY" in done.stderr
