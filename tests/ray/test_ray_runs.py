"""From the command line, on a Ray of its own: nothing is lost, and no process stays behind."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import run_to_end

pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench.testing import OpenAIServer

MARK = "UGCBENCH_TEST_OF"
RUN = [sys.executable, "-m", "ugcbench", "run", "--quiet"]
FRESH = ["--tasks", "all", "--dataset", "mini", "--judge", "lexical", "--concurrency", "2"]
ON_RAY = ["--executor", "ray", "--workers", "2"]


def text_of(request):
    question = json.dumps(request["messages"], sort_keys=True)
    return f"answer to {hashlib.sha256(question.encode()).hexdigest()[:8]}"


def lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


@pytest.fixture
def server():
    with OpenAIServer(reply=text_of, latency=0.1, keep=1000) as server:
        yield server


@pytest.fixture
def start(tmp_path, server):
    """Begins a run on Ray, in a process group of its own as a shell would."""

    def begin():
        model = ["--model", "openai/m", "--option", f"base_url={server.url}"]
        process = subprocess.Popen(
            [*RUN, *model, *FRESH, *ON_RAY, "--output", str(tmp_path / "run")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, MARK: str(tmp_path)},
            process_group=0,
        )
        while lines(tmp_path / "run" / "predictions.jsonl") < 5:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.01)
        return process

    return begin


def left_of(folder):
    """The command lines of all processes that were started by the run in `folder`, by pid."""
    mark, found = f"{MARK}={folder}".encode(), {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes():
                found[int(process.name)] = (process / "cmdline").read_bytes()
        except OSError:
            continue
    return found


def workers_of(folder):
    return [pid for pid, command in left_of(folder).items() if b"ray::Worker" in command]


def assert_nothing_is_left(folder):
    patience = time.monotonic() + 150  # what Ray's agents look for their dead Ray is a minute
    while left := left_of(folder):
        assert time.monotonic() < patience, left
        time.sleep(0.1)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_ctrl_c_leaves_no_process_even_where_a_worker_died(tmp_path, server, start):
    process = start()
    victim = workers_of(tmp_path)[0]
    os.kill(victim, signal.SIGKILL)
    while victim in workers_of(tmp_path) or lines(tmp_path / "run" / "predictions.jsonl") < 25:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # to all of the terminal's group, as a shell does
    out, err = process.communicate(timeout=180)
    assert process.returncode == 130
    assert out == ""
    assert "a worker died; what it had open goes to others" in err
    assert f"ugcbench run --resume {tmp_path / 'run'}" in err
    assert "Traceback" not in err
    assert_nothing_is_left(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_a_killed_run_leaves_no_process_and_goes_on_without_ray(tmp_path, server, start):
    process = start()
    process.kill()
    process.communicate(timeout=180)
    assert_nothing_is_left(tmp_path)
    resume = [*RUN, "--resume", str(tmp_path / "run")]
    subprocess.run(resume, check=True, stdout=subprocess.DEVNULL)
    model = ["--model", "openai/m", "--option", f"base_url={server.url}"]
    here = [*RUN, *model, *FRESH, "--output", str(tmp_path / "here")]
    subprocess.run(here, check=True, stdout=subprocess.DEVNULL)
    records = [(tmp_path / name / "records.jsonl").read_bytes() for name in ("run", "here")]
    assert records[0] == records[1]
    assert lines(tmp_path / "run" / "predictions.jsonl") == 68


def test_without_ray_there_is_one_clear_line(tmp_path):
    code = "import sys; sys.modules['ray'] = None; from ugcbench.cli import main; main()"
    arguments = ["run", "--model", "blind", *FRESH, *ON_RAY, "--output", str(tmp_path / "run")]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "error: the executor ray needs ray: pip install 'ugcbench[ray]'\n"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--address", "127.0.0.1:1"], "no Ray cluster answers at 127.0.0.1:1 "),
        (["--address", "head"], "head is no address of a cluster: give local, auto or its host:p"),
        (["--executor-option", "cpus_per_worker=two"], "cpus_per_worker and gpus_per_worker are n"),
    ],
)
def test_a_wrong_place_is_told_at_once(tmp_path, given, told):
    command = [*RUN, "--model", "blind", *FRESH, *ON_RAY, *given, "--output", str(tmp_path / "run")]
    done = run_to_end(command, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"error: {told}")


def test_a_port_at_which_no_ray_answers_is_not_waited_for_without_end(tmp_path):
    patience = "import ugcbench_ray.connection as its; its.CONNECTS_WITHIN = 0.3"
    code = f"{patience}; from ugcbench.cli import main; main()"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = ["--address", f"127.0.0.1:{silent.getsockname()[1]}"]
        arguments = [*RUN[3:], "--model", "blind", *FRESH, *ON_RAY, *where]
        command = [sys.executable, "-c", code, *arguments, "--output", str(tmp_path / "run")]
        done = run_to_end(command, timeout=60)
    assert done.returncode == 2
    assert "no answer within 0.3 s" in done.stderr
