"""Which runs are shown, by which rules were they made, and how far can they be compared?"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from ugcbench.pages.pictures import RunPicture
from ugcbench.results import Result
from ugcbench.scored import ScoredRun, differing_gold, differing_rules
from ugcbench.types import Cell
from ugcbench.version import __version__
from ugcbench_view.catalogue import OUTCOMES, Catalogue, list_entries
from ugcbench_view.details import PER_CHUNK
from ugcbench_view.pathless import strip_paths, strip_values
from ugcbench_view.questions import Questions
from ugcbench_view.reading import RunFiles
from ugcbench_view.shapes import Index, PictureShown, RunShown, Shared, TaskShown

IMPORTED = (
    "The answers were imported: the prompts are those that these rules put to a model, and what "
    "was really sent isn't known."
)
ROUNDED = (
    "The protocol rounds the mean level to two decimals before it becomes points, and so does the "
    "leaderboard: its figures can differ from these by 0.1."
)
NAMED = 3
"""Runs that a title names."""

MediaShown = Literal["clips", "frames", "none"]


def make_index(
    runs: Sequence[RunFiles],
    questions: Sequence[Questions],
    catalogue: Catalogue,
    media: MediaShown,
    media_told: str | None,
    pictures: Sequence[RunPicture] = (),
) -> Index:
    """All that the page needs at once."""
    return Index(
        title=_title(runs),
        version=__version__,
        runs=tuple(
            _show(run, known.told, catalogue) for run, known in zip(runs, questions, strict=True)
        ),
        tasks=tuple(_task(name, runs, catalogue) for name in catalogue.tasks),
        outcomes=OUTCOMES,
        clips=catalogue.clips,
        entries=list_entries(catalogue, questions),
        per_chunk=PER_CHUNK,
        shared=_compare(runs, catalogue),
        media=media,
        media_told=media_told,
        pictures=tuple(PictureShown(name=each.name, title=each.title) for each in pictures),
    )


def _title(runs: Sequence[RunFiles]) -> str:
    if len(runs) == 1:
        return strip_paths(Result(runs[0].path, runs[0].summary).title)
    if len(runs) <= NAMED:
        return " and ".join(run.name for run in runs)
    return f"{len(runs)} runs"


def _show(run: RunFiles, told: Sequence[str], catalogue: Catalogue) -> RunShown:
    summary, config = run.summary, run.config
    cells = tuple(cell for cell in summary.cells if _task_of(cell) in catalogue.tasks)
    whole = len(cells) == len(summary.cells)
    return RunShown(
        key=run.key,
        name=run.name,
        model=strip_paths(summary.model),
        model_answered=tuple(map(strip_paths, summary.model_answered)),
        recorded=run.recorded,
        dataset=strip_paths(summary.dataset),
        protocol=summary.protocol,
        judge=strip_paths(config.judge) if config.judge else None,
        judge_answered=tuple(sorted({name for cell in cells for name in cell.judge_answered})),
        comparable=all(cell.comparable for cell in cells),
        missing=config.protocol.missing,
        cells=cells,
        average=summary.average if whole else None,
        requests=summary.requests,
        usage=summary.usage,
        judge_usage=summary.judge_usage,
        provenance=dict(_facts(run)),
        notices=(*told, *_notices(run)),
    )


def _notices(run: RunFiles) -> Iterator[str]:
    if run.recorded:
        yield IMPORTED
    if run.config.protocol.rounding != "none":
        yield ROUNDED


def _facts(run: RunFiles) -> Iterator[tuple[str, str]]:
    """What else is worth knowing about how a run was made, label and text."""
    config = run.config
    yield "begun", config.created
    if config.options:
        yield "model options", _write(config.options)
    if config.judge_options:
        yield "judge options", _write(config.judge_options)
    if config.dataset_options:
        yield "dataset options", _write(config.dataset_options)
    if config.limit is not None:
        yield "limit", f"the first {config.limit:,} clips"
    if config.subset is not None:
        yield "subset", f"{config.subset.size:,} clips drawn, seed {config.subset.seed}"
    if config.executor != "local":
        yield "executor", f"{config.executor}, {config.workers} workers"
    yield "protocol hash", config.protocol_hash
    if config.git:
        yield "code", config.git
    yield "versions", ", ".join(f"{name} {is_}" for name, is_ in config.versions.items())


def _write(options: Mapping[str, object]) -> str:
    return json.dumps(strip_values(options), ensure_ascii=False, default=str)


def _task(name: str, runs: Sequence[RunFiles], catalogue: Catalogue) -> TaskShown:
    cells = (cell for run in runs for cell in run.summary.cells)
    labels = (cell.label for cell in cells if _task_of(cell) == name)
    label = next(labels, name).partition(":")[0]
    return TaskShown(name=name, label=label, parts=catalogue.parts[name])


def _task_of(cell: Cell) -> str:
    return cell.name.partition(":")[0]


def _compare(runs: Sequence[RunFiles], catalogue: Catalogue) -> Shared:
    holders = [sum(key in rows for rows in catalogue.rows) for key in catalogue.keys]
    only = {
        run.key: sum(
            count == 1 and key in rows for key, count in zip(catalogue.keys, holders, strict=True)
        )
        for run, rows in zip(runs, catalogue.rows, strict=True)
    }
    return Shared(
        entries=len(holders),
        in_all=sum(count == len(runs) for count in holders),
        only=only if len(runs) > 1 else {},
        told=tuple(dict.fromkeys(_doubts(runs, catalogue))),
    )


def _doubts(runs: Sequence[RunFiles], catalogue: Catalogue) -> Iterator[str]:
    """What isn't shared by each pair of runs, other than samples."""
    for first, second in itertools.combinations(map(_scored, runs), 2):
        pair = f"{first.path.name} and {second.path.name}"
        for doubt in differing_gold(first, second):
            yield strip_paths(f"{pair}: {doubt}")
        shared = [
            name
            for name, cell in first.cells.items()
            if name in second.cells and _task_of(cell) in catalogue.tasks
        ]
        places = defaultdict[str, list[str]](list)
        for name in shared:
            for rule in differing_rules(first, second, name):
                places[rule].append(first.label(name))
        for rule, labels in places.items():
            where = "every cell" if 1 < len(labels) == len(shared) else ", ".join(labels)
            yield strip_paths(f"{pair}, {where}: {rule}")


def _scored(run: RunFiles) -> ScoredRun:
    cells = {cell.name: cell for cell in run.summary.cells}
    return ScoredRun(run.path, run.config, run.summary, cells, {})
