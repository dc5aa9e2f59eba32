"""`ugcbench doctor`, as typed."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench.testing import OpenAIServer

PLANTED = "sk-planted-0123456789"


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


def test_the_machine_is_checked_and_keys_are_not_shown(ugcbench, tmp_path):
    done = ugcbench("doctor", OPENAI_API_KEY=PLANTED)
    assert done.returncode == 0, done.stderr
    assert "PyAV" in done.stdout
    assert "OPENAI_API_KEY is set" in done.stdout
    assert PLANTED not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_model_and_a_judge_that_work_exit_with_0(ugcbench, server):
    options = ("--option", f"base_url={server.url}", "--judge", "lexical")
    done = ugcbench("doctor", "--model", "openai/m", *options, "--format", "json")
    assert done.returncode == 0, done.stderr
    checks = {(check["area"], check["name"]): check for check in json.loads(done.stdout)}
    assert checks["model", "sound"]["verdict"] == "reached"
    assert checks["model", "pictures"]["figures"]["tokens_gained"] > 300
    assert checks["judge", "sense"]["status"] == "ok"


def test_a_deaf_server_exits_with_3_and_says_what_to_type(ugcbench, server):
    server.ignored = {"input_audio"}
    done = ugcbench("doctor", "--model", "openai/m", "--option", f"base_url={server.url}")
    assert done.returncode == 3
    assert "did not arrive" in done.stdout
    assert "fix: --option audio=false" in done.stdout
    assert "1 of" in done.stderr


def test_a_server_that_is_not_there_ends_a_run_in_one_line(ugcbench):
    with OpenAIServer() as gone:
        url = gone.url
    asked = ["--model", "openai/m", "--option", f"base_url={url}", "--attempts", "2"]
    done = ugcbench("run", *asked, "--dataset", "mini", "--judge", "lexical", "--quiet")
    assert (done.returncode, done.stdout) == (3, "")
    (said,) = (line for line in done.stderr.splitlines() if "no answer from" in line)
    assert url in said
    assert "start the server" in said


def test_wrong_usage_exits_with_2_at_once(ugcbench):
    done = ugcbench("doctor", "--model", "majority")
    assert (done.returncode, done.stdout) == (2, "")
    assert "gold" in done.stderr
    done = ugcbench("doctor", "--model", "openai/m", "--option", "audoi=false")
    assert done.returncode == 2
    assert "did you mean audio" in done.stderr
