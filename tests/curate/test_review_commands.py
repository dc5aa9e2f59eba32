"""`ugcbench data review ...` as it is typed."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pytest
from click.testing import CliRunner
from reviewed_clips import annotate, work, write

from ugcbench.errors import UsageError
from ugcbench_curate.reviewing.command import review as commands
from ugcbench_curate.reviewing.ledger import Ledger, LedgerError
from ugcbench_curate.reviewing.procedure import Desk


@pytest.fixture
def review(tmp_path, monkeypatch):
    """Runs a command in an own folder; returns its result, after the error that was expected."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, error=None):
        done = CliRunner().invoke(commands, arguments)
        if error is None:
            assert done.exception is None, done.output
        else:
            assert isinstance(done.exception, UsageError | LedgerError)
            assert error in str(done.exception)
        return done

    return call


def test_a_review_from_the_command_line(review, tmp_path):
    wrong = [annotate(n, tmp_path, wrong=("audio",) * (n == 0)) for n in range(4)]
    write(tmp_path / "annotations.jsonl", wrong)
    done = review("init", "annotations.jsonl", "--batch-size", "2", "--seed", "1")
    assert "review serve --ledger review.sqlite" in done.stderr
    assert "4 in review" in done.stdout
    with Ledger(tmp_path / "review.sqlite") as ledger:
        for person in ("r1", "r2"):
            work(Desk(ledger), person, 1)
            work(Desk(ledger), person, 2)
    standing = json.loads(review("status", "--format", "json").stdout)
    assert standing["annotations"] == {"accepted": 2, "rejected": 2}
    done = review("returns", "--output", "mend.jsonl")
    assert "clip-000" in done.stdout
    assert "factual inaccuracy" in done.stdout
    review("repair", "mend.jsonl", error="nothing is mended")
    write(tmp_path / "mend.jsonl", [annotate(0, tmp_path)])
    review("returns", "--output", "mend.jsonl", error="mend.jsonl is there already")
    done = review("repair", "mend.jsonl", "--by", "mender")
    assert "2 accepted" in done.stdout
    review("export", "--output", "annotations.jsonl", error="annotations.jsonl is there already")
    done = review("export", "--output", "out/accepted.jsonl")
    assert done.stdout.startswith("2 annotations, 0 with a confirmed error")
    report = review("report").stdout
    assert "r1 and r2" in report
    assert "Krippendorff" in report
    assert json.loads(review("report", "--format", "json").stdout)["events"] == 22
    trail = review("log").stdout
    assert "rejected, 1 of 2 with a confirmed error" in trail
    assert json.loads(review("log", "--format", "json").stdout)[-1]["person"] == "mender"


def test_a_seat_is_freed(review, tmp_path):
    write(tmp_path / "annotations.jsonl", [annotate(0, tmp_path)])
    review("init", "annotations.jsonl")
    with Ledger(tmp_path / "review.sqlite") as ledger:
        Desk(ledger).claim("r1", 1, "reviewer")
    assert "r1 0/1" in review("status").stdout
    review("release", "--batch", "1", "--person", "r1")
    assert "r1" not in review("status").stdout


def test_a_ledger_that_was_tampered_with_is_told(review, tmp_path):
    write(tmp_path / "annotations.jsonl", [annotate(0, tmp_path)])
    review("init", "annotations.jsonl")
    with Ledger(tmp_path / "review.sqlite") as ledger:
        Desk(ledger).claim("r1", 1, "reviewer")
    with contextlib.closing(sqlite3.connect(tmp_path / "review.sqlite")) as connection:
        connection.execute("DROP TRIGGER no_change")
        connection.execute("UPDATE ledger SET person = 'r9' WHERE number = 3")
        connection.commit()
    for command in ("status", "report", "log"):
        review(command, error="line 3 isn't as it was written; take the ledger from a backup")


def test_mistakes_are_told(review, ugcbench, tmp_path):
    review("status", error="no ledger at review.sqlite")
    write(tmp_path / "annotations.jsonl", [annotate(0, tmp_path)])
    review("init", "annotations.jsonl", "--by", "A B", error="is no pseudonym")
    review("init", "annotations.jsonl")
    review("init", "annotations.jsonl", error="is there already")
    review("returns", "--output", "x.jsonl", "--batch", "1", error="batch 1 isn't rejected")
    review("serve", "--reviewer", "a@b.example", error="is no pseudonym")
    done = ugcbench("data", "review", "export", "--output", "x.jsonl")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: no batch is accepted; see how all stand by: ugcbench data review status"
    ]
