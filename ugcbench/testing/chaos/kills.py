"""What if the process is killed?

Each fault kills one to three times, and the run is resumed in between. SIGKILL is also what the
kernel sends to a process that uses up the machine's memory.
"""

from __future__ import annotations

import subprocess

from ugcbench.testing.chaos.trials import Trial

MOST = 3


def kill_while_it_starts(trial: Trial) -> None:
    """Before the first request: imports, run.json, files that are opened."""
    for _ in range(trial.chance.randint(1, MOST)):
        process = trial.start()
        trial.wait(process, seconds=trial.chance.uniform(0, trial.rig.unbroken.first_call))
        _kill(trial, process)


def kill_while_it_asks(trial: Trial) -> None:
    """While the model's answers come in."""
    for _ in range(trial.chance.randint(1, MOST)):
        model, _ = trial.left()
        if model:
            _kill_at(trial, trial.chance.randint(1, model))


def kill_while_it_judges(trial: Trial) -> None:
    """While the judge's verdicts come in."""
    for _ in range(trial.chance.randint(1, MOST)):
        model, judge = trial.left()
        if judge:
            _kill_at(trial, model + trial.chance.randint(1, judge))


def kill_while_it_writes(trial: Trial) -> None:
    """After the last verdict: records.jsonl and summary.json, also those of a finished run."""
    unbroken = trial.rig.unbroken
    for _ in range(trial.chance.randint(1, MOST)):
        calls = sum(trial.left())
        delay = 0 if calls else unbroken.first_call
        process = trial.start()
        tail = trial.chance.uniform(0, unbroken.seconds - unbroken.last_call)
        trial.wait(process, calls=calls, seconds=delay + tail)
        _kill(trial, process)


def _kill_at(trial: Trial, calls: int) -> None:
    """Kill when so many requests have come, before or after the last of them is answered."""
    process = trial.start()
    trial.wait(process, calls=calls, seconds=trial.chance.uniform(0, 2 * trial.rig.model.latency))
    _kill(trial, process)


def _kill(trial: Trial, process: subprocess.Popen[str]) -> None:
    """Nothing is counted if it had come to its end before."""
    there = process.poll() is None
    if there:
        process.kill()
        trial.strike()
    trial.end(process, killed=there)
