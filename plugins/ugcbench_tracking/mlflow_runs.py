"""How is a run told to MLflow?"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import mlflow
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException

from ugcbench.errors import UsageError
from ugcbench.plaintext import join_lines
from ugcbench_tracking.report import HEADERS, Report

EXPERIMENT = "ugcbench"
MARK = "ugcbench.run"
"""The tag by which a run is found again."""

REFUSED = re.compile(r"[^\w\-. :/]")
LONGEST = 6000
"""Characters of a parameter's value."""

BATCH = {"metrics": 1000, "params": 100}


class MLflow:
    """A run in the experiment `where`, which is made if there is none.

    By default it is that of the environment variable MLFLOW_EXPERIMENT_NAME, or `ugcbench`. The
    server or database is that of MLFLOW_TRACKING_URI.
    """

    def __init__(self, where: str | None) -> None:
        self._experiment = where or os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
        self._client: Any = _connect()

    def send(self, report: Report) -> str:
        """Tell of the run: one with its tag gets the numbers that changed."""
        experiment = self._find_experiment()
        run = self._find(experiment, report)
        fresh = run or self._client.create_run(experiment, run_name=report.name)
        identifier = fresh.info.run_id
        self._client.set_tag(identifier, MARK, report.id)
        self._log(identifier, "params", list(_new_params(report, fresh.data.params)))
        self._log(identifier, "metrics", list(_new_metrics(report, fresh.data.metrics)))
        self._client.set_tag(identifier, "mlflow.note.content", f"{report.title}\n\n{report.table}")
        self._client.log_artifact(identifier, str(report.path / "summary.json"))
        if report.samples:
            table = {"columns": list(HEADERS), "data": [list(row) for row in report.samples]}
            self._client.log_dict(identifier, table, "samples.json")
        self._client.set_terminated(identifier)
        return f"run {identifier} of experiment {self._experiment} at {mlflow.get_tracking_uri()}"

    def _find_experiment(self) -> str:
        found = self._client.get_experiment_by_name(self._experiment)
        if found is None:
            return str(self._client.create_experiment(self._experiment))
        return str(found.experiment_id)

    def _find(self, experiment: str, report: Report) -> Any:  # noqa: ANN401
        """The run that was told of before, or None."""
        told = self._client.search_runs([experiment], f"tags.`{MARK}` = '{report.id}'")
        return next(iter(told), None)

    def _log(self, run: str, kind: str, entries: Sequence[Any]) -> None:
        """Log in parts of the size that servers take."""
        size = BATCH[kind]
        for start in range(0, len(entries), size):
            self._client.log_batch(run, **{kind: entries[start : start + size]})


def _connect() -> mlflow.MlflowClient:
    try:
        return mlflow.MlflowClient()
    except MlflowException as error:
        raise UsageError(
            f"MLflow can't be used: {join_lines(str(error))}; see MLFLOW_TRACKING_URI, for which "
            "sqlite:///mlflow.db always does"
        ) from error


def _new_params(report: Report, known: Mapping[str, str]) -> Iterator[Param]:
    """What the run has not got yet; a parameter can't be changed."""
    for name, value in report.config.items():
        key = _clean(name)
        if key not in known:
            yield Param(key, str(value)[:LONGEST])


def _new_metrics(report: Report, known: Mapping[str, float]) -> Iterator[Metric]:
    """The numbers that are other than before; what is none any more becomes NaN."""
    now = int(time.time() * 1000)
    for name, value in report.numbers.items():
        key = _clean(name)
        if value is None and (key not in known or math.isnan(known[key])):
            continue
        if value is None or known.get(key) != value:
            yield Metric(key, math.nan if value is None else value, now, 0)


def _clean(name: str) -> str:
    """A name with only the characters that MLflow takes."""
    return REFUSED.sub("_", name)
