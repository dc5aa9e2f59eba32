"""What if the process gets no more memory?"""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

from ugcbench.testing.chaos.trials import Trial

MOST = 32 << 20
"""Bytes that it may still get."""

PATIENCE = 30.0
"""Seconds after which it is killed."""


def refuse_memory(trial: Trial) -> None:
    """From a random request on the kernel refuses all but some MB more, by RLIMIT_AS.

    Libraries in C may abort then without a word, or hang: the regular expressions of `regex` do
    while they are compiled, OpenBLAS while it starts. It counts as a kill.
    """
    process = trial.start()
    if trial.wait(process, calls=trial.chance.randint(1, sum(trial.rig.unbroken.asked) - 1)):
        most = _address_space(process) + trial.chance.randrange(MOST)
        resource.prlimit(process.pid, resource.RLIMIT_AS, (most, most))
        trial.strike()
        if trial.wait(process, seconds=PATIENCE):
            process.kill()
    trial.end(process, killed=True)


def _address_space(process: subprocess.Popen[str]) -> int:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
