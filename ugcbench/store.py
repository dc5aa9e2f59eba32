"""Where is everything that a run learned, and how does it survive a kill?

A run directory holds append-only files, each line written with one system call as soon as it is
known, and files that are replaced atomically:

    run.json           frozen configuration      predictions.jsonl  what the model said
    verdicts.jsonl     what the judge said       records.jsonl      the join, in dataset order
    summary.json       the numbers               lock               held while a process writes

A torn last line, the trace of a kill, is repaired when the file is opened again.
"""

from __future__ import annotations

import bisect
import contextlib
import hashlib
import json
import os
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import filelock
from pydantic import BaseModel, ValidationError

from ugcbench.errors import RunCorruptError, RunError, RunLockedError
from ugcbench.types import Prediction, Record, Summary, Verdict

PENDING = 4096
"""How many new keys an index holds in a dict before it packs them into its arrays."""


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
            self.predictions = Log(path / "predictions.jsonl", key_of_prediction)
            self.verdicts = Log(path / "verdicts.jsonl", key_of_verdict)
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

    def prediction(self, task: str, sample_id: str) -> Prediction | None:
        """The last stored prediction for a sample, or None."""
        line = self.predictions.get(prediction_key(task, sample_id))
        return None if line is None else Prediction.model_validate(line)

    def all_predictions(self) -> Iterator[Prediction]:
        """Every stored line of predictions.jsonl, superseded ones too."""
        return map(Prediction.model_validate, read_lines(self.predictions.path))

    def all_verdicts(self) -> Iterator[Verdict]:
        """Every stored verdict."""
        return map(Verdict.model_validate, read_lines(self.verdicts.path))

    @contextlib.contextmanager
    def recording(self) -> Iterator[Callable[[Record], None]]:
        """A function that writes a line of records.jsonl; the file is replaced at the end.

        Seconds and usage stay in predictions.jsonl, so that the same answers give the same bytes.
        """
        partial = self.path / "records.jsonl.partial"
        with partial.open("w", encoding="utf-8") as file:

            def write(record: Record) -> None:
                volatile = {"prediction": {"seconds", "usage"}}
                file.write(record.model_dump_json(exclude=volatile) + "\n")

            yield write
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path / "records.jsonl")

    def write_config(self, config: BaseModel) -> None:
        """Write run.json; called once, before anything is asked."""
        replace_text(self.path / "run.json", config.model_dump_json(indent=2) + "\n")

    def write_summary(self, summary: Summary) -> None:
        """Write summary.json anew; atomic."""
        replace_text(self.path / "summary.json", summary.model_dump_json(indent=2) + "\n")


class Log:
    """An append-only JSONL file that can be looked up by key.

    Memory grows by 16 bytes a line. Of several lines with one key the last one counts.

    Args:
        path: the file; need not exist.
        key_of: the key of a parsed line.
        repair: whether a torn last line is cut off; without it the file is left alone, as it must
            be where another process may be writing, and a torn line is passed over.

    Raises `RunCorruptError` for a broken line that is not the last one.

    """

    def __init__(
        self, path: Path, key_of: Callable[[dict[str, Any]], str], *, repair: bool = True
    ) -> None:
        self.path = path
        self.notices = [notice] if repair and (notice := repair_tail(path)) else []
        self._key_of = key_of
        self._index = OffsetIndex()
        self._size = 0
        for offset, raw in _lines_with_offset(path):
            if not raw.endswith(b"\n"):
                break
            self._index.add(key_of(parse_line(path, offset, raw)), offset)
            self._size = offset + len(raw)
        self._writer: int | None = None
        self._reader: int | None = None

    def __contains__(self, key: str) -> bool:
        return self._index.find(key) is not None

    def append(self, line: BaseModel) -> None:
        """Write one line with one system call."""
        raw = line.model_dump_json().encode() + b"\n"
        if self._writer is None:
            self._writer = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            written = os.write(self._writer, raw)
        except OSError as error:
            raise RunError(f"{self.path}: {error.strerror}; mend that, then --resume") from error
        if written != len(raw):
            os.ftruncate(self._writer, self._size)
            raise RunError(f"{self.path}: the disk is full; free some space, then --resume")
        self._index.add(self._key_of(json.loads(raw)), self._size)
        self._size += len(raw)

    def get(self, key: str) -> dict[str, Any] | None:
        """The last line with `key`, parsed, or None."""
        offset = self._index.find(key)
        if offset is None:
            return None
        if self._reader is None:
            self._reader = os.open(self.path, os.O_RDONLY)
        return parse_line(self.path, offset, _read_line(self._reader, offset))

    def close(self) -> None:
        """Bring what was written to the disk and close the file."""
        if self._writer is not None:
            os.fsync(self._writer)
            os.close(self._writer)
        if self._reader is not None:
            os.close(self._reader)
        self._writer = self._reader = None


