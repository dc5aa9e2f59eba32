"""A finished run of the mini benchmark, and the command line within this process."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

import ugcbench
from ugcbench import cli

sys.path.insert(0, str(Path(__file__).parent))


@dataclass(frozen=True)
class Typed:
    """What came of a command: its exit code and what it printed."""

    code: int
    out: str
    err: str


def type_in(*arguments):
    """Run the command line here; an exception that gets out of it fails the test."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["ugcbench", *map(str, arguments)]
    with (
        mock.patch.object(sys, "argv", argv),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main()
    return Typed(int(ended.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def command():
    """The function that runs a command."""
    return type_in


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The files of a finished run with a judge, by name."""
    path = tmp_path_factory.mktemp("finished") / "run"
    ugcbench.run(
        model="majority",
        dataset="mini",
        tasks="ugc/tone,ugc/caption",
        judge="lexical",
        limit=3,
        output=path,
    )
    return {file.name: file.read_bytes() for file in path.iterdir() if file.suffix != ""}


@pytest.fixture
def planted(monkeypatch):
    """A key in the environment, which must appear nowhere."""
    key = "sk-planted-8c1d0f7a55"
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, key)
    return key
