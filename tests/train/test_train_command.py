"""What does `ugcbench train` refuse, and in which words, before anything is spent?"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

if not all(map(find_spec, ("openai", "trl", "torchvision", "yaml"))):
    pytest.skip("needs the extras [openai] and [train]", allow_module_level=True)

from ugcbench import Registry
from ugcbench.cli import ugcbench as command
from ugcbench.errors import (
    DatasetError,
    FatalModelError,
    MissingExtraError,
    PreflightError,
    RunError,
    UgcbenchError,
    UsageError,
)
from ugcbench.testing import OpenAIServer
from ugcbench_train.data.files import write_rows
from ugcbench_train.launching import processes
from ugcbench_train.launching.worker import FAILURES, RECIPE, main
from ugcbench_train.recipe_files import bundled_recipes, load_recipe
from ugcbench_train.record import read_record

pytestmark = pytest.mark.usefixtures("one_thread")
RECIPE_TEXT = """
stage: {stage}
path: {path}
output: out
data: {{train: rows.jsonl, test: []}}
tuning: {{gradient_checkpointing: false}}
optimizer: {{batch: 2, accumulation: 1, max_steps: 1, learning_rate: 0.001}}
grpo: {{group: 2, max_caption_tokens: 4}}
rewards: {{judge: openai/judge, attempts: 1, judge_options: {{api_key: secret}}}}
"""


def find_unless_absent(name):
    """What is installed, but not what some machines have and others lack."""
    return None if name in ("deepspeed", "vllm", "wandb") else find_spec(name)


@pytest.fixture(scope="module")
def registry():
    registry = Registry()
    registry.add_commands(command)
    return registry


@pytest.fixture
def place(tmp_path, tiny_omni, caption_rows, monkeypatch):
    """A folder with rows and a recipe of each stage."""
    monkeypatch.chdir(tmp_path)
    write_rows(caption_rows, tmp_path / "rows.jsonl")
    for stage in ("sft", "grpo"):
        text = RECIPE_TEXT.format(stage=stage, path=tiny_omni)
        (tmp_path / f"{stage}.yaml").write_text(text)
    return tmp_path


@pytest.fixture
def train(place, registry):
    """Types `ugcbench train STAGE` in that folder; returns click's result."""

    def run(stage, *arguments, config=None):
        typed = ["train", stage, "--config", config or f"{stage}.yaml", *map(str, arguments)]
        return CliRunner().invoke(command, typed, obj=registry)

    return run


@pytest.fixture
def refuse(train):
    """Types what must be refused with `kind`; returns the message."""

    def run(kind, stage, *settings, **more):
        typed = [part for setting in settings for part in ("--set", setting)]
        result = train(stage, *typed, **more)
        assert isinstance(result.exception, UgcbenchError), result.exception
        assert isinstance(result.exception, kind)
        return str(result.exception)

    return run


def test_recipes_are_listed_and_printed_to_be_changed(registry, tmp_path):
    listed = CliRunner().invoke(command, ["train", "recipes"], obj=registry).stdout
    assert [line.split()[0] for line in listed.splitlines()] == list(bundled_recipes())
    printed = CliRunner().invoke(command, ["train", "recipes", "rl-1k"], obj=registry).stdout
    (tmp_path / "my.yaml").write_text(printed)
    mine, theirs = load_recipe(tmp_path / "my.yaml"), load_recipe("rl-1k")
    assert mine.grpo == theirs.grpo
    assert mine.output == tmp_path / "trainings" / "rl-1k"


def test_a_dry_run_shows_the_plan_and_leaves_nothing(train, place):
    before = sorted(place.iterdir())
    shown = train("grpo", "--dry-run", "--set", "rewards.max_cost=1")
    assert shown.exit_code == 0, shown.exception
    assert "verdicts" in shown.stdout
    plan = json.loads(train("sft", "--dry-run", "--format", "json").stdout)
    assert (plan["stage"], plan["rows"], plan["steps"]) == ("sft", 4, 1)
    assert plan["memory"]["weights"] >= 0
    assert sorted(place.iterdir()) == before


