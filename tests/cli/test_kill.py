"""kill -9 in the middle of a run: resuming gives the same bytes and asks nothing twice."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench.testing import OpenAIServer

FRESH = ["--tasks", "all", "--dataset", "mini", "--judge", "lexical", "--concurrency", "4"]


RUN = [sys.executable, "-m", "ugcbench", "run", "--quiet"]


def start(server, path):
    options = ["--model", "openai/m", "--option", f"base_url={server.url}"]
    return [*RUN, *options, *FRESH, "--output", path]


def lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def text_of(request):
    """The answer depends on what was asked and on nothing else."""
    question = json.dumps(request["messages"], sort_keys=True)
    return f"answer to {hashlib.sha256(question.encode()).hexdigest()[:8]}"


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "unbroken"
    with OpenAIServer(reply=text_of, keep=1000) as server:
        subprocess.run(start(server, str(path)), check=True, stdout=subprocess.DEVNULL)
        return (path / "records.jsonl").read_bytes(), server.calls


@pytest.mark.parametrize("after", [1, 20, 55])
def test_a_killed_run_goes_on(tmp_path, unbroken, after):
    records, questions = unbroken
    path = tmp_path / "run"
    with OpenAIServer(reply=text_of, latency=0.05, keep=1000) as server:
        process = subprocess.Popen(start(server, str(path)), stdout=subprocess.DEVNULL)
        while lines(path / "predictions.jsonl") < after:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        answered = lines(path / "predictions.jsonl")
        assert answered < questions
        stored = (path / "predictions.jsonl").read_text()
        time.sleep(0.2)  # the server is done with what was in flight
        before = server.calls
        subprocess.run([*RUN, "--resume", str(path)], check=True, stdout=subprocess.DEVNULL)
        assert server.calls - before == questions - answered
        resumed = list(server.requests)[before:]
        assert not [r for r in resumed if text_of(json.loads(r.body)) in stored]
    assert (path / "records.jsonl").read_bytes() == records
    assert lines(path / "predictions.jsonl") == questions


def test_ctrl_c_stops_cleanly_and_prints_the_command_to_go_on(tmp_path):
    path = tmp_path / "run"
    with OpenAIServer(reply=text_of, latency=0.2, keep=1000) as server:
        process = subprocess.Popen(
            start(server, str(path)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while lines(path / "predictions.jsonl") < 5:
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert f"ugcbench run --resume {path}" in err
    assert "Traceback" not in err


def test_a_wrong_key_stops_before_anything_is_spent(tmp_path, ugcbench):
    with OpenAIServer(key="right") as server:
        options = ["--option", f"base_url={server.url}", "--option", "api_key=sk-wrong-planted"]
        arguments = ["run", "--model", "openai/m", *options, *FRESH, "--output", "run"]
        done = ugcbench(*arguments)
    assert done.returncode == 3
    assert "key" in done.stderr
    assert "ugcbench run --resume run" in done.stderr
    everything = done.stderr + "".join(
        file.read_text() for file in (tmp_path / "run").iterdir() if file.suffix != ""
    )
    assert "sk-wrong-planted" not in everything


def test_the_budget_ends_a_run_with_its_own_exit_code(tmp_path, ugcbench):
    (tmp_path / "prices.toml").write_text('["openai/m"]\ninput = 1000\noutput = 1000\n')
    with OpenAIServer(keep=1000) as server:
        options = ["--option", f"base_url={server.url}", "--prices", "prices.toml"]
        arguments = ["run", "--model", "openai/m", *options, *FRESH, "--output", "run"]
        done = ugcbench(*arguments, "--max-cost", "1")
        assert done.returncode == 5
        assert "ugcbench run --resume run --max-cost MORE" in done.stderr
        spent = server.calls
        assert 0 < spent < 68
        more = ["--max-cost", "1000", "--prices", "prices.toml", "--format", "json"]
        done = ugcbench("run", "--resume", "run", *more)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert server.calls == summary["requests"] == 68
    assert summary["usage"]["cost_usd"] > 1
