"""Files that are cut off or damaged are mended, or refused with a word on what to do."""

from __future__ import annotations

import shutil

import pytest

pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench.testing.chaos import FAULTS, Outcome, Rig, undergo
from ugcbench.testing.chaos.answers import answers_in
from ugcbench.testing.chaos.trials import Trial

NAMES = [
    "predictions.jsonl cut off",
    "verdicts.jsonl cut off",
    "records.jsonl cut off",
    "run.json cut off",
    "predictions.jsonl damaged",
    "verdicts.jsonl damaged",
]


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with Rig(tmp_path_factory.mktemp("rig"), clips=6) as rig:
        yield rig


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_or_done_twice(rig, name):
    assert undergo(rig, FAULTS[name]) == Outcome(name, struck=1)


@pytest.fixture
def trial(rig, tmp_path):
    shutil.copytree(rig.unbroken.path, tmp_path / "run")
    return Trial(rig, tmp_path / "run", None, Outcome("by hand"))


def test_an_answer_that_is_asked_again_is_noticed(trial):
    """The checks can fail: here the program is made to forget by a file that is put back late."""
    file = trial.path / "predictions.jsonl"
    whole = file.read_bytes()
    process = trial.start()  # notes what is stored
    file.write_bytes(b"")
    trial.end(process)
    assert trial.outcome.asked_again == trial.rig.unbroken.asked[0]
    file.write_bytes(whole + file.read_bytes())
    outcome = trial.conclude()
    assert outcome.doubled == trial.rig.unbroken.asked[0]
    assert any("answered twice" in problem for problem in outcome.problems)


def test_an_answer_that_goes_is_noticed(trial):
    process = trial.start()
    trial.wait(process)
    process.communicate()
    (trial.path / "verdicts.jsonl").write_bytes(b"")
    trial._compare_answers()
    assert trial.outcome.lost == trial.rig.unbroken.asked[1]
    assert trial.rig.unbroken.answers > answers_in(trial.path)
