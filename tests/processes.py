"""Programs that tests start: one that hangs fails its test, tells where it hung, and is gone.

At its timeout `subprocess.run` kills the program alone. What that had started lives on and holds
the pipes, which are then read for ever.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import psutil

FAMILY = "UGCBENCH_TEST_FAMILY"
"""The environment variable by which a program's processes are known, orphans as well."""

PATIENCE = 10.0
"""Seconds for processes to print their stacks, and for their pipes to close."""


class Program(subprocess.Popen[str]):
    """A program whose output is captured as text."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        self.family = uuid.uuid4().hex
        own = {FAMILY: self.family, "PYTHONFAULTHANDLER": "1"}
        env = {**(os.environ if env is None else env), **own}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        super().__init__(command, env=env, **pipes, **options)

    def finish(self, timeout: float) -> tuple[str, str]:
        """What it says on stdout and stderr, or `AssertionError` after `timeout` seconds."""
        try:
            return self.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            ended = self.end()
            out, err = self.communicate(timeout=PATIENCE)
            said = "\n".join([f"not done after {timeout:g} s:", *ended, out, err])
            raise AssertionError(said) from None
        except BaseException:
            self.end()
            raise

    def end(self) -> list[str]:
        """End all its processes, which print their stacks; returns their command lines."""
        family = [process for process in psutil.process_iter() if self.has(process)]
        lines = []
        for ending in (signal.SIGABRT, signal.SIGKILL):
            for member in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    lines.append(f"{ending.name} {member.pid}: {' '.join(member.cmdline())}")
                    member.send_signal(ending)
            _, family = psutil.wait_procs(family, timeout=PATIENCE)
        return lines

    def has(self, process: psutil.Process) -> bool:
        """Whether a process is one of its own."""
        try:
            return process.environ().get(FAMILY) == self.family
        except psutil.Error:
            return False


def run_to_end(
    command: Sequence[str], *, timeout: float, **options: Any
) -> subprocess.CompletedProcess[str]:
    """`subprocess.run` with captured text, but for what is said above of programs that hang."""
    with Program(command, **options) as program:
        out, err = program.finish(timeout)
    return subprocess.CompletedProcess(command, program.returncode, out, err)
