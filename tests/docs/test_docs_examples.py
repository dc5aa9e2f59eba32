"""What the pages tell people to type exists: commands, options, Python that compiles."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache

import click
import pytest
from documented_pages import PAGES, ROOT, blocks, prose

from ugcbench.cli import ugcbench
from ugcbench.plugins import Registry

COMMAND = re.compile(r"(?:^|[;&|] )\s*(ugcbench [^;&|\n]+)", re.MULTILINE)
INLINE = re.compile(r"`(ugcbench [^`]+)`")
SHELL = {"sh", "bash", ""}
WRITTEN = [page for page in [*PAGES, ROOT / "README.md"] if page.stem != "commands"]


@cache
def command_line() -> click.Group:
    """The command line with the commands of the installed plugins."""
    Registry().add_commands(ugcbench)
    return ugcbench


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_commands_and_their_options_exist(page):
    assert [typed for typed in typed_on(page) if not exists(typed)] == []


def typed_on(page) -> Iterator[str]:
    """Every call of ugcbench on a page, in blocks and in the text."""
    shell = "\n".join(code for language, code in blocks(page) if language in SHELL)
    joined = re.sub(r"\s*\\\n\s*", " ", shell)
    yield from COMMAND.findall(joined)
    yield from INLINE.findall(re.sub(r"\s+", " ", prose(page)))


def exists(typed: str) -> bool:
    """Whether the command line knows the command and each option that is spelt out."""
    try:
        words = shlex.split(typed.partition(" #")[0])[1:]
    except ValueError:  # a quote that was cut off with the end of a pipe
        words = typed.split()[1:]
    command: click.Command = command_line()
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            if any(isinstance(parameter, click.Argument) for parameter in command.params):
                break
            return words[0].isupper() or not words[0][0].isalnum() or "|" in words[0]
        command = command.commands[words.pop(0)]
    known = {name for parameter in command.params for name in parameter.opts}
    known |= {"--help", "-h", "--version"}
    given = {word.partition("=")[0] for word in words if re.match(r"--\w", word)}
    return given <= known


def test_a_misspelt_command_or_option_would_be_found():
    assert exists("ugcbench run --model NAME ... --judge lexical  # some words")
    assert not exists("ugcbench run --modle NAME")
    assert not exists("ugcbench rum --model NAME")
    assert not exists("ugcbench data fetsh ugc-videocap")


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.stem)
def test_python_compiles(page):
    for language, code in blocks(page):
        if language == "python":
            compile(code, page.name, "exec")
