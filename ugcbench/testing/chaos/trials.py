"""How is a run disturbed, and proved whole afterwards?"""

from __future__ import annotations

import contextlib
import random
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ugcbench.testing.chaos.answers import FILES, answers_in, answers_of, count_doubles
from ugcbench.testing.chaos.outcomes import Outcome
from ugcbench.testing.chaos.rigs import LONGEST, Rig

POLL = 0.002


@dataclass
class Trial:
    """One run of a rig, from its first command to the proof that it is whole.

    A fault starts processes, disturbs them, lets each of them `end` and counts how often it struck;
    `conclude` resumes the run with nothing in the way and compares it with the unbroken one.

    Attributes:
        path: the run directory.
        chance: decides when and where; seeded.
        outcome: what was found until now.
        around: what is undone once the run is concluded.

    """

    rig: Rig
    path: Path
    chance: random.Random
    outcome: Outcome
    around: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _stored: frozenset[str] = field(default_factory=frozenset)
    _calls: tuple[int, int] = (0, 0)

    def start(self, *more: str, limit: tuple[str, int] | None = None) -> subprocess.Popen[str]:
        """Begin or resume the run; see `Rig.start`."""
        self._stored = answers_in(self.path)
        self._calls = (self.rig.model.calls, self.rig.judge.calls)
        return self.rig.start(self.path, *more, limit=limit)

    def wait(self, process: subprocess.Popen[str], *, calls: int = 0, seconds: float = 0.0) -> bool:
        """Wait until so many requests came since `start`, and then so many seconds.

        Returns whether the process is still there.
        """
        goal, end = sum(self._calls) + calls, time.monotonic() + LONGEST
        while self.rig.calls < goal and process.poll() is None and time.monotonic() < end:
            time.sleep(POLL)
        end = time.monotonic() + seconds
        while time.monotonic() < end and process.poll() is None:
            time.sleep(POLL)
        return process.poll() is None

    def left(self) -> tuple[int, int]:
        """How many requests to model and judge the run still needs."""
        model, judge = self.rig.unbroken.asked
        done = [len(set(answers_of(self.path / name))) for name in FILES]
        return model - done[0], judge - done[1]

    def strike(self, times: int = 1) -> None:
        """Count what was done."""
        self.outcome.struck += times

    def end(self, process: subprocess.Popen[str], *, killed: bool = False) -> tuple[int, str]:
        """Wait for a process, check what it left, and return its exit code and its words.

        Whoever was not killed must end by itself and, if something went wrong, say how to go on.
        """
        try:
            out, err = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self._complain("it hung")
        code = process.returncode
        if "Traceback" in err:
            self._complain(f"a traceback: {err[-600:]}")
        told = "--resume" in err or "go on" in err
        if code and not killed and not told and (self.path / "run.json").exists():
            self._complain(f"exit code {code} without a word on how to go on: {err[-300:]}")
        self._compare_answers()
        return code, out + err

    def conclude(self) -> Outcome:
        """Resume with nothing in the way, compare, verify; returns the outcome."""
        self.rig.heal()
        self._settle()
        code, words = self.end(self.start())
        if code:
            self._complain(f"the resumed run ends with {code}: {words[-600:]}")
        twice = [n - 1 for n in self.rig.asked_since(self._calls).values() if n > 1]
        self.outcome.asked_again += sum(twice)
        self._compare_records()
        code, words = self.rig.call("verify", str(self.path))
        if code:
            self._complain(f"verify: {words}")
        return self.outcome

    def _settle(self) -> None:
        """Wait until the servers have nothing more under way from a process that is gone."""
        calls = -1
        while calls != self.rig.calls:
            calls = self.rig.calls
            time.sleep(2 * self.rig.model.latency + 0.02)

    def _compare_answers(self) -> None:
        asked = self.rig.asked_since(self._calls)
        self.outcome.asked_again += sum(asked[answer] for answer in self._stored)
        gone = self._stored - answers_in(self.path)
        if gone:
            self.outcome.lost += len(gone)
            self._complain(f"{len(gone)} stored answers are gone")

    def _compare_records(self) -> None:
        file = self.path / "records.jsonl"
        found = file.read_bytes() if file.exists() else b""
        wanted = self.rig.unbroken.records
        if found != wanted:
            absent = Counter(wanted.splitlines()) - Counter(found.splitlines())
            self.outcome.lost += absent.total()
            self._complain(f"the records differ: {absent.total()} of the unbroken run's are absent")
        self.outcome.doubled += count_doubles(self.path)
        missing = self.rig.unbroken.answers - answers_in(self.path)
        if missing:
            self._complain(f"{len(missing)} answers are not on disk")

    def _complain(self, problem: str) -> None:
        self.outcome.problems.append(problem)

    def expect(self, condition: bool, problem: str) -> None:
        """Note `problem` unless `condition` holds."""
        if not condition:
            self._complain(problem)
