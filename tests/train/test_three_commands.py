"""Distil, train on the captions, train by rewards, evaluate: from the command line alone."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec

import pytest

if not all(map(find_spec, ("openai", "trl", "torchvision", "xgrammar", "yaml"))):
    pytest.skip("needs the extras [openai] and [train]", allow_module_level=True)

from ugcbench.testing import OpenAIServer

TEACHER, JUDGE = "openai/teacher", "openai/judge"
KEY = "sk-planted-5b1e97c2d4"
PLACES = ("kitchen", "garden", "street")
SHARED = """
path: {path}
output: {output}
data: {{train: captions/rows.jsonl, test: []}}
tuning: {{gradient_checkpointing: false}}
optimizer: {{batch: {batch}, accumulation: 1, max_steps: {steps}, learning_rate: 0.003, warmup: 0}}
saving: {{every: 1}}
"""
SFT = "stage: sft" + SHARED
GRPO = (
    "stage: grpo"
    + SHARED
    + """
grpo: {{group: 2, max_caption_tokens: 6}}
rewards: {{judge: openai/judge, judge_options: {{base_url: "{url}", api_key: {key}}}}}
evaluation: {{every: 2, dataset: mini, subset: 2, judge: lexical}}
"""
)


class Answers:
    """What teacher and judge say: captions for clips, levels for captions."""

    def __init__(self):
        self.asked = {"teacher": 0, "judge": 0}

    def __call__(self, call):
        self.asked[call["model"]] += 1
        if call["model"] == "judge":
            return json.dumps({"level": 3}) if "level" in json.dumps(call) else None
        place = PLACES[self.asked["teacher"] % len(PLACES)]
        return f"A person talks in a {place} while quiet music plays in the background."


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def server(answers):
    with OpenAIServer(reply=answers, keep=0) as server:
        yield server


@pytest.fixture
def call(ugcbench, server):
    """Types a command, which must end well; returns stdout and stderr."""

    def run(*arguments):
        environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.url}
        done = ugcbench(*arguments, OMP_NUM_THREADS="1", **environment)
        assert done.returncode == 0, done.stderr
        assert KEY not in done.stdout + done.stderr
        return done

    return run


def test_a_teachers_captions_become_a_captioner(
    call, server, answers, tiny_omni, mini_clips, tmp_path
):
    (tmp_path / "clips").mkdir()
    for path in mini_clips[:3]:
        shutil.copy(path, tmp_path / "clips")
    call("distill", "clips", "--teacher", TEACHER, "--output", "captions", "--min-words", 5)

    facts = {"url": server.url, "batch": 2, "steps": 2}
    sft = SFT.format(path=tiny_omni, output="sft", **facts)
    (tmp_path / "sft.yaml").write_text(sft)
    two = ("--set", "launch={processes: 2, strategy: ddp}", "--set", "optimizer.batch=1")
    taught = call("train", "sft", "--config", "sft.yaml", *two)
    assert "step 2/2 loss " in taught.stderr
    assert "go on by rewards: ugcbench train grpo" in taught.stderr
    record = json.loads((tmp_path / "sft" / "train.json").read_text())
    assert record["plan"]["steps"] == 2
    assert record["plan"]["rows"] == 3
    assert record["checkpoint"] == str(tmp_path / "sft" / "final")

    grpo = GRPO.format(path="sft/final", output="grpo", key=KEY, **facts)
    (tmp_path / "grpo.yaml").write_text(grpo)
    trained = call("train", "grpo", "--config", "grpo.yaml", "--format", "json")
    final = json.loads(trained.stdout)["checkpoint"]
    record = json.loads((tmp_path / "grpo" / "train.json").read_text())
    assert record["judge"] == JUDGE
    assert set(record["tasks"]) == {"ugc/reward/omni", "ugc/reward/length"}
    # Two steps of two completions, and one question whether the judge is there at all.
    assert 1 <= answers.asked["judge"] <= 5
    rewards = (tmp_path / "grpo" / "completions" / "step-000002.jsonl").read_text().splitlines()
    assert len(rewards) == 2
    watched = json.loads(
        (tmp_path / "grpo" / "evaluations" / "step-2" / "summary.json").read_text()
    )
    assert watched["requests"] == 2
    assert watched["model"] == "grpo-step-2"
    assert any((tmp_path / "grpo" / "tensorboard").iterdir())
    state = tmp_path / "grpo" / "checkpoints" / "checkpoint-2" / "trainer_state.json"
    logged = [line for line in json.loads(state.read_text())["log_history"] if line["step"] == 2]
    names = {name for line in logged for name in line}
    assert {"reward", "evaluation/ugc/caption:average"} <= names

    table = call(
        *("run", "--model", "ugc-videocaptioner-3b", "--option", f"path={final}"),
        *("--dataset", "mini", "--tasks", "ugc/caption", "--limit", 2, "--judge", "lexical"),
        *("--output", "evaluated", "--format", "json"),
    )
    assert json.loads((tmp_path / "evaluated" / "summary.json").read_text())["requests"] == 2
    assert json.loads(table.stdout)

    typed = tmp_path / "grpo.yaml"
    left = (file for file in tmp_path.rglob("*") if file.is_file() and file != typed)
    assert [file for file in left if KEY.encode() in file.read_bytes()] == []
