"""No tracker gets a key that was typed, however the model repeats it."""

from __future__ import annotations

import pytest

from ugcbench.testing import OpenAIServer

KEY = "sk-planted-8c1d0f7a55"
TRACKERS = "tensorboard,wandb,mlflow"


@pytest.mark.usefixtures("mlflow_store")
def test_a_key_on_the_command_line(ugcbench, wandb_offline, tmp_path):
    pytest.importorskip("openai", reason="needs the extra [openai]")
    pytest.importorskip("tensorboard", reason="needs the extra [tensorboard]")
    with OpenAIServer(reply=f"Positive. Your key is {KEY}.") as server:
        done = ugcbench(
            *("run", "--model", "openai/m", "--dataset", "mini", "--tasks", "ugc/tone"),
            *("--limit", "1", "--output", "run", "--option", f"api_key={KEY}"),
            *("--option", f"base_url={server.url}"),
            *("--track", TRACKERS, "--track-samples", "5"),
        )
    assert done.stderr.count("tracked: ") == 3, done.stderr
    (run,) = wandb_offline()
    assert run.config["model"] == "openai/m"
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in written if KEY.encode() in file.read_bytes()] == []
