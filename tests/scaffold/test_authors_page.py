"""What docs/authors.md tells an author to write and to type works as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ugcbench_scaffold.command import plugin
from ugcbench_scaffold.names import Names
from ugcbench_scaffold.writing import make_files, write_files

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "authors.md").read_text()
FILES = dict(re.findall(r"```python\n# (\S+\.py)\n(.*?)```", PAGE, re.DOTALL))


def test_the_adapter_of_the_page_keeps_its_promises(tmp_path):
    folder = tmp_path / "ugcbench-whale"
    write_files(folder, make_files(Names("whale"), ["model"], "Apache-2.0"))
    assert set(FILES) == {"ugcbench_whale/model.py", "tests/test_model.py"}
    for name, text in FILES.items():
        assert (folder / name).exists()
        (folder / name).write_text(text)
    run(folder, "ruff", "check", "--no-cache", ".")
    run(folder, "ruff", "format", "--no-cache", "--check", ".")
    told = run(folder, "pytest", "-q", "-rs", "-p", "no:cacheprovider")
    assert "13 passed, 1 skipped" in told
    assert "no `silent` was given" in told


def run(folder, *arguments):
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("command", re.findall(r"^ugcbench (plugin new .*?)(?:  |$)", PAGE, re.M))
def test_the_commands_that_begin_a_plugin_are_understood(command):
    new = plugin.commands["new"]
    assert new.make_context("new", command.split()[2:], resilient_parsing=False).params["name"]


def test_the_options_of_the_page_exist():
    new = {option for each in plugin.commands["new"].params for option in each.opts}
    told = re.search(r"^`--kind (\S+)` says.*?`--license", PAGE, re.MULTILINE | re.DOTALL)
    kinds = next(each for each in plugin.commands["new"].params if each.name == "kinds").type
    assert told.group(1).split("|") == list(kinds.choices)
    assert {"--kind", "--license"} <= new
