"""Do ten thousand records stay a matter of seconds and of little memory?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time

import pytest
from watched_runs import CAPTION, read_index, read_script

from ugcbench_view.details import PER_CHUNK

MANY = 10_000
SECONDS = 20.0
"""Several times what it takes; the machine may be busy."""

INDEX_BYTES = 4_000_000
PEAK = 250_000
"""KiB that the process may ever hold; half of it is measured, and a third is Python's own."""


@pytest.fixture(scope="module")
def many(blind, tmp_path_factory):
    """A run of many captions, with gold of its own and no clips."""
    run = shutil.copytree(blind, tmp_path_factory.mktemp("many") / "run")
    caption = "A woman in a red coat talks to the camera while a train passes behind her. " * 4
    config = json.loads((run / "run.json").read_text())
    config |= {"dataset": "gold.jsonl", "tasks": [CAPTION]}
    (run / "run.json").write_text(json.dumps(config))
    lines = (run / "records.jsonl").read_text().strip().split("\n")
    record = next(found for found in map(json.loads, lines) if found["task"] == CAPTION)
    ids = [f"clip-{number:05}" for number in range(MANY)]
    with (run / "records.jsonl").open("w") as file:
        for name in ids:
            said = {**record["prediction"], "sample_id": name, "text": f"{name}: {caption}"}
            own = {"sample_id": name, "clip": name, "prediction": said}
            file.write(json.dumps({**record, **own}) + "\n")
    with (run / "gold.jsonl").open("w") as file:
        file.writelines(json.dumps({"id": name, "final_caption": caption}) + "\n" for name in ids)
    return run


MEASURING = (
    "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=2); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done.returncode)"
)
"""Runs a command and prints its peak memory. A child of the tests' own process would begin with
theirs, since Linux hands it on."""


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux counts it")
def test_export_takes_seconds_and_little_memory(many, tmp_path):
    typed = [sys.executable, "-m", "ugcbench", "view", many, "--export", tmp_path / "shown"]
    began = time.perf_counter()
    measuring = [sys.executable, "-c", MEASURING, *map(str, typed)]
    done = subprocess.run(measuring, stdout=subprocess.PIPE, check=True)
    assert time.perf_counter() - began < SECONDS
    assert int(done.stdout) < PEAK
    index = read_index(tmp_path / "shown")
    assert len(index.entries.task) == len(index.clips) == MANY
    assert (tmp_path / "shown" / "data" / "index.js").stat().st_size < INDEX_BYTES
    last = tmp_path / "shown" / "data" / "chunk" / f"{MANY // PER_CHUNK}.js"
    chunk = json.loads(read_script(last)[1])
    assert chunk["details"][-1]["sample"] == index.clips[-1] == f"clip-{MANY - 1:05}"
    assert len(chunk["prompts"]) == 1
