"""Where is everything that a run learned, and how does it survive a kill?

A run directory holds append-only files, each line written with one system call as soon as it is
known, and files that are replaced atomically:

    run.json           frozen configuration      predictions.jsonl  what the model said
    verdicts.jsonl     what the judge said       records.jsonl      the join, in dataset order
    summary.json       the numbers               lock               held while a process writes

A torn last line, the trace of a kill, is repaired when the file is opened again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import filelock
from pydantic import BaseModel, ValidationError

from ugcbench.compatibility import tell_newer
from ugcbench.complaints import describe
from ugcbench.errors import RunCorruptError, RunError, RunLockedError
from ugcbench.lines import (
    lines_with_offset,
    parse_line,
    read_line,
    repair_tail,
    seal,
    tell_damage,
)
from ugcbench.offsets import OffsetIndex
from ugcbench.types import Prediction, Record, Summary, Verdict

T = TypeVar("T", bound=BaseModel)


class Store:
    """The files of one run; a context manager that holds the run's lock.

    Attributes:
        path: the run directory.
        predictions: `Log` keyed by `prediction_key`.
        verdicts: `Log` keyed by content address.
        notices: what was repaired on opening, in words for the user.

    Raises `RunLockedError` if another process writes to the directory.

    """

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = filelock.FileLock(path / "lock", blocking=False, thread_local=False)
        try:
            self._lock.acquire()
        except filelock.Timeout as error:
            raise RunLockedError(
                f"another process is writing to {path}; wait for it or choose another --output"
            ) from error
        try:
            self.predictions = Log(
                path / "predictions.jsonl",
                key_of_prediction,
                sealed=True,
                marks=has_failed,
                cost_of=cost_of,
            )
            self.verdicts = Log(
                path / "verdicts.jsonl",
                key_of_verdict,
                sealed=True,
                cost_of=lambda line: cost_of(line["prediction"]),
            )
        except BaseException:
            self._lock.release()
            raise
        self.notices = [*self.predictions.notices, *self.verdicts.notices]

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files and release the lock."""
        self.predictions.close()
        self.verdicts.close()
        self._lock.release()

    @property
    def spent(self) -> float:
        """US dollars that all stored answers of model and judge cost, superseded ones too."""
        return self.predictions.cost + self.verdicts.cost

    def has_text(self, task: str, sample_id: str) -> bool:
        """Whether the last stored prediction for a sample is a text; known without reading it."""
        return self.predictions.is_marked(prediction_key(task, sample_id)) is False

    def prediction(self, task: str, sample_id: str) -> Prediction | None:
        """The last stored prediction for a sample, or None."""
        line = self.predictions.get(prediction_key(task, sample_id))
        return None if line is None else validate(Prediction, line, str(self.predictions.path))

    def all_verdicts(self) -> Iterator[Verdict]:
        """Every stored verdict."""
        return read_typed(self.verdicts.path, Verdict)

    @contextlib.contextmanager
    def recording(self) -> Iterator[Callable[[Record], None]]:
        """A function that writes a line of records.jsonl; the file is replaced at the end.

        Seconds and usage stay in predictions.jsonl, so that the same answers give the same bytes.
        """
        volatile = {"prediction": {"seconds", "usage"}}
        with replacing(self.path / "records.jsonl") as write:
            yield lambda record: write(record.model_dump_json(exclude=volatile) + "\n")

    def write_config(self, config: BaseModel) -> None:
        """Write run.json, before anything is asked; atomic."""
        replace_text(self.path / "run.json", config.model_dump_json(indent=2) + "\n")

    def write_summary(self, summary: Summary) -> None:
        """Write summary.json anew; atomic."""
        replace_text(self.path / "summary.json", summary.model_dump_json(indent=2) + "\n")


class Log:
    """An append-only JSONL file that can be looked up by key.

    Memory grows by 16 bytes a line. Of several lines with one key the last one counts. `settled`
    says whether there is any line that is not marked, superseded ones too.

    Args:
        path: the file; need not exist.
        key_of: the key of a parsed line.
        repair: whether a torn last line is cut off; without it the file is left alone, as it must
            be where another process may be writing, and a torn line is passed over.
        sealed: whether new lines get a checksum; one that is there is always looked at.
        marks: which parsed lines are marked in memory.
        cost_of: what a parsed line cost; `cost` is the sum over all lines.

    Raises `RunCorruptError` for a broken line that is not the last one.

    """

    def __init__(
        self,
        path: Path,
        key_of: Callable[[dict[str, Any]], str],
        *,
        repair: bool = True,
        sealed: bool = False,
        marks: Callable[[dict[str, Any]], bool] = lambda _: False,
        cost_of: Callable[[dict[str, Any]], float] = lambda _: 0.0,
    ) -> None:
        self.path = path
        self.cost = 0.0
        self.notices = [notice] if repair and (notice := repair_tail(path)) else []
        self._key_of, self._marks, self._cost_of = key_of, marks, cost_of
        self._seal = seal if sealed else bytes
        self.settled = False
        self._index = OffsetIndex()
        self._size = 0
        for offset, raw in lines_with_offset(path):
            if not raw.endswith(b"\n"):
                break
            self._note(offset, raw)
        self._writer: int | None = None
        self._reader: int | None = None

    def __contains__(self, key: str) -> bool:
        return self._index.find(key) is not None

    def is_marked(self, key: str) -> bool | None:
        """Whether the last line with `key` is marked; None if there is no such line."""
        place = self._index.find(key)
        return None if place is None else bool(place & 1)

    def append(self, line: BaseModel) -> None:
        """Write one line with one system call."""
        raw = self._seal(line.model_dump_json().encode()) + b"\n"
        with _explaining(self.path, "; mend that, then --resume"):
            if self._writer is None:
                self._writer = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            written = os.write(self._writer, raw)
        if written != len(raw):
            os.ftruncate(self._writer, self._size)
            raise RunError(f"{self.path}: the disk is full; free some space, then --resume")
        self._note(self._size, raw)

    def get(self, key: str) -> dict[str, Any] | None:
        """The last line with `key`, parsed, or None."""
        place = self._index.find(key)
        if place is None:
            return None
        offset = place >> 1
        if self._reader is None:
            self._reader = os.open(self.path, os.O_RDONLY)
        return parse_line(self.path, offset, read_line(self._reader, offset))

    def close(self) -> None:
        """Bring what was written to the disk and close the file."""
        if self._writer is not None:
            os.fsync(self._writer)
            os.close(self._writer)
        if self._reader is not None:
            os.close(self._reader)
        self._writer = self._reader = None

    def _note(self, offset: int, raw: bytes) -> None:
        """Take a line of the file into memory's account of it."""
        line = parse_line(self.path, offset, raw)
        try:
            key, marked = self._key_of(line), self._marks(line)
            self.cost += self._cost_of(line)
            self.settled = self.settled or not marked
        except (KeyError, TypeError, AttributeError) as error:
            why = f"{type(error).__name__}: {error}"
            raise RunCorruptError(
                tell_damage(self.path, offset, f"no line of such a file ({why})")
            ) from error
        self._index.add(key, offset << 1 | marked)
        self._size = offset + len(raw)


