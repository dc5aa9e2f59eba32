"""`ugcbench judge calibrate` from the command line: a real judge, its faults, and the way on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from judged_runs import CLIPS, read_levels, verdict

from ugcbench_judging.calibration import read_calibration

ROOT = Path(__file__).parents[2]
RELEASE = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP") or ROOT.parent / "shared" / "ugc-videocap")
needs_release = pytest.mark.skipif(
    not (RELEASE / "results").is_dir(),
    reason="needs the public release; name it in $UGCBENCH_UGC_VIDEOCAP",
)
PICTURES = ("agreement.png", "agreement.svg", "systems.png", "systems.svg")


def read_fence(text, name):
    """What stands between the last tags of a name."""
    return text.rpartition(f"<{name}>\n")[2].partition(f"\n</{name}>")[0]


def reply(request):
    """A judge that reads: it finds reference and caption in what it is sent."""
    text = request["messages"][-1]["content"]
    return verdict(**read_levels(read_fence(text, "reference"), read_fence(text, "prediction")))


@pytest.fixture
def server():
    pytest.importorskip("openai", reason="needs the extra [openai]")
    from ugcbench.testing import OpenAIServer

    with OpenAIServer(reply=reply, keep=2000) as server:
        yield server


def calibrate(runs, server, *more):
    judge = ("--judge", "openai/some-judge", "--judge-option", f"base_url={server.url}")
    return ("judge", "calibrate", *judge, "--anchor", runs, *more)


def test_the_offline_judge(ugcbench, anchor_runs, tmp_path):
    done = ugcbench("judge", "calibrate", "--judge", "lexical", "--anchor", anchor_runs)
    assert done.returncode == 0, done.stderr
    assert "lexical against fake on ugc/caption: 36 of 36 answers by 3 systems" in done.stdout
    for measure in ("quadratic-weighted kappa", "Kendall's tau", "bias where anchor gave 5"):
        assert measure in done.stdout
    assert "not comparable" in done.stdout
    folder = tmp_path / "calibrations" / "lexical"
    assert {file.name for file in folder.iterdir()} >= {
        *PICTURES,
        *("calibration.json", "pairs.jsonl", "verdicts.jsonl"),
    }
    assert read_calibration(folder).repeats == 2


def test_a_judge_over_http(ugcbench, anchor_runs, server, tmp_path):
    options = ("--size", 18, "--output", "out", "--format", "json", "--concurrency", 4)
    done = ugcbench(*calibrate(anchor_runs, server, *options))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found == json.loads((tmp_path / "out" / "calibration.json").read_text())
    assert found["judge_answered"] == ["some-judge"]
    assert found["dimensions"]["details"]["exact"] == 1.0
    assert [gate["passed"] for gate in found["gates"]] == [True, True]
    assert found["expense"]["verdicts"] == server.calls
    bodies = [request.body.decode() for request in server.requests]
    assert not [body for body in bodies if "id-" in body]
    assert {json.loads(body).get("seed") for body in bodies} == {None, 1}
    before = server.calls
    assert ugcbench(*calibrate(anchor_runs, server, *options)).returncode == 0
    assert server.calls == before


def test_cost_from_a_price_file(ugcbench, anchor_runs, server, tmp_path):
    (tmp_path / "prices.toml").write_text('["openai/some-judge"]\ninput = 1000\noutput = 1000\n')
    priced = ("--prices", "prices.toml", "--concurrency", 1)
    done = ugcbench(*calibrate(anchor_runs, server, *priced, "--max-cost", 0.5))
    assert done.returncode == 5
    assert "type the same again with --max-cost MORE to go on in calibrations/openai" in done.stderr
    done = ugcbench(*calibrate(anchor_runs, server, *priced, "--max-cost", 1000))
    assert done.returncode == 0, done.stderr
    assert "USD for a thousand" in done.stdout


def test_faults_are_counted_beside_the_table(ugcbench, anchor_runs, server):
    server.plan("content_filter", "rate_limit", "server_error", "wrong_schema", "context_length")
    more = ("--size", 12, "--repeats", 1, "--concurrency", 1)
    done = ugcbench(*calibrate(anchor_runs, server, *more))
    assert done.returncode == 0, done.stderr
    assert "no verdict for some of the answers" in done.stdout
    assert "refused 1" in done.stdout
    assert "asked again by typing the same" in done.stdout


def test_a_judge_that_is_not_there(ugcbench, anchor_runs, server):
    server.plan(*["context_length"] * 2000)
    done = ugcbench(*calibrate(anchor_runs, server, "--size", 5))
    assert done.returncode == 1
    assert "gave no verdict on any of 5 answers (api_error 5)" in done.stderr
    assert "type the same again" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_killed_calibration_goes_on(anchor_runs, server, tmp_path):
    server.latency = 0.05
    folder = tmp_path / "out"
    more = ("--output", str(folder), "--concurrency", "4", "--quiet")
    command = [sys.executable, "-m", "ugcbench", *map(str, calibrate(anchor_runs, server, *more))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    file = folder / "verdicts.jsonl"
    while not (file.exists() and file.read_bytes().count(b"\n") >= 20):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with file.open("ab") as end:
        end.write(b'{"key": "torn')
    kept = file.read_bytes().count(b"\n")
    time.sleep(0.2)  # the server is done with what was in flight
    before, server.latency = server.calls, 0.0
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    found = read_calibration(folder)
    assert server.calls - before == found.expense.verdicts - kept
    assert found.statuses == {"ok": 3 * CLIPS}


def test_ctrl_c_says_how_to_go_on(anchor_runs, server, tmp_path):
    server.latency = 0.3
    command = map(str, calibrate(anchor_runs, server, "--output", tmp_path / "out"))
    process = subprocess.Popen(
        [sys.executable, "-m", "ugcbench", *command], stderr=subprocess.PIPE, text=True
    )
    while server.calls < 8:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert f"type the same again to go on in {tmp_path / 'out'}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--judge", "lexicl"], "did you mean lexical"),
        (["--judge", "lexical", "--size", "0"], "0 is not in the range"),
        (["--judge", "lexical", "--size", "many"], "'many' is not a valid integer"),
        (["--judge", "lexical", "--anchor", "nowhere"], "does not exist"),
        (["--judge", "lexical", "--anchor", "."], "no finished run is below it"),
        (["--judge", "lexical", "--task", "ugc/tone"], "no verdicts of ugc/tone"),
        (["--judge", "lexical", "--judge-option", "x=1"], "has no option 'x'"),
        (["--judge", "blind"], "can't be used as a judge"),
    ],
)
def test_errors_say_what_to_type_next(ugcbench, anchor_runs, arguments, message):
    done = ugcbench("judge", "calibrate", "--anchor", anchor_runs, *arguments)
    assert done.returncode in (2, 3)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_extra_is_named_before_anything_is_asked(anchor_runs, server, tmp_path):
    hide = (
        "import importlib.util as u, sys\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'krippendorff' else found(name, *a)\n"
        "sys.argv[0] = 'ugcbench'\n"
        "from ugcbench.cli import main; main()"
    )
    arguments = map(str, calibrate(anchor_runs, server))
    done = subprocess.run(
        [sys.executable, "-c", hide, *arguments], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "needs krippendorff: pip install 'ugcbench[judging]'" in done.stderr
    assert server.calls == 0


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ugcbench", "judge", "calibrate", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "ugcbench_judging" in imported
    assert not imported & {"numpy", "scipy", "sklearn", "matplotlib", "pydantic", "rich"}


@needs_release
def test_the_recorded_verdicts_of_four_systems(ugcbench, tmp_path):
    done = ugcbench("import", "ugc-videocap", RELEASE, "--output", "runs", "--skip-bad")
    assert done.returncode == 0, done.stderr
    began = time.monotonic()
    done = ugcbench(
        *("judge", "calibrate", "--judge", "lexical", "--anchor", "runs"),
        *("--size", "all", "--repeats", 1, "--format", "json"),
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 120
    found = json.loads(done.stdout)
    assert (found["size"], len(found["systems"])) == (3994, 4)
    assert found["anchor"] == "gpt-4o-2024-08-06"
    assert found["statuses"] == {"ok": 3994}
    assert found["dimensions"]["details"]["spearman"] > 0.1
