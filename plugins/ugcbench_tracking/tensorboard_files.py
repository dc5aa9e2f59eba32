"""How is a run told to TensorBoard?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from ugcbench.rendering import render
from ugcbench_tracking.report import HEADERS, Report

EVENTS = "events.out.tfevents.*"


class TensorBoard:
    """A folder for each run below `where`, by default `tensorboard`.

    Numbers are scalars at step 0, the configuration is what the tab HPARAMS compares runs by, and
    the table is a text.
    """

    def __init__(self, where: str | None) -> None:
        self._root = Path(where or "tensorboard").expanduser()

    def send(self, report: Report) -> str:
        """Write the run's events, then remove those of an earlier time."""
        folder = self._folder(report)
        folder.mkdir(parents=True, exist_ok=True)
        earlier = list(folder.glob(EVENTS))
        writer, now = EventFileWriter(str(folder)), time.time()
        try:
            for summary in _summaries(report, now):
                writer.add_event(Event(wall_time=now, step=0, summary=summary))
        finally:
            writer.close()
        for file in earlier:
            file.unlink(missing_ok=True)
        return f"{folder} (look at it by: tensorboard --logdir {self._root})"

    def _folder(self, report: Report) -> Path:
        """The run's folder: the one of an earlier time, whatever the run was called then."""
        found = next(self._root.glob(f"*-{report.id}"), None)
        return found or self._root / f"{report.name}-{report.id}"


def _summaries(report: Report, now: float) -> Iterator[Any]:
    yield hparams_pb(dict(report.config), trial_id=report.id, start_time_secs=now)
    for name, value in report.known.items():
        yield scalar_pb(name, value)
    yield text_pb("summary", f"{report.title}\n\n{report.table}")
    if report.samples:
        yield text_pb("samples", render(HEADERS, report.samples, "md", left=HEADERS))
