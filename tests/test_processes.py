"""Does a test end, and say why, when a program that it started does not?"""

from __future__ import annotations

import sys

import psutil
import pytest
from processes import Program, run_to_end

ORPHANING = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                         start_new_session=True)
print(child.pid, flush=True)
"""
HANGING = ORPHANING + "def hang():\n    child.wait()\nhang()"


def is_running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("code", [ORPHANING, HANGING], ids=["left by", "kept by"])
def test_what_holds_the_pipes_is_ended(code):
    program = Program([sys.executable, "-c", code])
    child = int(program.stdout.readline())
    assert is_running(child)
    with program, pytest.raises(AssertionError, match="not done after 2 s") as failure:
        program.finish(timeout=2)
    told = str(failure.value)
    assert not is_running(child)
    assert f"SIGABRT {child}: " in told
    assert "Fatal Python error: Aborted" in told
    assert ("in hang" in told) == (code == HANGING)


def test_the_end_is_that_of_the_program():
    done = run_to_end([sys.executable, "-c", "print(1); raise SystemExit('2')"], timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (1, "1\n", "2\n")
