"""Trackers are named on the command line, and none of them can harm a run."""

from __future__ import annotations

import json
import logging
import shlex
import sys

import pytest

import ugcbench
from ugcbench.errors import MissingExtraError, UnknownNameError, UsageError
from ugcbench_tracking.sending import Tracking
from ugcbench_tracking.trackers import open_trackers

QUICK = ("--model", "blind", "--dataset", "mini", "--tasks", "ugc/tone", "--limit", "2")
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def tensorboard():
    return pytest.importorskip("tensorboard", reason="needs the extra [tensorboard]")


def test_a_run_is_told_of_when_it_ends(ugcbench, tmp_path, tensorboard):
    done = ugcbench("run", *QUICK, "--output", "r", "--track", "tensorboard:tb")
    assert done.returncode == 0, done.stderr
    assert "tracked: r is in tensorboard:tb" in done.stderr.splitlines()[-1]
    (folder,) = (tmp_path / "tb").iterdir()
    again = ugcbench("score", "r", "--track", "tensorboard:tb", "--format", "json")
    json.loads(again.stdout)
    assert list((tmp_path / "tb").iterdir()) == [folder]


def test_the_variable_switches_it_on(ugcbench, tmp_path, tensorboard):
    done = ugcbench("run", *QUICK, UGCBENCH_TRACK="tensorboard")
    assert "tracked: " in done.stderr
    assert list((tmp_path / "tensorboard").glob("*/events*"))


def test_a_tracker_that_fails_costs_nothing(ugcbench, tmp_path, mlflow_store, monkeypatch):
    done = ugcbench("run", *QUICK, "--output", "r", "--track", "mlflow", MLFLOW_TRACKING_URI=NOBODY)
    assert done.returncode == 0
    assert (tmp_path / "r" / "summary.json").exists()
    warning = done.stderr.splitlines()[-1]
    assert warning.startswith("warning: mlflow was not told of ")
    typed = shlex.split(warning.partition("again by: ")[2])
    failed = ugcbench(*typed[1:], MLFLOW_TRACKING_URI=NOBODY)
    assert failed.returncode == 1
    assert "1 of 1 did not arrive" in failed.stderr
    assert ugcbench(*typed[1:]).returncode == 0
    assert mlflow_store.get_experiment_by_name("ugcbench") is not None


def test_wrong_names_are_found_before_the_first_request(ugcbench, tmp_path):
    done = ugcbench("run", *QUICK, "--output", "r", "--track", "tensorbord")
    assert done.returncode == 2
    assert "did you mean tensorboard?" in done.stderr
    assert not (tmp_path / "r").exists()


def test_without_the_option_nothing_is_told(ugcbench, tmp_path):
    done = ugcbench("run", *QUICK, "--output", "r")
    assert "tracked" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"home", "r"}


def test_several_runs_and_trackers(ugcbench, finished, tmp_path, tensorboard):
    done = ugcbench("track", finished, "--to", "tensorboard:a,tensorboard:b", "--samples", "2")
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("[ab]/*/events*"))) == 2


@pytest.mark.parametrize(
    ("typed", "error", "words"),
    [
        ("", UsageError, "say which: tensorboard, wandb, mlflow"),
        ("neptune", UnknownNameError, "known are: tensorboard, wandb, mlflow"),
    ],
)
def test_what_is_typed_wrongly_is_told(typed, error, words):
    with pytest.raises(error, match=words):
        open_trackers(typed)


def test_a_client_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "ugcbench_tracking.mlflow_runs", raising=False)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ugcbench\[mlflow\]'"):
        open_trackers("mlflow")


def test_wandb_without_a_key_is_refused_at_once(ugcbench, tmp_path):
    pytest.importorskip("wandb", reason="needs the extra [wandb]")
    alone = {"WANDB_MODE": "online", "HOME": str(tmp_path), "WANDB_API_KEY": ""}
    done = ugcbench("run", *QUICK, "--output", "r", "--track", "wandb", **alone)
    assert done.returncode == 2, done.stderr
    assert "WANDB_MODE=offline" in done.stderr
    assert not (tmp_path / "r").exists()


def test_an_address_that_mlflow_does_not_take_is_refused_at_once(monkeypatch):
    pytest.importorskip("mlflow", reason="needs the extra [mlflow]")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nowhere://there")
    with pytest.raises(UsageError, match="see MLFLOW_TRACKING_URI"):
        open_trackers("mlflow")


def test_from_a_program(tmp_path, tensorboard, caplog):
    caplog.set_level(logging.INFO, "ugcbench_tracking")
    (tmp_path / "full").touch()  # a file where a folder is wanted
    tracking = Tracking("tensorboard:full,tensorboard:tb")
    registry = ugcbench.Registry({"tracking": tracking})
    asked = {"model": "blind", "dataset": "mini", "tasks": "ugc/tone", "limit": 2}
    ugcbench.run(**asked, registry=registry, output=tmp_path / "r")
    levels = [(record.levelname, record.args[0].partition(" (")[0]) for record in caplog.records]
    assert levels[0] == ("WARNING", f"tensorboard:full was not told of {tmp_path / 'r'}")
    assert levels[1][0] == "INFO"
    assert list(tmp_path.glob("tb/*/events*"))
