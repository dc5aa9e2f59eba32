"""Which captions with recorded verdicts is a judge measured against?

An anchor is made of finished runs of one task that were all judged by one judge, such as those of
`ugcbench import ugc-videocap`. A run is read as it lies there: nothing is locked, mended or asked,
and neither the judge nor its client needs to be there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from ugcbench.datasets import open_dataset
from ugcbench.errors import RunError, UsageError
from ugcbench.models import Fake
from ugcbench.plans import RunConfig, own_dataset, read_config
from ugcbench.plugins import Registry, create
from ugcbench.protocol import digest
from ugcbench.specs import Judge, Setting, Task
from ugcbench.store import read_records
from ugcbench.types import Record, Sample, Score

T = TypeVar("T")
CAPTION = "ugc/caption"
WHOLE = "score"
"""The one dimension of a task whose scores have no parts."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An answer beside its reference, with what the anchor judge found.

    `scores` holds a value in [0, 1] for each dimension. `question`, `choices` and `meta` are the
    sample's, for rubrics that show more than the reference.
    """

    system: str
    clip: str
    sample_id: str
    task: str
    reference: str
    prediction: str
    scores: Mapping[str, float]
    question: str | None = None
    choices: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sample(self) -> Sample:
        """The sample that a scorer gets, without its medium."""
        return Sample(
            id=self.sample_id,
            clip=self.clip,
            media=None,
            answer=self.reference,
            choices=self.choices,
            question=self.question,
            meta=self.meta,
        )


@dataclass(frozen=True, slots=True)
class Anchor:
    """The pairs that one judge has judged, system by system.

    `judge` is the model that answered, `left_out` counts the records that have no verdict by their
    status.
    """

    judge: str
    task: str
    dimensions: tuple[str, ...]
    pairs: tuple[Pair, ...]
    left_out: Mapping[str, int]

    @property
    def systems(self) -> tuple[str, ...]:
        """The names of the systems, in the order in which they were given."""
        return tuple(dict.fromkeys(pair.system for pair in self.pairs))

    @property
    def revision(self) -> str:
        """A hash of everything that a judge is shown and measured by."""
        rows = [
            [p.system, p.sample_id, p.reference, p.prediction, dict(p.scores)] for p in self.pairs
        ]
        return digest([self.judge, self.task, rows])


def read_anchor(
    paths: Iterable[str | Path], task: str = CAPTION, registry: Registry | None = None
) -> Anchor:
    """The anchor that finished run directories hold, or the runs anywhere below a folder.

    A run below a folder that has no verdicts of `task` is passed over. Raises `UsageError` for no
    verdicts at all, two runs of one system, several judges or different dimensions, and `RunError`
    for a run that can't be read.
    """
    registry = registry or Registry()
    given = [Path(path) for path in paths]
    runs = [_read_run(path, task, registry) for path in _find_runs(given)]
    for run in runs:
        if not run.pairs and run.path in given:
            raise UsageError(
                f"{run.path} has no verdicts of {task}; leave it out, or name a --task"
            )
    judged = [run for run in runs if run.pairs]
    if not judged:
        raise UsageError(f"there are no verdicts of {task} in {', '.join(map(str, given))}")
    _refuse_twins(judged)
    return Anchor(
        judge=_the_only(judged, "judges", lambda run: run.judges),
        task=task,
        dimensions=_the_only(judged, "dimensions", lambda run: run.dimensions),
        pairs=tuple(pair for run in judged for pair in run.pairs),
        left_out=dict(sum((run.left_out for run in judged), Counter())),
    )


def dimensions_of(score: Score) -> Mapping[str, float]:
    """The parts of a score, or its value under the name `score` if it has none."""
    return score.parts or ({} if score.value is None else {WHOLE: score.value})


@dataclass
class _Run:
    """What one run has to give: pairs, and which judges and sets of dimensions occur in them."""

    path: Path
    system: str
    pairs: list[Pair] = field(default_factory=list)
    judges: set[str] = field(default_factory=set)
    dimensions: set[tuple[str, ...]] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, record: Record, sample: Sample, asked: str) -> None:
        scores = dimensions_of(record.score)
        if record.score.status != "ok" or not scores:
            self.left_out[record.score.status] += 1
            return
        self.judges.add(record.score.judge_model or asked)
        self.dimensions.add(tuple(scores))
        answer = sample.answer
        self.pairs.append(
            Pair(
                system=self.system,
                clip=record.clip,
                sample_id=record.sample_id,
                task=record.task,
                reference=answer if isinstance(answer, str) else "\n".join(answer),
                prediction=record.prediction.text or "",
                scores=scores,
                question=sample.question,
                choices=sample.choices,
                meta=sample.meta,
            )
        )


def _find_runs(paths: Sequence[Path]) -> Iterator[Path]:
    """Every run that is named or lies below a named folder, once."""
    found: dict[Path, Path] = {}
    for path in paths:
        here = [path]
        if not (path / "run.json").exists():
            here = sorted(file.parent for file in path.rglob("summary.json"))
        if not here:
            raise UsageError(f"{path} is no run directory and no finished run is below it")
        found.update({run.resolve(): run for run in here if run.resolve() not in found})
    return iter(found.values())


def _read_run(path: Path, task: str, registry: Registry) -> _Run:
    config = read_config(path)
    run = _Run(path, config.model)
    if task in config.tasks and config.judge is not None:
        samples = _read_samples(path, config, task, registry)
        for record in read_records(path):
            if record.task == task and record.sample_id in samples:
                run.add(record, samples[record.sample_id], config.judge)
    return run


def _read_samples(
    path: Path, config: RunConfig, task: str, registry: Registry
) -> Mapping[str, Sample]:
    """The samples of the run's own dataset by their id."""
    dataset, _ = open_dataset(registry, own_dataset(path, config), config.dataset_options)
    if dataset.revision != config.dataset_revision:
        raise RunError(
            f"the dataset of {path} changed since its answers were judged (revision "
            f"{dataset.revision} instead of {config.dataset_revision}): its references are gone"
        )
    never_asked = Judge("nobody", Fake())
    setting = Setting(config.protocol, never_asked)
    sample_of = cast(Task, create(registry.task(task), setting=setting)).sample
    return {sample.id: sample for clip in dataset if (sample := sample_of(clip)) is not None}


def _refuse_twins(runs: Sequence[_Run]) -> None:
    first: dict[str, Path] = {}
    for run in runs:
        if run.system in first:
            raise UsageError(
                f"{first[run.system]} and {run.path} are both runs of {run.system}; leave one out"
            )
        first[run.system] = run.path


def _the_only(runs: Sequence[_Run], what: str, found_in: Callable[[_Run], set[T]]) -> T:
    """What all runs agree in."""
    found = {value: run.path for run in runs for value in found_in(run)}
    if len(found) > 1:
        where = "; ".join(f"{value} ({path})" for value, path in found.items())
        raise UsageError(f"an anchor has one judge and one rubric, but here are {what}: {where}")
    return next(iter(found))
