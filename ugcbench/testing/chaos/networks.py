"""What if the network is dropped?"""

from __future__ import annotations

import subprocess
import time

from ugcbench.testing.chaos.trials import Trial

GIVES_UP_SOON = ("--attempts", "2", "--timeout", "0.5")


def drop_for_good(trial: Trial) -> None:
    """Connections are reset and new ones refused until the run ends."""
    process = _begin(trial, *GIVES_UP_SOON)
    for wire in trial.rig.wires:
        wire.cut()
    trial.strike()
    # The judge may not have been reached yet; who never replied ends the run.
    _end_incomplete(trial, process, codes=(3, 4))


def drop_for_a_while(trial: Trial) -> None:
    """The same for a second at most; the run goes on by itself, or is resumed."""
    process = _begin(trial)
    for wire in trial.rig.wires:
        wire.cut()
    trial.strike()
    time.sleep(trial.chance.uniform(0, 1))
    trial.rig.heal()
    trial.end(process)


def reset_connections(trial: Trial) -> None:
    """Up to five times, each connection is reset in the middle of what it carries."""
    process = _begin(trial)
    for _ in range(trial.chance.randint(1, 5)):
        for wire in trial.rig.wires:
            wire.reset()
        trial.strike()
        time.sleep(trial.chance.uniform(0, 0.1))
    trial.end(process)


def swallow_everything(trial: Trial) -> None:
    """Connections stay, but nothing comes through: every request runs into its time limit."""
    process = _begin(trial, *GIVES_UP_SOON)
    for wire in trial.rig.wires:
        wire.hush()
    trial.strike()
    _end_incomplete(trial, process)


def _begin(trial: Trial, *options: str) -> subprocess.Popen[str]:
    process = trial.start(*options)
    trial.wait(process, calls=trial.chance.randint(1, sum(trial.rig.unbroken.asked) - 1))
    return process


def _end_incomplete(
    trial: Trial, process: subprocess.Popen[str], codes: tuple[int, ...] = (4,)
) -> None:
    code, words = trial.end(process)
    trial.expect(code in codes, f"answers are missing, and the exit code is {code}: {words}")
