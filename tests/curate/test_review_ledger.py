"""The ledger gives nothing up: not to writers, not to kills, not to hands that change it."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from reviewed_clips import annotate, write

from ugcbench.errors import UsageError
from ugcbench_curate.reviewing.batches import Review
from ugcbench_curate.reviewing.events import Rules
from ugcbench_curate.reviewing.intake import begin_review
from ugcbench_curate.reviewing.ledger import Ledger, LedgerError, create_ledger
from ugcbench_curate.reviewing.procedure import Desk, ReviewError

MANY = 300
MARKER = """
import sys
from pathlib import Path
from reviewed_clips import FINE
from ugcbench_curate.reviewing.ledger import Ledger
from ugcbench_curate.reviewing.procedure import Desk

ledger, person = Path(sys.argv[1]), sys.argv[2]
with Ledger(ledger) as opened:
    desk = Desk(opened)
    if person not in desk.review().batches[1][-1].seats:
        desk.claim(person, 1, "reviewer")
    revision = desk.review().batches[1][-1]
    print("seated", flush=True)
    sys.stdin.readline()
    for name in revision.annotations:
        if name not in revision.seats[person].marks:
            marks = {"audio": FINE, "visual": FINE, "joint": FINE}
            desk.mark(person, 1, 1, name, marks)
            print(name, flush=True)
"""


@pytest.fixture
def path(tmp_path):
    """A ledger with one batch, of so many that a kill comes long before the end."""
    source = write(tmp_path / "annotations.jsonl", [annotate(n, tmp_path) for n in range(MANY)])
    path = tmp_path / "review.sqlite"
    begin_review(source, path, Rules(batch=MANY), "lead").close()
    return path


def start(path, person):
    """A process in which a person marks one annotation after the other, and says so."""
    process = subprocess.Popen(
        [sys.executable, "-c", MARKER, str(path), person],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent,
    )
    assert process.stdout.readline() == "seated\n"
    return process


def begin(process):
    process.stdin.write("\n")
    process.stdin.flush()


def marked(path, person):
    with Ledger(path) as ledger:
        ledger.verify()
        return set(Review(ledger.entries()).batches[1][0].seats[person].marks)


def test_two_processes_at_once_lose_nothing_and_neither_does_a_kill(path):
    first, second = start(path, "r1"), start(path, "r2")
    begin(first)
    begin(second)
    told = {first.stdout.readline().strip() for _ in range(20)}
    first.send_signal(signal.SIGKILL)
    told |= {line.strip() for line in first.communicate()[0].splitlines()}
    every = {line.strip() for line in second.communicate(timeout=60)[0].splitlines()}
    assert first.returncode == -signal.SIGKILL
    assert second.returncode == 0
    assert len(told) < MANY
    kept = marked(path, "r1")
    assert told <= kept
    assert len(kept - told) <= 1  # one may have been written and not told any more
    assert len(every) == MANY
    assert marked(path, "r2") == every
    again = start(path, "r1")
    begin(again)
    assert len(again.communicate(timeout=60)[0].splitlines()) == MANY - len(kept)
    assert len(marked(path, "r1")) == MANY


def test_of_many_who_want_the_same_seat_only_two_get_it(path):
    people = [f"r{n}" for n in range(5)]
    script = MARKER.replace('print("seated", flush=True)', "sys.exit()")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path), person],
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent,
        )
        for person in people
    ]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert sum("has all its reviewers" in error for error in errors) == 3
    with Ledger(path) as ledger:
        assert len(Review(ledger.entries()).batches[1][0].seats) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET person = 'r9' WHERE number = 1",
        "DELETE FROM ledger",
        "INSERT OR REPLACE INTO ledger VALUES (1, '', 'r9', '{}', 'x')",
        "INSERT OR REPLACE INTO ledger SELECT 9, at, person, event, digest FROM ledger LIMIT 1",
    ],
)
def test_nothing_is_changed_deleted_or_replaced(path, statement):
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        connection.execute(statement)
    connection.close()
    with Ledger(path) as ledger:
        ledger.verify()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET person = 'r9' WHERE number = 1",
        "UPDATE ledger SET at = '2020-01-01' WHERE number = 2",
        "DELETE FROM ledger WHERE number = 1",
    ],
)
def test_who_takes_the_guard_away_leaves_a_trace(path, statement):
    connection = sqlite3.connect(path)
    connection.executescript(f"DROP TRIGGER no_change; DROP TRIGGER no_deletion; {statement};")
    connection.close()
    with Ledger(path) as ledger, pytest.raises(LedgerError, match="isn't as it was written"):
        ledger.verify()


def test_what_is_refused_leaves_no_line(path):
    with Ledger(path) as ledger:
        desk = Desk(ledger)
        before = ledger.verify()
        with pytest.raises(ReviewError, match="there is no batch 7; there are 1 to 1"):
            desk.claim("r1", 7, "reviewer")
        with contextlib.suppress(RuntimeError), ledger.writing():
            ledger.append("r1", desk.opened)
            raise RuntimeError
        assert ledger.verify() == before
        desk.claim("r1", 1, "reviewer")


def test_what_is_no_ledger_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"no ledger at .*review init"):
        Ledger(tmp_path / "none.sqlite")
    text = tmp_path / "text.sqlite"
    text.write_text("not a database at all, however long it may be" * 100)
    with pytest.raises(LedgerError, match="no ledger of a review"):
        Ledger(text)
    other = tmp_path / "other.sqlite"
    sqlite3.connect(other).close()
    with pytest.raises(LedgerError, match="no ledger of a review"):
        Ledger(other)
    with create_ledger(tmp_path / "new.sqlite") as ledger:
        ledger._connection.execute("PRAGMA user_version = 2")
    with pytest.raises(LedgerError, match="a ledger of version 2, not 1"):
        Ledger(tmp_path / "new.sqlite")
    with (
        create_ledger(tmp_path / "empty.sqlite") as ledger,
        pytest.raises(ReviewError, match="is empty"),
    ):
        _ = Desk(ledger).rules
