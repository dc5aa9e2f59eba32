"""How is a run told to Weights & Biases?"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import wandb

from ugcbench.errors import UsageError
from ugcbench.plaintext import join_lines
from ugcbench_tracking.report import HEADERS, Report

PROJECT = "ugcbench"
PATIENCE = 300.0
"""Seconds after which an upload is given up; what is on disk can be sent by `wandb sync`."""


class WeightsAndBiases:
    """A run in the project `where`, `PROJECT` or `ENTITY/PROJECT`.

    By default it is that of the environment variable WANDB_PROJECT, or `ugcbench`. WANDB_MODE and
    the other variables of the client hold; what it would collect of itself (command line, code,
    output, machine) is not sent, as keys may be in it.
    """

    def __init__(self, where: str | None) -> None:
        entity, _, project = (where or "").rpartition("/")
        self._entity = entity or None
        self._project = project or os.environ.get("WANDB_PROJECT") or PROJECT
        _check_login()

    def send(self, report: Report) -> str:
        """Tell of the run under its id: one that is there already gets the newer numbers."""
        with self._begin(report) as run:
            if not run.resumed:
                run.log(dict(report.known))
            run.summary.update(dict(report.numbers))
            if report.samples:
                rows = [list(row) for row in report.samples]
                run.log({"samples": wandb.Table(columns=list(HEADERS), data=rows)})
            artifact = wandb.Artifact(f"summary-{report.id}", type="ugcbench-summary")
            artifact.add_file(str(report.path / "summary.json"))
            run.log_artifact(artifact)
        if run.offline:
            _forget_earlier(Path(run.sync_dir), report.id)
            return f"{run.sync_dir} (send it on by: wandb sync {run.sync_dir})"
        return str(run.url or "nowhere, as WANDB_MODE is disabled")

    def _begin(self, report: Report) -> Any:  # noqa: ANN401
        settings = wandb.Settings(
            silent=True,
            console="off",
            disable_code=True,
            disable_git=True,
            finish_timeout=PATIENCE,
            finish_timeout_raises=True,
            x_disable_machine_info=True,
            x_disable_meta=True,
            x_disable_stats=True,
            x_save_requirements=False,
        )
        return wandb.init(
            entity=self._entity,
            project=self._project,
            id=report.id,
            name=report.name,
            job_type="evaluation",
            config=dict(report.config),
            allow_val_change=True,
            resume=None if _is_offline() else "allow",
            reinit="create_new",
            settings=settings,
        )


def _is_offline() -> bool:
    return wandb.setup().settings.mode in ("offline", "disabled", "dryrun")


def _check_login() -> None:
    """Ask for the key now, if anybody is there to be asked, rather than after hours."""
    if _is_offline():
        return
    try:
        wandb.login()
    except (wandb.Error, TimeoutError) as error:
        raise UsageError(
            f"Weights & Biases can't be used: {join_lines(str(error))}; type `wandb login`, or set "
            "WANDB_MODE=offline and send what is written by `wandb sync` later"
        ) from error


def _forget_earlier(folder: Path, identifier: str) -> None:
    """Remove what was written of the same run offline before, and was not sent on."""
    for earlier in folder.parent.glob(f"offline-run-*-{identifier}"):
        if earlier.resolve() != folder.resolve() and not any(earlier.glob("*.synced")):
            shutil.rmtree(earlier)
