"""The tour prints what it says it prints."""

from __future__ import annotations

import contextlib
import io
import re
import shlex

import pytest
from click.testing import CliRunner
from documented_pages import DOCS, blocks

from ugcbench.cli import ugcbench
from ugcbench.plugins import Registry


@pytest.fixture
def command_line():
    registry = Registry()
    registry.add_commands(ugcbench)
    return lambda line: CliRunner().invoke(ugcbench, shlex.split(line)[1:], obj=registry).stdout


def test_the_examples_print_what_stands_below_them(tmp_path, monkeypatch, command_line):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "tour"}
    printed, compared = "", 0
    for language, code in blocks(DOCS / "tour.md"):
        if language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(code, "<docs/tour.md>", "exec"), names)
            printed = out.getvalue()
        elif language == "sh":
            printed = command_line(code)
        elif language == "text":
            assert matches(code, printed), f"this was printed:\n{printed}"
            compared += 1
    assert compared >= 9


def matches(shown: str, printed: str) -> bool:
    """Whether it is the same but for `...` and the width of spaces."""
    parts = [re.escape(" ".join(part.split())) for part in shown.split("...\n")]
    return re.fullmatch(".*".join(parts), " ".join(printed.split())) is not None
