"""The real client of each tracker writes what can be read back, and a run is there once."""

from __future__ import annotations

import json
import math
import shutil

import pytest
from changed_summaries import change_cell

from ugcbench_tracking.report import read_report
from ugcbench_tracking.sending import send
from ugcbench_tracking.trackers import open_trackers


def tell(path, where, samples=0):
    (delivery,) = send(path, open_trackers(where), samples)
    assert delivery.arrived, delivery.words
    return delivery.words


def read_events(folder):
    pytest.importorskip("tensorboard", reason="needs the extra [tensorboard]")
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    values = {}
    for file in sorted(folder.glob("events.out.tfevents.*")):
        for event in EventFileLoader(str(file)).Load():
            for value in event.summary.value:
                assert value.tag not in values  # nothing is there twice
                values[value.tag] = value
    return values


def number_of(value):
    from tensorboard.util import tensor_util

    return tensor_util.make_ndarray(value.tensor).item()


def text_of(value):
    return number_of(value).decode()


def test_tensorboard(run_dir, tmp_path):
    pytest.importorskip("tensorboard", reason="needs the extra [tensorboard]")
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    assert "tensorboard --logdir curves" in tell(run_dir, "tensorboard:curves", samples=3)
    report = read_report(run_dir)
    folder = tmp_path / "curves" / f"floor-{report.id}"
    values = read_events(folder)
    for name, number in report.known.items():
        assert number_of(values.pop(name)) == pytest.approx(number)
    told = HParamsPluginData.FromString(
        values.pop("_hparams_/session_start_info").metadata.plugin_data.content
    )
    assert told.session_start_info.hparams["model"].string_value == "blind"
    assert told.session_start_info.hparams["limit"].number_value == 4
    assert "blind on mini" in text_of(values.pop("summary"))
    assert text_of(values.pop("samples")).count("ugc/tone") == 2
    assert values == {}


def test_tensorboard_has_a_run_once(run_dir, tmp_path):
    tell(run_dir, "tensorboard")
    change_cell(run_dir, "ugc/tone", value=0.75)
    moved = shutil.move(run_dir, run_dir.with_name("renamed"))
    tell(moved, "tensorboard")
    (folder,) = (tmp_path / "tensorboard").iterdir()
    assert number_of(read_events(folder)["score/ugc/tone"]) == 0.75


def told_runs(client, experiment="ugcbench"):
    number = client.get_experiment_by_name(experiment).experiment_id
    return client.search_runs([number])


def test_mlflow(run_dir, mlflow_store, tmp_path):
    words = tell(run_dir, "mlflow:captions", samples=3)
    (run,) = told_runs(mlflow_store, "captions")
    assert run.info.run_id in words
    report = read_report(run_dir)
    assert run.data.metrics == pytest.approx(report.known)
    assert run.data.params == {name: str(value) for name, value in report.config.items()}
    assert (run.info.run_name, run.info.status) == ("floor", "FINISHED")
    assert "blind on mini" in run.data.tags["mlflow.note.content"]
    kept = tmp_path / "kept"
    kept.mkdir()
    mlflow_store.download_artifacts(run.info.run_id, "", str(kept))
    assert (kept / "summary.json").read_text() == (run_dir / "summary.json").read_text()
    table = json.loads((kept / "samples.json").read_text())
    assert [len(row) for row in table["data"]] == [len(table["columns"])] * 3


def test_mlflow_has_a_run_once(run_dir, mlflow_store):
    tell(run_dir, "mlflow")
    tell(run_dir, "mlflow")
    (run,) = told_runs(mlflow_store)
    history = mlflow_store.get_metric_history(run.info.run_id, "score/ugc/tone")
    assert len(history) == 1
    change_cell(run_dir, "ugc/tone", value=0.0, low=None, high=None)
    tell(run_dir, "mlflow")
    (run,) = told_runs(mlflow_store)
    assert run.data.metrics["score/ugc/tone"] == 0.0
    assert math.isnan(run.data.metrics["low/ugc/tone"])
    assert run.data.metrics["error/ugc/ocr"] == 1.7


def test_wandb(run_dir, wandb_offline):
    assert "wandb sync" in tell(run_dir, "wandb:somebody/captions", samples=3)
    (run,) = wandb_offline()
    report = read_report(run_dir)
    assert (run.info.run_id, run.info.display_name) == (report.id, "floor")
    assert (run.info.entity, run.info.project) == ("somebody", "captions")
    assert {name: run.config.get(name) for name in report.config} == report.config
    assert {name: run.history[0][name] for name in report.known} == report.known
    assert {name: run.summary[name] for name in report.numbers} == report.numbers
    assert run.summary["samples/nrows"] == 3
    assert f"summary-{report.id}" in run.artifacts


def test_wandb_has_a_run_once_and_nothing_of_the_machine(run_dir, wandb_offline, tmp_path):
    tell(run_dir, "wandb")
    change_cell(run_dir, "ugc/tone", value=0.75)
    tell(run_dir, "wandb")
    (run,) = wandb_offline()
    assert run.summary["score/ugc/tone"] == 0.75
    written = {path.name for path in tmp_path.glob("wandb/offline-run-*/files/*")}
    assert written <= {"config.yaml", "wandb-summary.json"}
