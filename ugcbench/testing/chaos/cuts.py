"""What if a file of the run is cut off, or damaged in the middle?"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from ugcbench.testing.chaos.trials import Trial

LINES = ("predictions.jsonl", "verdicts.jsonl")
"""What was asked for: all else follows from it."""

MOST = 64
"""Bytes that are damaged."""


def cut_off(name: str) -> Callable[[Trial], None]:
    """The fault that a finished run's file `name` ends at a random byte."""

    def act(trial: Trial) -> None:
        file = _copy_of_finished(trial) / name
        whole = file.read_bytes()
        file.write_bytes(whole[: trial.chance.randrange(len(whole))])
        trial.strike()
        if name == "run.json":
            _expect_refusal(trial, file)
            file.write_bytes(whole)
        elif name not in LINES:
            _expect_complaint(trial, file)

    return act


def damage(name: str) -> Callable[[Trial], None]:
    """The fault that up to 64 bytes of a finished run's file `name` are damaged; what the error
    says is then done.

    They become zeros, as after a loss of power; those of predictions and verdicts, which have
    checksums, may also be others, or gone.
    """

    def act(trial: Trial) -> None:
        file = _copy_of_finished(trial) / name
        whole = file.read_bytes()
        file.write_bytes(_damaged(trial, whole, sealed=name in LINES))
        trial.strike()
        if name in LINES:
            _delete_what_is_named(trial, file)
        elif name == "run.json":
            _expect_refusal(trial, file)
            file.write_bytes(whole)
        else:
            _expect_complaint(trial, file)

    return act


def _copy_of_finished(trial: Trial) -> Path:
    shutil.copytree(trial.rig.unbroken.path, trial.path)
    return trial.path


def _damaged(trial: Trial, whole: bytes, *, sealed: bool) -> bytes:
    chance = trial.chance
    begin = chance.randrange(len(whole) - MOST)
    end = begin + chance.randint(1, MOST)
    zeros, others = bytes(end - begin), bytes(255 - byte for byte in whole[begin:end])
    return whole[:begin] + (chance.choice([zeros, others, b""]) if sealed else zeros) + whole[end:]


def _delete_what_is_named(trial: Trial, file: Path) -> None:
    """Delete the lines that the error names, one after the other, as a user would."""
    for _ in range(3):
        before = file.read_bytes()
        code, words = trial.end(trial.start())
        if code == 0:
            break
        trial.expect(file.read_bytes() == before, "a damaged file was written to")
        named = re.search(r"delete line (\d+)", words)
        trial.expect(bool(named) and str(file) in words, f"no line is named: {words}")
        lines = before.splitlines(keepends=True)
        del lines[int(named[1]) - 1 if named else 0]
        file.write_bytes(b"".join(lines))


def _expect_refusal(trial: Trial, file: Path) -> None:
    code, words = trial.end(trial.start())
    trial.expect(code == 2 and str(file) in words, f"{file.name} is damaged, and it says {words}")


def _expect_complaint(trial: Trial, file: Path) -> None:
    """`ugcbench verify` doesn't call it whole, and says what writes it anew."""
    code, words = trial.rig.call("verify", str(trial.path))
    trial.expect(code == 1, f"{file.name} is damaged, and verify says {words}")
    trial.expect("Traceback" not in words, words)
