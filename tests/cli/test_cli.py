"""The command line as a user types it: results, errors, exit codes."""

from __future__ import annotations

import json

import click
import pytest

from ugcbench.cli import ugcbench as ugcbench_group
from ugcbench.plugins import Registry

TONE = ["--dataset", "mini", "--tasks", "ugc/tone"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of a floor on the mini benchmark."""
    import subprocess
    import sys

    path = tmp_path_factory.mktemp("runs") / "blind"
    command = [sys.executable, "-m", "ugcbench", "run", "--model", "blind", "--dataset", "mini"]
    subprocess.run([*command, "--judge", "lexical", "--output", str(path)], check=True)
    return path


def test_help_and_version(ugcbench):
    assert "Start with:" in ugcbench("--help").stdout
    assert "Exit codes" in ugcbench("run", "--help").stdout
    assert "ugcbench, version 0." in ugcbench("--version").stdout


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("models", "signal-baseline"),
        ("models", "openai/<model>"),
        ("judges", "lexical"),
        ("tasks", "ugc/voice_source"),
        ("datasets", "mini"),
        ("plugins", "ugcbench_tasks"),
        ("protocols", "paper"),
    ],
)
def test_lists(ugcbench, kind, name):
    assert name in ugcbench("list", kind).stdout
    rows = json.loads(ugcbench("list", kind, "--format", "json").stdout)
    assert name in [row["name"] for row in rows]


def test_floors_do_not_judge_and_the_offline_judge_does_not_watch(ugcbench):
    judges = ugcbench("list", "judges").stdout
    models = ugcbench("list", "models").stdout
    assert "majority" not in judges
    assert "lexical" not in models


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("ugc/caption", "naturally integrates all modalities"),
        ("ugc/objects", "matched"),
        ("ugc/tone", "choice/lenient"),
        ("openai/gpt-x", "ugcbench[openai]"),
        ("mini", "licence: Apache-2.0"),
        ("ugc-videocap@v1", "as published"),
        ("paper", "ocr-keep-empty"),
    ],
)
def test_show(ugcbench, name, part):
    done = ugcbench("show", name)
    assert done.returncode == 0, done.stderr
    assert part in done.stdout
    assert json.loads(ugcbench("show", name, "--format", "json").stdout)


def test_a_run_prints_eight_columns_and_its_path(ugcbench, tmp_path):
    done = ugcbench("run", "--model", "majority", "--dataset", "mini", "--judge", "lexical")
    assert done.returncode == 0, done.stderr
    for column in ("Voice source", "Tone", "OCR", "Background", "Objects", "Caption: audio"):
        assert column in done.stdout
    assert "not comparable" in done.stdout
    (path,) = (tmp_path / "runs").iterdir()
    assert str(path.relative_to(tmp_path)) in done.stdout
    assert ugcbench("verify", path).stdout == f"{path} is whole\n"


@pytest.mark.parametrize(
    ("style", "part"),
    [
        ("md", "| column"),
        ("latex", r"\toprule"),
        ("html", "<table>"),
        ("csv", "column,score,95 % interval"),
        ("table", "╭"),
    ],
)
def test_formats(ugcbench, finished, style, part):
    assert part in ugcbench("score", finished, "--format", style).stdout


def test_json_is_nothing_but_json(ugcbench, finished):
    summary = json.loads(ugcbench("score", finished, "--format", "json").stdout)
    cells = {cell["name"]: cell for cell in summary["cells"]}
    assert len([cell for cell in cells.values() if cell["table"]]) == 8
    assert cells["ugc/caption:audio"]["comparable"] is False
    assert cells["ugc/tone"]["baseline"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run"], 2, "no model given"),
        (["run", "--model", "signal-basline"], 2, "did you mean signal-baseline"),
        (["run", "--model", "openai"], 2, "openai/<model>"),
        (["run", "--model", "lexical"], 2, "can't be used as a model"),
        (["run", "--model", "blind", "--dataset", "mini"], 2, "add --judge NAME"),
        (["run", "--model", "blind", "--tasks", "ugc/tune"], 2, "did you mean ugc/tone"),
        (["run", "--model", "blind", "--dataset", "no.jsonl"], 2, "no such dataset file"),
        (
            ["run", "--model", "blind", "--dataset", "mini", "--protocol", "v9"],
            2,
            "the protocols are: v1, paper, paper-skip-empty",
        ),
        (["run", "--model", "blind", "--tasks", "ugc/tone", "--option", "x"], 2, "name=value"),
        (["run", "--model", "fake", *TONE, "--option", "rply=x"], 2, "reply"),
        (["run", "--model", "blind", "--tasks", "ugc/tone"], 2, "data fetch ugc-videocap"),
        (["run", "--model", "blind", "--dataset", "ugc-videocap@v9.9"], 2, "did you mean v1"),
        (["run", "--model", "blind", "--dataset", "mini@v1"], 2, "its revisions are: none"),
        (["run", "--model", "blind", "--limit", "0"], 2, "0 is not in the range"),
        (["run", "--model", "blind", "--prices", "none.toml"], 2, "does not exist"),
        (["run", "--resume", "."], 2, "it has no run.json"),
        (["show", "ugc/tune"], 2, "did you mean ugc/tone"),
        (["list", "modles"], 2, "is not one of"),
        (["runn"], 2, "No such command"),
        (["score", "nowhere"], 2, "does not exist"),
    ],
)
def test_errors_say_what_to_type_next(ugcbench, arguments, code, message):
    done = ugcbench(*arguments)
    assert message in done.stderr
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_what_cannot_be_written_is_one_line(ugcbench, tmp_path):
    (tmp_path / "taken").write_text("a file")
    done = ugcbench("run", "--model", "majority", *TONE, "--output", "taken/run")
    assert (done.returncode, done.stderr) == (1, "error: taken/run: Not a directory\n")


def test_a_reader_who_leaves_early_sees_no_traceback(tmp_path):
    import subprocess
    import sys

    command = f"{sys.executable} -m ugcbench show ugc/tone | true"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], stderr=subprocess.PIPE, text=True, check=False
    )
    assert done.stderr == ""


def test_what_was_begun_cannot_be_changed_on_resuming(ugcbench, finished):
    done = ugcbench("run", "--resume", finished, "--judge", "lexical")
    assert done.returncode == 2
    assert "--judge is fixed by the run" in done.stderr
    assert ugcbench("run", "--resume", finished).returncode == 0


def test_low_coverage_is_an_exit_code_with_the_command_to_go_on(ugcbench, tmp_path):
    rows = [{"id": "gone", "media": "gone.mp4", "tone": {"answer": "A", "choices": ["A", "B"]}}]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    arguments = ["run", "--model", "signal-baseline", "--tasks", "ugc/tone"]
    arguments += ["--dataset", "own.jsonl", "--output", "r"]
    done = ugcbench(*arguments)
    assert done.returncode == 4, done.stderr
    assert "ugcbench run --resume r" in done.stderr
    assert "ugc/tone: missing 1 (such as: media_missing: " in done.stderr
    assert "media_missing" in (tmp_path / "r" / "records.jsonl").read_text()
    assert ugcbench("run", "--resume", "r", "--min-coverage", "0").returncode == 0


def test_an_estimate_sends_and_leaves_nothing(ugcbench, tmp_path):
    (tmp_path / "prices.toml").write_text('["blind"]\ninput = 2\noutput = 10\n')
    arguments = ["run", "--model", "blind", "--dataset", "mini", "--judge", "lexical", "--estimate"]
    done = ugcbench(*arguments, "--prices", "prices.toml", "--format", "json")
    estimate = json.loads(done.stdout)
    assert estimate["clips"] == 12
    assert estimate["judge_requests"] == 36
    assert estimate["cost_usd"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["prices.toml"]
    assert "no price known" in ugcbench(*arguments).stdout


def test_a_broken_price_file_shows_a_right_one(ugcbench, tmp_path):
    (tmp_path / "prices.toml").write_text("input = ?")
    done = ugcbench("run", "--model", "blind", "--prices", "prices.toml")
    assert done.returncode == 2
    assert "A price file looks like this" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(ugcbench, shell):
    assert "_UGCBENCH_COMPLETE" in ugcbench("completion", shell).stdout


def test_names_are_completed(ugcbench):
    done = ugcbench(
        _UGCBENCH_COMPLETE="bash_complete",
        COMP_WORDS="ugcbench run --tasks ugc/tone,ugc/vo",
        COMP_CWORD="3",
    )
    assert done.stdout.splitlines() == ["plain,ugc/tone,ugc/voice_source"]


def test_no_help_shows_the_marks_of_its_paragraphs():
    def pages(command, name):
        with click.Context(command, info_name=name) as context:
            yield command.get_help(context)
        for child in getattr(command, "commands", {}).values():
            yield from pages(child, child.name)

    group = click.Group(commands=dict(ugcbench_group.commands))
    Registry().add_commands(group)
    helps = list(pages(group, "ugcbench"))
    assert len(helps) > 20
    assert [text for text in helps if "\\b" in text] == []
