"""Does the mini benchmark run end to end with Gemini as model and judge, from the command line?"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("google.genai", reason="needs the extra [gemini]")

from ugcbench.store import read_records

PLANTED = "AIza-planted-0123456789"


@pytest.fixture
def arguments(gemini):
    """What is typed after `ugcbench`."""
    where = f"base_url={gemini.url}"
    options = ["--option", where, "--option", "inline_limit=0", "--judge-option", where]
    rest = ["--judge", "gemini/j", "--tasks", "all", "--dataset", "mini", "--limit", "2"]
    return ["run", *options, *rest]


def match_objects(call):
    """The one verdict that must fit the sample as well as the schema."""
    if "objects" not in call["generationConfig"].get("responseJsonSchema", {}).get(
        "properties", {}
    ):
        return None
    listing = call["contents"][0]["parts"][0]["text"].partition("<reference>")[2]
    numbers = re.findall(r"^(\d+)\. ", listing.partition("</reference>")[0], re.MULTILINE)
    return json.dumps({"objects": [{"number": int(n), "matched": True} for n in numbers]})


def environment():
    return {"GEMINI_API_KEY": PLANTED, "GOOGLE_API_KEY": "", "GOOGLE_GEMINI_BASE_URL": ""}


def everything_in(folder):
    return "".join(file.read_text() for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("name", ["gemini/x", "gemini-2.5-pro", "gemini-2.5-flash"])
def test_mini_benchmark_runs_end_to_end(gemini, arguments, ugcbench, tmp_path, name):
    gemini.key, gemini.reply = PLANTED, match_objects
    output = ["--output", "run", "--format", "json"]
    done = ugcbench(*arguments, "--model", name, *output, **environment())
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    asked = name.removeprefix("gemini/")
    assert (summary["model_answered"], summary["cells"][0]["coverage"]) == ([asked], 1.0)
    assert {tuple(c["judge_answered"]) for c in summary["cells"] if c["judge"]} == {("j",)}
    assert summary["usage"]["input_tokens"] > 1000
    storage = gemini.storage
    assert len(storage.uploaded) == 2  # one a clip, not one a task
    assert not storage.files
    receipts = [record.prediction.receipt for record in read_records(tmp_path / "run")]
    assert receipts
    assert all("tokens counted: AUDIO" in receipt.sent for receipt in receipts)
    assert PLANTED not in everything_in(tmp_path / "run") + done.stderr + done.stdout


def test_wrong_key_ends_with_one_clear_line(gemini, arguments, ugcbench, tmp_path):
    gemini.key = "right"
    model = ["--model", "gemini/x", "--option", f"api_key={PLANTED}"]
    done = ugcbench(*arguments, *model, "--output", "run", **environment())
    assert done.returncode == 3
    assert "API key not valid" in done.stderr
    assert "GEMINI_API_KEY" in done.stderr
    assert "Traceback" not in done.stderr
    assert PLANTED not in everything_in(tmp_path / "run") + done.stderr


@pytest.mark.parametrize("moment", ["processing", "asking"])
def test_ctrl_c_leaves_no_upload_behind(gemini, arguments, tmp_path, moment):
    if moment == "processing":
        gemini.plan_uploads("never_active", "never_active")
    else:
        gemini.plan(*["hang"] * 20)
    command = [sys.executable, "-m", "ugcbench"]
    arguments += ["--model", "gemini/x"]
    process = subprocess.Popen(
        [*command, *arguments, "--output", str(tmp_path / "run")],
        env={**os.environ, **environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    storage = gemini.storage
    while not (storage.uploaded if moment == "processing" else gemini.received):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert storage.uploaded
    assert not storage.files