@pytest.mark.parametrize(
    ("stage", "settings", "kind", "words"),
    [
        ("sft", ["sft.max_tokens=1"], UsageError, "sft.max_tokens: there is no such field"),
        ("sft", ["model=signal-baseline"], UsageError, "models that can be: qwen2.5-omni-3b"),
        ("sft", ["path=nowhere"], UsageError, "is no checkpoint: it has no config.json"),
        ("sft", ["media.profile=papr"], UsageError, "media.profile: there is no profile"),
        ("sft", ["data.train=none.jsonl"], DatasetError, "none.jsonl is no file; write rows with"),
        ("sft", ["data.media=nowhere"], DatasetError, "nowhere: no such folder of clips"),
        ("sft", ["backend=swift"], UsageError, "ugcbench train export-swift --config sft.yaml"),
        ("sft", ["data.test=[mini]"], UsageError, "must have no clip in common with mini"),
        ("sft", ["launch={processes: 2, strategy: zero2}"], MissingExtraError, "deepspeed"),
        ("sft", ["logging.to=[wandb]"], MissingExtraError, "pip install wandb"),
        ("grpo", ["optimizer.accumulation=8"], UsageError, "4 rows don't fill one step"),
        ("grpo", ["grpo.rollouts=vllm"], MissingExtraError, "pip install vllm"),
        ("sft", ["evaluation.every=1", "evaluation.dataset=mni"], UsageError, "mni"),
        ("sft", ["evaluation={every: 1, dataset: mini}"], UsageError, "evaluation: "),
        (
            "sft",
            ["evaluation={every: 1, dataset: mini}", "launch={processes: 2, strategy: fsdp}"],
            UsageError,
            "no process has all weights under fsdp",
        ),
    ],
)
def test_what_is_wrong_is_said_before_the_first_step(
    refuse, place, stage, settings, kind, words, monkeypatch
):
    monkeypatch.setattr("importlib.util.find_spec", find_unless_absent)
    assert words in refuse(kind, stage, *settings)
    assert not (place / "out").exists()


def test_the_other_stage_is_named(refuse):
    message = refuse(UsageError, "sft", config="grpo.yaml")
    assert message.endswith("ugcbench train grpo --config grpo.yaml")


def test_bad_rows_are_named_by_their_line(refuse, place):
    with (place / "rows.jsonl").open("a") as file:
        file.write('{"id": "x"}\n')
    assert "rows.jsonl:5: " in refuse(DatasetError, "sft")


def test_clips_that_are_not_here_are_named(refuse, place, caption_rows):
    row = caption_rows[0].model_copy(update={"video": "/gone/away.mp4"})
    write_rows([row, *caption_rows[1:]], place / "rows.jsonl")
    message = refuse(DatasetError, "sft")
    assert "1 of 4 clips are not here" in message
    assert "data.media=FOLDER" in message


def test_a_few_missing_clips_are_counted_and_left_out(train, place, caption_rows):
    row = caption_rows[0].model_copy(update={"video": "/gone/away.mp4"})
    write_rows([row, *caption_rows[1:]], place / "rows.jsonl")
    shown = train("sft", "--dry-run", "--set", "data.max_skipped=0.3")
    assert "1 rows are left out (clip not found: 1)" in shown.stderr
    assert "3 of 3" in shown.stdout


def test_one_judge_for_both_is_warned_of(train):
    both = ["--set", "evaluation={every: 1, dataset: mini, judge: lexical}"]
    shown = train("grpo", "--dry-run", *both, "--set", "rewards.judge=lexical")
    assert "the evaluation's judge is the reward's (lexical)" in shown.stderr
    shown = train("grpo", "--dry-run", *both)
    assert "is the reward's" not in shown.stderr


def test_a_dead_judge_stops_before_the_first_step(refuse, place):
    with OpenAIServer() as server:
        dead = server.url
    message = refuse(FatalModelError, "grpo", f"rewards.judge_options.base_url={dead}")
    assert f"judge: no answer from {dead}" in message
    assert "start the server, or correct its address (base_url)" in message
    assert not (place / "out" / "checkpoints").exists()
    assert "secret" not in (place / "out" / "train.json").read_text()


