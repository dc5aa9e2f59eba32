"""Finished runs, and trackers that keep what they are told of in the test's own folder."""

from __future__ import annotations

import shutil

import pytest
from changed_summaries import change_cell

import ugcbench


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A run of a floor on the mini benchmark; one column is turned into a rate above 1."""
    path = tmp_path_factory.mktemp("finished") / "floor"
    options = {"model": "blind", "dataset": "mini", "tasks": "ugc/tone,ugc/ocr", "limit": 4}
    ugcbench.run(**options, output=path)
    change_cell(path, "ugc/ocr", value=1.7, low=1.2, high=2.4, lower_is_better=True)
    return path


@pytest.fixture
def run_dir(finished, tmp_path):
    """A copy of the run to be changed."""
    return shutil.copytree(finished, tmp_path / "runs" / "floor")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A database of MLflow without runs; to make one takes a second."""
    pytest.importorskip("mlflow", reason="needs the extra [mlflow]")
    pytest.importorskip("sqlalchemy", reason="needs the extra [mlflow]")
    from mlflow import MlflowClient

    file = tmp_path_factory.mktemp("mlflow") / "empty.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{file}")
        MlflowClient().search_experiments()
    return file


@pytest.fixture(autouse=True)
def trackers_at_home(tmp_path, monkeypatch):
    """No tracker writes elsewhere or asks the network."""
    monkeypatch.chdir(tmp_path)
    told = {
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "WANDB_DIR": str(tmp_path),
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_MODE": "offline",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    for name in ("UGCBENCH_TRACK", "WANDB_PROJECT", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def mlflow_store(empty_database, tmp_path, monkeypatch):
    """A client of a database of the test's own."""
    import mlflow

    file = shutil.copy(empty_database, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{file}")
    return mlflow.MlflowClient(f"sqlite:///{file}")


@pytest.fixture
def wandb_offline(tmp_path):
    """Reads the offline runs that were written."""
    wandb = pytest.importorskip("wandb", reason="needs the extra [wandb]")
    from wandb_files import OfflineRun

    wandb.teardown()  # settings are read once for a process
    yield lambda: [OfflineRun(each) for each in sorted(tmp_path.glob("wandb/offline-run-*"))]
    wandb.teardown()
