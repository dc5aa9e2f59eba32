"""Where is a review kept, and how is nothing of it lost or changed?

In one SQLite file whose only table takes lines and never gives them up: triggers forbid changing
and deleting. In WAL mode several processes of one machine use it at once. A line is on the disk
when `append` returns, so that a kill at any moment loses nothing that was acknowledged.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from ugcbench.errors import UgcbenchError, UsageError
from ugcbench_curate.reviewing.events import EVENTS, Entry, Event

APPLICATION = 0x55474352
"""Marks the file as a ledger of this kind (SQLite's application_id)."""

VERSION = 1
PATIENCE = 60.0
"""Seconds to wait while another process writes."""

SCHEMA = """
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
CREATE TABLE ledger (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at     TEXT NOT NULL,
    person TEXT NOT NULL,
    event  TEXT NOT NULL CHECK (json_valid(event)),
    digest TEXT NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER no_change BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: nothing is changed'); END;
CREATE TRIGGER no_deletion BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: nothing is deleted'); END;
CREATE TRIGGER no_replacement BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger WHERE number = NEW.number OR digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: nothing is replaced'); END;
COMMIT;
"""


class LedgerError(UgcbenchError):
    """The file is no ledger of a review, can't be written, or was tampered with."""

    exit_code = 2


class Ledger:
    """The lines of a review; a context manager. Each process and each thread opens its own.

    Raises `UsageError` if there is no such file, `LedgerError` if it is no ledger.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise UsageError(
                f"no ledger at {path}; begin a review with: "
                f"ugcbench data review init ANNOTATIONS --ledger {path}"
            )
        self.path = path
        self._connection = _connect(path)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; everything in it is on the disk already."""
        self._connection.close()

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The lines with a number above `after`, in their order."""
        with _told(self.path):
            rows = self._connection.execute(
                "SELECT number, at, person, event, digest FROM ledger WHERE number > ? "
                "ORDER BY number",
                (after,),
            ).fetchall()
        return (_read(self.path, row) for row in rows)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Let nobody else write meanwhile; what was appended is kept only if no error is raised."""
        with _told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def append(self, person: str, event: Event) -> Entry:
        """Write a line; to be called within `writing`."""
        row = self._connection.execute(
            "SELECT number, digest FROM ledger ORDER BY number DESC LIMIT 1"
        ).fetchone()
        number, before = row or (0, "")
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        body = event.model_dump_json()
        digest = _digest(before, number + 1, at, person, body)
        entry = Entry(number=number + 1, at=at, person=person, event=event, digest=digest)
        self._connection.execute(
            "INSERT INTO ledger (number, at, person, event, digest) VALUES (?, ?, ?, ?, ?)",
            (entry.number, at, person, body, digest),
        )
        return entry

    def verify(self) -> str:
        """The digest of the last line, which stands for all of them.

        Raises `LedgerError` naming the first line that isn't as it was written.
        """
        before, expected = "", 1
        with _told(self.path):
            rows = self._connection.execute(
                "SELECT number, at, person, event, digest FROM ledger ORDER BY number"
            ).fetchall()
        for number, at, person, body, digest in rows:
            if number != expected or digest != _digest(before, number, at, person, body):
                raise LedgerError(
                    f"{self.path}: line {expected} isn't as it was written; "
                    "take the ledger from a backup"
                )
            before, expected = digest, number + 1
        return before


def create_ledger(path: Path) -> Ledger:
    """A new, empty ledger; raises `UsageError` if the file is there already."""
    if path.exists():
        raise UsageError(f"{path} is there already; name another file by --ledger")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _told(path), contextlib.closing(_open(path)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(SCHEMA)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
    return Ledger(path)


def _connect(path: Path) -> sqlite3.Connection:
    with _told(path):
        connection = _open(path)
        try:
            known = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION
            version = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError:
            known, version = False, 0
    if not known or version != VERSION:
        connection.close()
        what = f"a ledger of version {version}, not {VERSION}" if known else "no ledger of a review"
        raise LedgerError(f"{path} is {what}")
    connection.execute("PRAGMA synchronous = FULL")  # a line outlives a power cut too
    return connection


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """SQLite's errors in words that say what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise LedgerError(f"{path}: {error}; mend that and do it again") from error
    except sqlite3.DatabaseError as error:
        raise LedgerError(f"{path}: {error}; take the ledger from a backup") from error


def _digest(before: str, number: int, at: str, person: str, body: str) -> str:
    text = "\n".join((before, str(number), at, person, body))
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path, row: tuple[int, str, str, str, str]) -> Entry:
    number, at, person, body, digest = row
    try:
        event = EVENTS.validate_json(body)
        return Entry(number=number, at=at, person=person, event=event, digest=digest)
    except ValidationError as error:
        raise LedgerError(f"{path}: line {number} can't be read: {error}") from error
