"""What do the directories of finished runs hold, and where is one sample of theirs?"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import filelock

from ugcbench.errors import RunError, RunLockedError, UsageError
from ugcbench.plans import RunConfig, read_config
from ugcbench.store import (
    Log,
    key_of_prediction,
    key_of_verdict,
    prediction_key,
    read_records,
    read_summary,
    validate,
)
from ugcbench.types import Prediction, Record, Summary, Verdict

UNLINKABLE = re.compile(r"[^A-Za-z0-9._-]+")
"""What a run's key is not made of."""


@dataclass(frozen=True)
class RunFiles:
    """A finished run, its lines found by key; no file of it is ever changed.

    `key` is its name in links, unlike that of any other run shown with it.
    """

    path: Path
    key: str
    config: RunConfig
    summary: Summary
    records: Log
    predictions: Log
    verdicts: Log

    @property
    def name(self) -> str:
        """The name of its directory."""
        return self.path.name

    @property
    def recorded(self) -> bool:
        """Whether its answers were imported, so that nobody knows how long they took."""
        return self.config.source == "recorded"

    def record(self, task: str, sample: str) -> Record | None:
        """The record of a sample, if the run has it."""
        line = self.records.get(prediction_key(task, sample))
        return None if line is None else validate(Record, line, str(self.records.path))

    def prediction(self, task: str, sample: str) -> Prediction | None:
        """The answer to a sample with its usage and seconds, which records do not hold."""
        line = self.predictions.get(prediction_key(task, sample))
        return None if line is None else validate(Prediction, line, str(self.predictions.path))

    def verdict(self, address: str) -> Verdict | None:
        """A judge's reply by its address."""
        line = self.verdicts.get(address)
        return None if line is None else validate(Verdict, line, str(self.verdicts.path))

    def close(self) -> None:
        """Close its files."""
        for log in (self.records, self.predictions, self.verdicts):
            log.close()


@contextlib.contextmanager
def opened(paths: Sequence[Path]) -> Iterator[tuple[RunFiles, ...]]:
    """The runs in these directories; raises `UsageError`, `RunError`, `RunCorruptError`."""
    folders = [path.resolve() for path in paths]
    if len(set(folders)) < len(folders):
        raise UsageError("a run was given twice; give each of them once")
    taken: set[str] = set()
    with contextlib.ExitStack() as closing:
        runs = []
        for folder in folders:
            run = _open(folder, _key(folder.name, taken))
            closing.callback(run.close)
            runs.append(run)
        yield tuple(runs)


def _open(path: Path, key: str) -> RunFiles:
    config = read_config(path)
    try:
        next(read_records(path), None)  # tells what to do where there are none yet
        summary = read_summary(path)
    except RunError as error:
        if not _is_being_written(path):
            raise
        raise RunLockedError(f"{path} is still being made; look at it when it is done") from error
    return RunFiles(
        path=path,
        key=key,
        config=config,
        summary=summary,
        records=Log(path / "records.jsonl", key_of_prediction, repair=False),
        predictions=Log(path / "predictions.jsonl", key_of_prediction, repair=False),
        verdicts=Log(path / "verdicts.jsonl", key_of_verdict, repair=False),
    )


def _is_being_written(path: Path) -> bool:
    """Whether another process holds the run's lock."""
    file = path / "lock"
    if not file.exists():
        return False
    try:
        with filelock.FileLock(file, blocking=False):
            return False
    except (filelock.Timeout, OSError):
        return True


def _key(name: str, taken: set[str]) -> str:
    """A name made for links; `name-2`, `name-3`, ... where it is taken."""
    stem = UNLINKABLE.sub("-", name).strip("-.") or "run"
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    taken.add(key)
    return key