def test_curves_without_a_login_stop_it_in_words(place, tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb", reason="needs the extra [wandb]")
    from ugcbench_train.stage import _explained

    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    with (
        pytest.raises(RunError, match=r"W&B: .*WANDB_MODE=offline"),
        _explained(load_recipe("sft.yaml")),
    ):
        wandb.init(mode="online")


def test_prompts_that_are_too_long_are_refused_or_counted(refuse, train, place):
    plan = json.loads(train("sft", "--dry-run", "--format", "json").stdout)
    limit = f"media.max_prompt_tokens={plan['tokens']['longest_prompt'] - 30}"
    message = refuse(PreflightError, "sft", limit)
    assert "1 of 4 rows can't be trained on (prompt too long: 1)" in message
    done = train("sft", "--set", limit, "--set", "data.max_skipped=0.5")
    assert done.exit_code == 0, done.exception
    record = read_record(place / "out")
    assert record.skipped == {"prompt too long": 1}
    assert record.finished is not None
    assert Path(record.checkpoint, "config.json").is_file()
    again = refuse(UsageError, "sft", limit)
    assert "is in use (go on with it by --resume)" in again


def test_only_what_changes_no_weight_may_change_on_resuming(train, place, caption_rows):
    assert train("sft").exit_code == 0
    other = train("sft", "--resume", "--set", "optimizer.learning_rate=0.1")
    assert "optimizer.learning_rate was 0.001 and is 0.1" in str(other.exception)
    write_rows(caption_rows[:3], place / "rows.jsonl")
    assert "rows.jsonl changed since" in str(train("sft", "--resume").exception)
    write_rows(caption_rows, place / "rows.jsonl")
    resumed = train("sft", "--resume", "--set", "logging.every=2")
    assert resumed.exit_code == 0, resumed.exception
    assert len(read_record(place / "out").started) == 2


def test_nothing_is_resumed_where_nothing_began(train):
    assert "leave out --resume" in str(train("sft", "--resume").exception)


def test_a_process_says_in_one_line_why_it_failed(place, tmp_path):
    recipe = load_recipe("sft.yaml", ["data.train=gone.jsonl"])
    (tmp_path / RECIPE).write_text(recipe.model_dump_json())
    assert main([str(tmp_path)]) == DatasetError.exit_code
    assert main([str(tmp_path), "--resume"]) == DatasetError.exit_code
    assert len((tmp_path / FAILURES).read_text().splitlines()) == 2
    failure = processes.read_failure(tmp_path)
    assert failure.exit_code == 2
    assert "gone.jsonl: can't be read" in str(failure)
    (tmp_path / FAILURES).unlink()
    assert "was killed or broke" in str(processes.read_failure(tmp_path))


@pytest.mark.parametrize("strategy", ["ddp", "zero2", "zero3", "fsdp"])
def test_accelerate_takes_every_configuration(strategy, monkeypatch):
    from accelerate.commands import launch as accelerate

    parser = accelerate.launch_command_parser()
    file = str(processes.find_configuration(strategy))
    typed = ["--config_file", file, "--num_processes", "8", "--module", processes.WORKER]
    found, _, _ = accelerate._validate_launch_command(parser.parse_args([*typed, "folder"]))
    assert (found.num_processes, found.num_machines) == (8, 1)
    assert found.use_deepspeed == strategy.startswith("zero")
    assert found.use_fsdp == (strategy == "fsdp")
    if found.use_deepspeed:
        assert found.zero_stage == int(strategy[-1])


def test_processes_do_not_share_gpus(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    with pytest.raises(UsageError, match="8 GPUs, of which 1 are here") as raised:
        processes.check_gpus(load_recipe("sft-1k"))
    settings = str(raised.value).partition("--set ")[2].split(" --set ")
    assert load_recipe("sft-1k", settings).rows_per_step == load_recipe("sft-1k").rows_per_step
    processes.check_gpus(load_recipe("sft-1k", settings))
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    processes.check_gpus(load_recipe("sft-1k"))


def test_one_process_is_not_launched():
    assert not processes.needs_launch(load_recipe("sft-1k", ONE))
    assert not processes.needs_launch(load_recipe("sft-1k", [*ONE, "launch.strategy=ddp"]))
    assert processes.needs_launch(load_recipe("sft-1k", [*ONE, "launch.strategy=zero3"]))
    assert processes.needs_launch(load_recipe("sft-1k"))


ONE = ["launch.processes=1", "launch.strategy=single"]