class OffsetIndex:
    """A map from key to file offset in 16 bytes an entry: sorted arrays plus a small dict."""

    def __init__(self) -> None:
        self._digests = array("Q")
        self._offsets = array("q")
        self._pending: dict[int, int] = {}

    def add(self, key: str, offset: int) -> None:
        """Set the offset of `key`, replacing an earlier one."""
        self._pending[_digest(key)] = offset
        if len(self._pending) >= PENDING:
            self._pack()

    def find(self, key: str) -> int | None:
        """The offset of `key`, or None."""
        digest = _digest(key)
        if digest in self._pending:
            return self._pending[digest]
        at = bisect.bisect_right(self._digests, digest) - 1
        if at < 0 or self._digests[at] != digest:
            return None
        return self._offsets[at]

    def _pack(self) -> None:
        """Sort what is pending into the arrays; of equal keys the later offset comes last."""
        import numpy as np  # only long files get here

        fresh = array("Q", self._pending.keys()), array("q", self._pending.values())
        digests = np.concatenate(
            [np.frombuffer(part, np.uint64) for part in (self._digests, fresh[0])]
        )
        offsets = np.concatenate(
            [np.frombuffer(part, np.int64) for part in (self._offsets, fresh[1])]
        )
        order = np.lexsort((offsets, digests))
        self._digests = array("Q", digests[order].tobytes())
        self._offsets = array("q", offsets[order].tobytes())
        self._pending.clear()


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


def read_records(path: Path) -> Iterator[Record]:
    """The records of a run directory, one by one; raises `RunError`, `RunCorruptError`."""
    file = path / "records.jsonl"
    if not file.exists():
        raise RunError(f"{path} has no records yet; finish it with: ugcbench run --resume {path}")
    for offset, raw in _lines_with_offset(file):
        try:
            yield Record.model_validate(parse_line(file, offset, raw))
        except ValidationError as error:
            raise RunCorruptError(f"{file}, byte {offset}: {error}") from error


def read_summary(path: Path) -> Summary:
    """The summary of a finished run; raises `RunError`, `RunCorruptError`."""
    file = path / "summary.json"
    try:
        return Summary.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        hint = f"finish it with: ugcbench run --resume {path}" if path.exists() else "no such run"
        raise RunError(f"{path} has no summary; {hint}") from None
    except ValidationError as error:
        raise RunCorruptError(f"{file}: {error}") from error


def read_lines(file: Path) -> Iterator[dict[str, Any]]:
    """The parsed lines of a JSONL file, none if it doesn't exist; raises `RunCorruptError`."""
    return (parse_line(file, offset, raw) for offset, raw in _lines_with_offset(file))


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one and nothing between."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def repair_tail(path: Path) -> str | None:
    """Cut a torn last line off a JSONL file, or end it if only its newline is missing.

    Returns what was done in words, or None.
    """
    if not path.exists() or not (size := path.stat().st_size):
        return None
    with path.open("rb+") as file:
        start = _last_line_start(file, size)
        file.seek(start)
        tail = file.read()
        if tail.endswith(b"\n"):
            return None
        try:
            json.loads(tail)
        except ValueError:
            file.truncate(start)
            return f"{path.name}: a torn last line of {len(tail)} bytes was cut off"
        file.write(b"\n")
        return f"{path.name}: the last line was ended"


def parse_line(path: Path, offset: int, raw: bytes) -> dict[str, Any]:
    """One JSON object; raises `RunCorruptError` naming file and byte."""
    try:
        line = json.loads(raw)
    except ValueError as error:
        raise RunCorruptError(f"{path}, byte {offset}: not JSON ({error})") from error
    if not isinstance(line, dict):
        raise RunCorruptError(f"{path}, byte {offset}: not a JSON object")
    return line


def _last_line_start(file: Any, size: int) -> int:  # noqa: ANN401
    """Where the line begins that the last byte of the file belongs to."""
    end, block = size - 1, 1 << 16
    while end > 0:
        begin = max(0, end - block)
        file.seek(begin)
        at = file.read(end - begin).rfind(b"\n")
        if at >= 0:
            return int(begin + at + 1)
        end = begin
    return 0


def _lines_with_offset(path: Path) -> Iterator[tuple[int, bytes]]:
    if not path.exists():
        return
    offset = 0
    with path.open("rb") as file:
        for raw in file:
            yield offset, raw
            offset += len(raw)


def _read_line(descriptor: int, offset: int) -> bytes:
    parts = []
    while chunk := os.pread(descriptor, 1 << 16, offset):
        head, newline, _ = chunk.partition(b"\n")
        parts.append(head)
        if newline:
            break
        offset += len(chunk)
    return b"".join(parts)


def _digest(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
