"""What is the run that is disturbed, and how is it typed?"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ugcbench.testing.chaos.answers import FILES, answers_in, answers_of
from ugcbench.testing.chaos.wires import Wire
from ugcbench.testing.faults import FaultPlan
from ugcbench.testing.openai_server import OpenAIServer

CONCURRENCY = 4
LONGEST = 120.0
"""Seconds after which a process counts as hanging."""

LIMITED = (
    "import os, resource, sys; most = int(sys.argv[2]); "
    "resource.setrlimit(getattr(resource, sys.argv[1]), (most, most)); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
"""A program that becomes another one under a limit of the kernel's."""


@dataclass(frozen=True, slots=True)
class Unbroken:
    """The run that nothing happens to.

    `records` are the bytes of its records, `answers` what model and judge were asked, `asked` how
    often each of them was, `largest` the bytes of its largest file, `first_call` and `last_call`
    the seconds from its start to the first and the last request, `seconds` to its end.
    """

    path: Path
    records: bytes
    answers: frozenset[str]
    asked: tuple[int, int]
    largest: int
    first_call: float
    last_call: float
    seconds: float


class Rig:
    """A benchmark of so many clips, model and judge behind wires, and the commands that run it.

    Each clip has a text to be read and a caption to be judged: two requests to the model and one to
    the judge. `latency` is the servers', in seconds; `options` go to every `ugcbench run`. Entering
    makes the unbroken run. Raises `RuntimeError` if even that fails.
    """

    def __init__(
        self, folder: Path, *, clips: int = 12, latency: float = 0.02, options: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.options = tuple(options)
        self.dataset = write_dataset(folder / "clips.jsonl", clips)
        self.model = OpenAIServer(reply=reply, latency=latency, keep=100_000)
        self.judge = OpenAIServer(reply=reply, latency=latency, keep=100_000)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            for server in self.servers:
                stack.enter_context(server)
            self.wires = tuple(stack.enter_context(Wire(server.port)) for server in self.servers)
            self.unbroken = self._run_unbroken()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def servers(self) -> tuple[OpenAIServer, OpenAIServer]:
        """The model and the judge."""
        return self.model, self.judge

    @property
    def calls(self) -> int:
        """How many requests reached the servers until now."""
        return self.model.calls + self.judge.calls

    def asked_since(self, calls: tuple[int, int]) -> Counter[str]:
        """How often each question was asked since the servers had that many `calls` each."""
        return Counter(
            digest_of(request.json())
            for server, before in zip(self.servers, calls, strict=True)
            for request in islice(server.requests, before, None)
        )

    def heal(self) -> None:
        """Nothing goes wrong any more: wires are mended, servers answer."""
        for wire in self.wires:
            wire.mend()
        for server in self.servers:
            server.faults = FaultPlan()

    def start(
        self, path: Path, *more: str, limit: tuple[str, int] | None = None
    ) -> subprocess.Popen[str]:
        """Begin the run at `path`, or go on with it if it has begun, in a process of its own.

        `limit` is the name and value of one of the kernel's, such as `RLIMIT_FSIZE`.
        """
        begun = (path / "run.json").exists()
        what = ("--resume", str(path)) if begun else self._what(path)
        given = ("--concurrency", str(CONCURRENCY), *self.options, *more)
        return self._open(("run", "--quiet", *what, *given), limit)

    def call(self, *arguments: str) -> tuple[int, str]:
        """Exit code and all output of another command."""
        process = self._open(arguments)
        out, err = process.communicate(timeout=LONGEST)
        return process.returncode, out + err

    def _what(self, path: Path) -> tuple[str, ...]:
        urls = [f"base_url=http://127.0.0.1:{wire.port}/v1" for wire in self.wires]
        return (
            *("--model", "openai/model", "--option", urls[0]),
            *("--judge", "openai/judge", "--judge-option", urls[1]),
            *("--tasks", "ugc/ocr,ugc/caption", "--dataset", str(self.dataset)),
            *("--protocol", "paper"),  # asks the dataset's own questions, which are all different
            *("--output", str(path)),
        )

    def _open(
        self, arguments: Sequence[str], limit: tuple[str, int] | None = None
    ) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "ugcbench", *arguments]
        own = {"OPENAI_API_KEY": "any"}
        if limit is not None:
            command = [sys.executable, "-c", LIMITED, limit[0], str(limit[1]), *command]
            own["PYTHONDONTWRITEBYTECODE"] = "1"  # or it would leave halves of compiled files
        return subprocess.Popen(  # noqa: S603 - our own command line
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **own},
        )

    def _run_unbroken(self) -> Unbroken:
        path = self.folder / "unbroken"
        times: list[float] = []
        started, calls = time.monotonic(), 0
        process = self.start(path)
        while process.poll() is None:
            if self.calls > calls:
                calls = self.calls
                times.append(time.monotonic() - started)
            time.sleep(0.002)
        seconds = time.monotonic() - started
        _, err = process.communicate()
        if process.returncode or len(answers_in(path)) != self.calls:
            raise RuntimeError(f"the unbroken run failed: {err}")
        return Unbroken(
            path=path,
            records=(path / "records.jsonl").read_bytes(),
            answers=answers_in(path),
            asked=(len(answers_of(path / FILES[0])), len(answers_of(path / FILES[1]))),
            largest=max(file.stat().st_size for file in path.iterdir()),
            first_call=times[0],
            last_call=times[-1],
            seconds=seconds,
        )


def reply(call: Mapping[str, Any]) -> str:
    """The answer depends on what was asked and on nothing else, and says which question it was."""
    digest = digest_of(call)
    if call["model"] == "model":
        return f"answer {digest}"
    grades = [1 + int(sign, 16) % 5 for sign in digest[:3]]
    verdict = dict(zip(("audio", "visual", "details"), grades, strict=True))
    return json.dumps({**verdict, "reason": f"answer {digest}"})


def digest_of(call: Mapping[str, Any]) -> str:
    """What a question is known by: the hash of its messages."""
    return hashlib.sha256(json.dumps(call["messages"]).encode()).hexdigest()[:16]


def write_dataset(path: Path, clips: int) -> Path:
    """Gold without media, so that a run is only what model and judge make of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for number in range(clips):
            said = f"Somebody counts to {number} while it rains."
            row = {
                "id": f"c{number}",
                "media": None,
                "ocr": {
                    "question": f"What is written in clip {number}?",
                    "answer": f"SALE {number}",
                },
                "final_caption": {"question": f"What happens in clip {number}?", "answer": said},
            }
            file.write(json.dumps(row) + "\n")
    return path
