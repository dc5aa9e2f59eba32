"""How do finished runs get to trackers, without ever being harmed by one?"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ugcbench import hookimpl
from ugcbench.plaintext import join_lines
from ugcbench.redaction import hide_secrets
from ugcbench_tracking.report import Report, read_report
from ugcbench_tracking.trackers import Named, open_trackers

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the telling of a run to a tracker ended, in words; `arrived` or not."""

    arrived: bool
    words: str


class Tracking:
    """A plugin that tells trackers of every run that ends; see `open_trackers`.

    `samples` is how many samples are shown at most, none by default: they hold what the model
    answered. `tell` gets each outcome, by default for the log. A tracker that fails is told of in
    words, and fails no run.
    """

    def __init__(
        self, trackers: str, *, samples: int = 0, tell: Callable[[Delivery], None] | None = None
    ) -> None:
        self._trackers = open_trackers(trackers)
        self._samples = samples
        self._tell = tell or _log

    @hookimpl
    def ugcbench_finished(self, path: Path) -> None:
        """Tell of the run in the directory `path`."""
        for delivery in send(path, self._trackers, self._samples):
            self._tell(delivery)


def send(path: Path, trackers: Sequence[Named], samples: int = 0) -> Iterator[Delivery]:
    """Tell each of the trackers of a finished run; raises `RunError` for what is none."""
    report = read_report(path, samples)
    for named in trackers:
        yield _send(report, named, samples)


def _send(report: Report, named: Named, samples: int) -> Delivery:
    try:
        place = named.tracker.send(report)
    except Exception as error:  # noqa: BLE001 - whatever a tracker raises must not harm the run
        why = join_lines(hide_secrets(f"{type(error).__name__}: {error}"))
        again = ["ugcbench", "track", str(report.path), "--to", named.typed]
        again += ["--samples", str(samples)] if samples else []
        return Delivery(
            False,
            f"{named.typed} was not told of {report.path} ({why}); the run is complete, tell of it "
            f"again by: {shlex.join(again)}",
        )
    return Delivery(True, hide_secrets(f"{report.name} is in {named.typed}: {place}"))


def _log(delivery: Delivery) -> None:
    log.log(logging.INFO if delivery.arrived else logging.WARNING, "%s", delivery.words)
