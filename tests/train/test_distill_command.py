"""`ugcbench distill` from the command line, with a teacher over HTTP that has bad days."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("google.genai", reason="needs the extra [gemini]")
pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench.testing import GeminiServer, OpenAIServer
from ugcbench_train.data.files import read_rows

PLANTED = "AIza-planted-0123456789"
TEACHER = "gemini/gemini-2.5-flash"
COMMAND = [sys.executable, "-m", "ugcbench", "distill"]


def caption_of(call):
    """A caption that depends on what was asked, the clip included, and on nothing else."""
    name = hashlib.sha256(json.dumps(call["messages"], sort_keys=True).encode()).hexdigest()[:8]
    return " ".join(f"{name}{number}" for number in range(60))


class Captions:
    """Another caption at each call: Gemini's server shows no media to who replies."""

    def __init__(self):
        self.count = 0

    def __call__(self, call):
        self.count += 1
        return " ".join(f"caption{self.count}word{number}" for number in range(60))


@pytest.fixture
def clips(tmp_path, mini_clips):
    """Five clips of the mini benchmark, one of them twice."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for path in mini_clips[:5]:
        shutil.copy(path, folder)
    shutil.copy(mini_clips[0], folder / "twin.mp4")
    return folder


@pytest.fixture
def gemini():
    with GeminiServer(reply=Captions(), key=PLANTED) as server:
        yield server


@pytest.fixture
def distill(ugcbench, gemini, clips):
    """Types `ugcbench distill`; nothing but the planted key is in the environment."""

    def call(*more, model=TEACHER):
        arguments = [clips, "--teacher", model, "--output", "out", *more]
        keys = {"GEMINI_API_KEY": PLANTED, "GOOGLE_API_KEY": ""}
        done = ugcbench("distill", *arguments, GOOGLE_GEMINI_BASE_URL=gemini.url, **keys)
        assert "Traceback" not in done.stderr
        return done

    return call


def test_clips_become_rows(distill, gemini, tmp_path):
    done = distill("--write", "official-sft", "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["clips"], report["accepted"]) == (6, 5)
    assert report["rejected"] == {"duplicate_clip": 1}
    assert report["answered"] == {"gemini-2.5-flash": 5}
    assert report["usage"]["input_tokens"] > 1000
    assert "rows: out/rows.jsonl" in done.stderr
    rows = read_rows(tmp_path / "out" / "rows.jsonl").rows
    assert [row.id for row in rows] == [f"mini-0{number}" for number in range(1, 6)]
    told = rows[0].provenance
    assert (told["teacher"], told["answered"]) == (TEACHER, "gemini-2.5-flash")
    assert "tokens counted: AUDIO" in told["sent"]
    assert len(read_rows(tmp_path / "out" / "official-sft.jsonl").rows) == 5
    assert all(len(call.media("video")) == 1 for call in gemini.received)
    kept = "".join(file.read_text() for file in (tmp_path / "out").iterdir())
    assert PLANTED not in kept + done.stdout + done.stderr


def test_bad_days_pass_and_what_fails_is_asked_again(distill, gemini, tmp_path):
    gemini.plan(
        "rate_limit", "server_error", "refusal", "length", "content_filter", "blocked_prompt"
    )
    done = distill("--concurrency", "1", "--attempts", "3")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()
    reasons = {line["id"]: line["reason"] for line in map(json.loads, lines)}
    assert reasons == {
        "twin": "duplicate_clip",
        "mini-01": "refusal",
        "mini-02": "cut_off",
        "mini-03": "content_filter",
        "mini-04": "content_filter",
    }
    assert len(read_rows(tmp_path / "out" / "rows.jsonl").rows) == 1
    before = gemini.calls
    assert distill().returncode == 0
    assert gemini.calls == before


def test_errors_that_stay_are_counted_and_asked_again(distill, gemini, tmp_path):
    gemini.plan(*["server_error"] * 4)
    done = distill("--concurrency", "1", "--attempts", "2", "--limit", "4")
    assert done.returncode == 4
    assert "failed: TransientModelError" in done.stdout
    assert "asked again by typing the same" in done.stderr
    assert len(read_rows(tmp_path / "out" / "rows.jsonl").rows) == 2
    before = gemini.calls
    done = distill("--concurrency", "1", "--attempts", "2", "--limit", "4")
    assert done.returncode == 0, done.stderr
    assert len(read_rows(tmp_path / "out" / "rows.jsonl").rows) == 4
    assert gemini.calls - before == 2


def test_a_clip_that_cannot_be_decoded_is_no_row(distill, clips, tmp_path):
    (clips / "mini-02.mp4").write_bytes((clips / "mini-02.mp4").read_bytes()[:500])
    (clips / "empty.mp4").write_bytes(b"")
    done = distill("--format", "json")
    assert done.returncode == 4
    report = json.loads(done.stdout)
    assert report["accepted"] == 4
    assert sum(report["failed"].values()) == 2
    assert all(reason.startswith("media_") for reason in report["failed"])


def test_another_model_s_captions_are_not_taken_unless_allowed(distill, gemini):
    gemini.served_model = "gemini-9-other"
    done = distill()
    assert done.returncode == 4
    assert "rejected: other_model" in done.stdout
    assert distill("--allow-rerouted").returncode == 0


def test_a_wrong_key_stops_with_one_clear_line(distill, gemini):
    gemini.key = "right"
    done = distill()
    assert done.returncode == 3
    assert "API key not valid" in done.stderr
    assert "type the same again to go on in out" in done.stderr


def test_the_budget_ends_it_with_its_own_exit_code(distill, tmp_path):
    (tmp_path / "prices.toml").write_text(f'["{TEACHER}"]\ninput = 1000\noutput = 0\n')
    money = ["--prices", "prices.toml", "--concurrency", "1"]
    done = distill(*money, "--max-cost", "2")
    assert done.returncode == 5
    assert "type the same again with --max-cost MORE to go on in out" in done.stderr
    paid = len(read_rows(tmp_path / "out" / "rows.jsonl").rows)
    assert 0 < paid < 5
    done = distill(*money, "--max-cost", "100")
    assert done.returncode == 0, done.stderr
    assert "US dollars" in done.stdout


def test_a_dry_run_sends_nothing(distill, gemini, tmp_path):
    done = distill("--dry-run", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["clips"], found["left_out"], found["requests"]) == (6, 1, 5)
    assert gemini.calls == 0
    assert not (tmp_path / "out").exists()
    assert "money" in distill("--dry-run").stdout


def test_what_is_typed_changes_the_question(distill, gemini, tmp_path):
    (tmp_path / "ask.txt").write_text("What is heard?\n")
    words = ["--prompt", "ask.txt", "--temperature", "0.7", "--max-tokens", "2000"]
    assert distill(*words, "--limit", "1").returncode == 0
    assert gemini.received[-1].text == "What is heard?"
    assert gemini.received[-1].config["temperature"] == 0.7
    done = distill("--limit", "1")
    assert done.returncode == 2
    assert "begun with another protocol and sampling" in done.stderr
    (tmp_path / "ask.txt").write_text(" ")
    done = distill("--prompt", "ask.txt")
    assert (done.returncode, "holds no prompt" in done.stderr) == (2, True)


def test_a_folder_in_use_is_not_written_into(distill, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    done = distill()
    assert done.returncode == 2
    assert "in use" in done.stderr


def start(server, clips, folder, concurrency=2):
    options = ["--option", f"base_url={server.url}", "--concurrency", str(concurrency), "--quiet"]
    arguments = [str(clips), "--teacher", "openai/m", "--output", str(folder), *options]
    return subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def answers(folder):
    file = folder / "predictions.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def captions(folder):
    return {row.id: row.caption for row in read_rows(folder / "rows.jsonl").rows}


@pytest.fixture(scope="module")
def all_clips(mini_clips):
    return Path(mini_clips[0]).parent


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, all_clips):
    """What comes of a distillation that nobody stops."""
    folder = tmp_path_factory.mktemp("distilled") / "out"
    with OpenAIServer(reply=caption_of) as server:
        process = start(server, all_clips, folder)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return captions(folder)


@pytest.mark.parametrize("after", [0, 6])
def test_a_killed_distillation_goes_on(tmp_path, all_clips, unbroken, after):
    folder = tmp_path / "out"
    with OpenAIServer(reply=caption_of, latency=0.05) as server:
        process = start(server, all_clips, folder)
        began = folder / ("predictions.jsonl" if after else "lock")
        while not began.exists() or answers(folder) < after:
            assert process.poll() is None
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        answered = answers(folder)
        assert answered < len(unbroken)
        time.sleep(0.2)  # the server is done with what was in flight
        before = server.calls
        again = start(server, all_clips, folder)
        _, err = again.communicate(timeout=60)
        assert again.returncode == 0, err
        assert server.calls - before == len(unbroken) - answered
    assert answers(folder) == len(unbroken)
    assert captions(folder) == unbroken


def test_ctrl_c_writes_the_rows_and_says_how_to_go_on(tmp_path, all_clips):
    with OpenAIServer(reply=caption_of, latency=0.3) as server:
        process = start(server, all_clips, tmp_path / "out")
        while answers(tmp_path / "out") < 3:
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert f"type the same again to go on in {tmp_path / 'out'}" in err
    assert "Traceback" not in err
    assert 3 <= len(captions(tmp_path / "out")) < 12


def test_two_processes_do_not_write_into_one_folder(tmp_path, all_clips):
    with OpenAIServer(reply=caption_of, latency=0.5) as server:
        first = start(server, all_clips, tmp_path / "out")
        while answers(tmp_path / "out") < 1:
            assert first.poll() is None
            time.sleep(0.01)
        second = start(server, all_clips, tmp_path / "out")
        _, err = second.communicate(timeout=30)
        first.kill()
        first.communicate()
    assert second.returncode == 2
    assert "another process is writing" in err
