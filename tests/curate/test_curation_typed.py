"""What do all commands of curation have in common, as they are typed?"""

from __future__ import annotations

import inspect
import sys

import click
import pytest
from click.testing import CliRunner
from reviewed_clips import annotate, write

from ugcbench.errors import MissingExtraError
from ugcbench_curate.commands import COMMANDS
from ugcbench_curate.extras import require
from ugcbench_curate.reviewing.command import review
from ugcbench_curate.reviewing.events import Rules
from ugcbench_curate.reviewing.intake import begin_review
from ugcbench_curate.reviewing.ledger import LedgerError

EVERY = {f"ugcbench data {command.name}": command for command in COMMANDS} | {
    f"ugcbench data review {name}": command for name, command in review.commands.items()
}


@pytest.mark.parametrize("name", EVERY)
def test_every_help_ends_with_examples_of_the_command_itself(name):
    text = inspect.cleandoc(EVERY[name].help)
    assert "\b\nExamples:\n" in text
    examples = text.partition("Examples:\n")[2].splitlines()
    assert examples[0].startswith(f"  {name}")
    assert all(example.startswith("  ugcbench ") for example in examples)


def test_one_thing_has_one_name():
    options = [
        (name, option.opts[0], option.help)
        for name, command in EVERY.items()
        for option in command.params
        if isinstance(option, click.Option)
    ]
    unexplained = [(name, option) for name, option, text in options if not text]
    assert {option for _, option in unexplained} <= {"--format", "--model"}
    drafts = {(option, text) for _, option, text in options if "nobody confirmed" in (text or "")}
    assert drafts == {("--allow-drafts", "Take what a model said and nobody confirmed.")}
    folders = {option for _, option, text in options if "folder of the clips" in (text or "")}
    assert folders == {"--videos"}


def test_a_missing_extra_is_one_line_that_says_what_to_install():
    require("this", "json")
    with pytest.raises(MissingExtraError) as caught:
        require("this", "json", "no_such_module")
    assert str(caught.value) == "this needs no_such_module: pip install 'ugcbench[curate]'"


NEEDS = {
    ("collect", "."): "imagehash",
    ("doctor", "mini"): "py3langid",
    ("review", "serve", "--reviewer", "r1"): "starlette",
    ("review", "report"): "krippendorff",
}


@pytest.mark.parametrize(("arguments", "module"), NEEDS.items())
def test_each_command_asks_for_its_own(arguments, module, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == module else name)
    group = click.Group("data", {command.name: command for command in COMMANDS})
    done = CliRunner().invoke(group, arguments)
    assert isinstance(done.exception, MissingExtraError)
    assert f"needs {module}: pip install" in str(done.exception)


def test_a_ledger_that_cannot_be_made_is_no_traceback(tmp_path):
    known = write(tmp_path / "known.jsonl", [annotate(0, tmp_path)])
    (tmp_path / "ledger").symlink_to(tmp_path / "nowhere" / "ledger")
    with pytest.raises(LedgerError, match="unable to open"):
        begin_review(known, tmp_path / "ledger", Rules(), "lead")
