"""Which cells of a run can be carried over to the anchor's scale, and what becomes of them?

They are written into a file of their own, bridged.json; the run's summary and records stay as they
are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ugcbench.errors import UsageError
from ugcbench.models import Fake
from ugcbench.plans import RunConfig, read_config
from ugcbench.plugins import Registry, create
from ugcbench.scorers.judge import JudgedScorer
from ugcbench.specs import Judge, Setting, Task
from ugcbench.store import read_records, read_summary, replace_text
from ugcbench.types import Bridging, Cell, Record
from ugcbench_judging.bridged_means import BridgedMean, bridge_mean
from ugcbench_judging.bridges import Bridge
from ugcbench_judging.bridging import AVERAGE
from ugcbench_judging.pairs import WHOLE, dimensions_of
from ugcbench_judging.score_maps import Floats

BRIDGED = "bridged.json"


@dataclass(frozen=True, slots=True)
class BridgedCell:
    """A cell on the anchor's scale, the run's own that it was made from, and how sure it is."""

    cell: Cell
    native: Cell
    mean: BridgedMean


def bridge_run(bridge: Bridge, path: Path, registry: Registry | None = None) -> list[BridgedCell]:
    """The run's cells of the bridge's task on the anchor's scale, marked as bridged.

    A cell of one dimension goes by that dimension's map, and the cell of the parts called `average`
    by the mean of all maps. What else a cell says stays: count, coverage, rules, and whether it is
    comparable. Raises `UsageError` if the run was judged by another judge, by another rubric or by
    another rule, or if there is nothing to bridge, and `RunError` for a run that can't be read.
    """
    config, summary = read_config(path), read_summary(path)
    native = [cell for cell in summary.cells if cell.name.partition(":")[0] == bridge.task]
    _check(bridge, path, config, native, registry or Registry())
    found = _read_judged(path, config, bridge)
    cells = []
    for cell in native:
        dimensions = _dimensions(cell, bridge)
        if dimensions and len(np.unique(found.clips)) > 1:
            cells.append(_bridged(cell, bridge, dimensions, found))
    if not cells:
        raise UsageError(f"{path} has nothing of {bridge.task} to bridge; it needs scored clips")
    return cells


def write_bridged(path: Path, cells: Sequence[BridgedCell]) -> Path:
    """Write bridged.json into the run directory `path`, in place of an older one."""
    file = path / BRIDGED
    plain = [made.cell.model_dump(mode="json") for made in cells]
    replace_text(file, json.dumps(plain, indent=2, ensure_ascii=False) + "\n")
    return file


def count_unmapped(bridge: Bridge, path: Path) -> int:
    """How many of a run's scores lie beyond the scores that the bridge was fitted to.

    Those are mapped like the nearest score that was.
    """
    scores = _read_judged(path, read_config(path), bridge).scores
    ends = [(part.knots[0], part.knots[-1]) for part in bridge.curves.maps]
    outside = [
        np.sum((column < low) | (column > high))
        for column, (low, high) in zip(scores.T, ends, strict=True)
    ]
    return int(sum(outside))


@dataclass(frozen=True, slots=True)
class _Judged:
    """What counts of a run: the judge's scores (answers x dimensions), the answers' clips, and the
    values of those that count by the protocol's rule, whose scores are NaN.
    """

    scores: Floats
    clips: npt.NDArray[np.str_]
    fixed: Floats


def _read_judged(path: Path, config: RunConfig, bridge: Bridge) -> _Judged:
    rows, clips, fixed = [], [], []
    for record in read_records(path):
        counted = config.protocol.counted(record.score)
        if record.task == bridge.task and counted is not None:
            rows.append(_scores(record, bridge))
            clips.append(record.clip)
            fixed.append(counted)
    shape = (-1, len(bridge.curves.maps))
    return _Judged(np.array(rows, np.float64).reshape(shape), np.array(clips), np.array(fixed))


def _scores(record: Record, bridge: Bridge) -> list[float]:
    parts: Mapping[str, float] = dimensions_of(record.score) if record.score.status == "ok" else {}
    return [parts.get(name, np.nan) for name in bridge.curves.dimensions]


def _dimensions(cell: Cell, bridge: Bridge) -> tuple[str, ...]:
    """The dimensions whose mean a cell is; none if that is not known."""
    part = cell.name.partition(":")[2] or WHOLE
    known = bridge.curves.dimensions
    return (part,) if part in known else known if part == AVERAGE else ()


def _bridged(
    cell: Cell, bridge: Bridge, dimensions: tuple[str, ...], found: _Judged
) -> BridgedCell:
    places = [bridge.curves.dimensions.index(name) for name in dimensions]
    scores = found.scores[:, places]
    mean = bridge_mean(bridge.curves, dimensions, scores, found.clips, found.fixed)
    methods = [part.method for part in bridge.curves.maps if part.dimension in dimensions]
    mark = Bridging(
        anchor=bridge.anchor,
        judge=bridge.judge,
        method="+".join(dict.fromkeys(methods)),
        bridge=bridge.hash,
    )
    changed = {"value": mean.mean, "low": mean.low, "high": mean.high, "judge": bridge.anchor}
    made = cell.model_copy(update={**changed, "disagreement": None, "bridged": mark})
    return BridgedCell(made, cell, mean)


def _check(
    bridge: Bridge, path: Path, config: RunConfig, cells: Sequence[Cell], registry: Registry
) -> None:
    if not cells:
        raise UsageError(f"{path} has no cells of {bridge.task}, for which the bridge is")
    judges = {cell.judge for cell in cells}
    if judges != {bridge.judge}:
        named = ", ".join(sorted(filter(None, judges))) or "nobody"
        raise UsageError(
            f"{path} was judged by {named}, and the bridge is from {bridge.judge}; calibrate "
            f"{named}, or score the run by {bridge.judge}"
        )
    scorer = _scorer(bridge, config, registry)
    if scorer.rubric.fingerprint != bridge.rubric:
        raise UsageError(
            f"{path} was judged by another rubric than the one that {bridge.judge} was calibrated "
            "with; calibrate again, or score the run again"
        )
    if scorer.rule != bridge.rule:
        raise UsageError(
            f"{path} was judged by another rule ({scorer.rule!r}) than the one that {bridge.judge} "
            f"was calibrated with ({bridge.rule!r}); calibrate under the run's protocol"
        )


def _scorer(bridge: Bridge, config: RunConfig, registry: Registry) -> JudgedScorer[Any]:
    """The scorer of the run, made again; its judge is not asked."""
    name = config.judge or ""
    heads = [spec.name for spec in registry.models.values() if spec.recorded]
    judge = Judge(bridge.judge, Fake(), recorded=name.partition("/")[0] in heads)
    setting = Setting(config.protocol, judge)
    task = cast(Task, create(registry.task(bridge.task), setting=setting))
    return cast("JudgedScorer[Any]", task.scorer)
