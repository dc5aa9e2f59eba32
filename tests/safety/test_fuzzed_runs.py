"""Whatever stands in a run directory: typed errors in the library, one line on the command line."""

from __future__ import annotations

import contextlib
import shutil

import pytest
from damage import damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ugcbench.comparison import compare
from ugcbench.errors import UgcbenchError
from ugcbench.rescoring import rescore
from ugcbench.results import Result
from ugcbench.verification import find_problems

FILES = ("run.json", "predictions.jsonl", "verdicts.jsonl", "records.jsonl", "summary.json")
FORMATS = ("table", "md", "latex", "html", "csv", "json")
READERS = {
    "verify": lambda path, other: find_problems(path),
    "results": lambda path, other: [Result.load(path).table(style) for style in FORMATS],
    "records": lambda path, other: list(Result.load(path).records()),
    "compare": lambda path, other: compare(path, other).table(),
    "score": lambda path, other: rescore(path),
}
bounded = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def folders(tmp_path_factory, finished):
    """Two directories: one to be damaged again and again, and one that is whole."""
    top = tmp_path_factory.mktemp("runs")
    write(top / "whole", finished)
    return top / "bad", top / "whole"


def write(folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def spoil(draw, folder, finished):
    name = draw(st.sampled_from(FILES))
    write(folder, {**finished, name: draw(damaged(finished[name]))})


@pytest.mark.parametrize("reader", READERS)
@bounded
@given(data=st.data())
def test_any_damage_is_a_typed_error_or_none_at_all(reader, data, folders, finished):
    bad, whole = folders
    spoil(data.draw, bad, finished)
    with contextlib.suppress(UgcbenchError):
        READERS[reader](bad, whole)


@pytest.mark.parametrize(
    "arguments",
    [("verify",), ("score",), ("compare", "WHOLE"), ("leaderboard",), ("protocol", "show")],
    ids=lambda arguments: arguments[0],
)
@settings(bounded, max_examples=12)
@given(data=st.data())
def test_a_user_reads_one_line_and_no_traceback(arguments, data, folders, finished, command):
    bad, whole = folders
    spoil(data.draw, bad, finished)
    done = command(*(whole if word == "WHOLE" else word for word in arguments), bad)
    assert "Traceback" not in done.err
    assert "a defect of ugcbench" not in done.err
    assert done.code in (0, 1, 2, 3, 4)
    if done.code in (2, 3):
        assert len([line for line in done.err.splitlines() if line.startswith("error:")]) == 1


@pytest.mark.parametrize("name", FILES)
def test_a_directory_or_nothing_in_place_of_a_file_is_named(name, folders, finished, command):
    bad, _ = folders
    write(bad, finished)
    (bad / name).unlink()
    (bad / name).mkdir()
    done = command("verify", bad)
    assert done.code == 1
    assert name in done.out