def read_verdicts(path: Path) -> Log:
    """The verdicts of a run directory, or of a file of them, by content address; left as they are.

    Raises `RunError` where there are none.
    """
    file = path / "verdicts.jsonl" if path.is_dir() else path
    if not file.is_file():
        raise RunError(f"{path} has no verdicts: no verdicts.jsonl is there")
    return Log(file, key_of_verdict, repair=False)


def key_of_verdict(line: dict[str, Any]) -> str:
    """The content address of a parsed line of verdicts.jsonl."""
    return str(line["key"])


def prediction_key(task: str, sample_id: str) -> str:
    """The key of a sample's line in predictions.jsonl."""
    return f"{task}\n{sample_id}"


def key_of_prediction(line: dict[str, Any]) -> str:
    """The key of a parsed line of predictions.jsonl."""
    return prediction_key(line["task"], line["sample_id"])


def has_failed(line: dict[str, Any]) -> bool:
    """Whether a parsed line of predictions.jsonl says why there is no text."""
    return line.get("failure") is not None


def cost_of(line: dict[str, Any]) -> float:
    """What a parsed prediction cost in US dollars; nothing if that is not known."""
    return float(line.get("usage", {}).get("cost_usd") or 0.0)


def read_records(path: Path) -> Iterator[Record]:
    """The records of a run directory, one by one; raises `RunError`, `RunCorruptError`."""
    file = path / "records.jsonl"
    if not file.exists():
        raise RunError(f"{path} has no records yet; finish it with: ugcbench run --resume {path}")
    for offset, raw in lines_with_offset(file):
        try:  # in one step, which takes half the time
            record = Record.model_validate_json(raw)
        except ValidationError:
            record = validate(Record, parse_line(file, offset, raw), f"{file}, byte {offset}")
        yield record


def read_summary(path: Path) -> Summary:
    """The summary of a finished run; raises `RunError`, `RunCorruptError`."""
    file = path / "summary.json"
    try:
        return Summary.model_validate_json(text := file.read_bytes())
    except FileNotFoundError:
        hint = f"finish it with: ugcbench run --resume {path}" if path.exists() else "no such run"
        raise RunError(f"{path} has no summary; {hint}") from None
    except OSError as error:
        raise RunError(f"{file}: {error.strerror}") from None
    except ValidationError as error:
        remedy = tell_newer(text) or f"write it anew by: ugcbench run --resume {path}"
        raise RunCorruptError(f"{file}: {describe(error)}; {remedy}") from error


def read_lines(file: Path) -> Iterator[dict[str, Any]]:
    """The parsed lines of a JSONL file, none if it doesn't exist; raises `RunCorruptError`."""
    return (parse_line(file, offset, raw) for offset, raw in lines_with_offset(file))


def read_typed(file: Path, kind: type[T]) -> Iterator[T]:
    """The lines of a JSONL file as objects; raises `RunCorruptError`."""
    name = str(file)  # once, which is dear for a path
    for offset, raw in lines_with_offset(file):
        yield validate(kind, parse_line(file, offset, raw), f"{name}, byte {offset}")


def validate(kind: type[T], line: dict[str, Any], place: str) -> T:
    """A parsed line as an object; raises `RunCorruptError` that names the `place`."""
    try:
        return kind.model_validate(line)
    except ValidationError as error:
        remedy = "put a whole copy of the file back, or delete that line of it and go on"
        raise RunCorruptError(f"{place}: {describe(error)}; {remedy}") from error


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one and nothing between.

    Raises `RunError` where the system refuses.
    """
    with replacing(path) as write:
        write(text)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Callable[[str], None]]:
    """A function that writes text to a file which takes the place of `path` once all is written.

    Raises `RunError` where the system refuses, and what the caller raises.
    """
    partial = path.with_name(path.name + ".partial")
    with _explaining(path):
        file = partial.open("w", encoding="utf-8")

    def write(text: str) -> None:
        with _explaining(path):
            file.write(text)

    try:
        yield write
        with _explaining(path):
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
    finally:
        with contextlib.suppress(OSError):  # what a full disk didn't take is offered once more
            file.close()


@contextlib.contextmanager
def _explaining(path: Path, remedy: str = "") -> Iterator[None]:
    """Turn what the system refuses into a `RunError` that names the file."""
    try:
        yield
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}{remedy}") from error
