"""A plugin that pip installed adds a model, a task, a dataset, a command and listeners."""

from __future__ import annotations

import json


def test_its_names_are_listed(ugcbench, example_site):
    path = [example_site]
    assert "example/shout" in ugcbench("list", "models", path=path).stdout
    assert "example/loudness" in ugcbench("list", "tasks", path=path).stdout
    plugins = json.loads(ugcbench("list", "plugins", "--format", "json", path=path).stdout)
    mine = next(plugin for plugin in plugins if plugin["name"] == "example")
    assert (mine["distribution"], mine["version"]) == ("ugcbench-example", "1.0")
    assert "example/shout" not in ugcbench("list", "models").stdout


def test_its_task_runs_on_its_dataset_with_its_model(ugcbench, example_site, tmp_path):
    done = ugcbench(
        *("run", "--model", "example/shout", "--tasks", "example/loudness"),
        *("--option", "word=very", "--format", "json", "--output", "run"),
        path=[example_site],
        UGCBENCH_EXAMPLE_LOG=str(tmp_path / "log"),
    )
    assert done.returncode == 0, done.stderr
    (cell,) = json.loads(done.stdout)["cells"]
    assert cell["value"] == 4 / 9
    heard = (tmp_path / "log").read_text().splitlines()
    assert heard[:-1] == [f"record example/loudness clip-{n} {4 / 9}" for n in range(3)]
    assert heard[-1] == f"finished example/shout {4 / 9}"
    config = json.loads((tmp_path / "run" / "run.json").read_text())
    assert config["versions"]["ugcbench-example"] == "1.0"


def test_its_model_answers_our_tasks(ugcbench, example_site):
    arguments = ["run", "--model", "example/shout", "--tasks", "ugc/tone", "--dataset", "mini"]
    done = ugcbench(*arguments, "--option", "word=positive", path=[example_site])
    assert done.returncode == 0, done.stderr


def test_its_command_is_there(ugcbench, example_site):
    assert ugcbench("hello", path=[example_site]).stdout == "hello from the example plugin\n"


def test_a_broken_installed_plugin_is_listed_and_stops_nothing(ugcbench, tmp_path):
    site = tmp_path / "site"
    info = site / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ugcbench]\nbroken = broken_plugin\n")
    (site / "broken_plugin.py").write_text("raise RuntimeError('half installed')\n")
    listed = ugcbench("list", "plugins", path=[site])
    assert "RuntimeError: half installed" in listed.stdout
    assert ugcbench("list", "models", path=[site]).returncode == 0
