"""What is asked in each task, how is it scored, and how are its answers distributed?"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ugcbench.continuation import kept_options
from ugcbench.datasets import open_dataset
from ugcbench.errors import UgcbenchError
from ugcbench.models import Fake
from ugcbench.plans import own_dataset, read_config
from ugcbench.plugins import Registry, create
from ugcbench.protocol import PROTOCOLS
from ugcbench.scorers.judge import JudgedScorer
from ugcbench.specs import Dataset, Judge, Setting, Task
from ugcbench.store import read_summary
from ugcbench.types import Sample
from ugcbench_leaderboard.cards.portable import make_portable
from ugcbench_leaderboard.site.naming import task_slug
from ugcbench_leaderboard.site.readings import READINGS, Reading, columns_of, title_of

MINI = "mini"
MANY = 12
"""Labels that are shown of a balance; what is rarer is one line."""

SHOWN_PROTOCOLS = ("v1", "paper")


@dataclass(frozen=True, slots=True)
class Wording:
    """What a model is asked under a protocol; the options are those of one clip."""

    protocol: str
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """One answer of a multiple choice: how often it is the right one, and its share."""

    text: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Balance:
    """The answers of a dataset: of how many samples, the labels of a choice, or how long texts are.

    `baseline` is what the constant answer gets that fits best, 0 to 100, for a choice.
    """

    dataset: str
    samples: int
    labels: tuple[Label, ...] = ()
    baseline: float | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class TaskPage:
    """All that the page of a task tells."""

    name: str
    slug: str
    reading: Reading
    columns: tuple[tuple[str, str], ...]
    version: int
    wordings: tuple[Wording, ...]
    rubric: str | None
    scorers: tuple[tuple[str, str], ...]
    balances: tuple[Balance, ...]


def describe_tasks(registry: Registry, runs: Sequence[Path]) -> list[TaskPage]:
    """The pages of the tasks that are installed; `runs` are directories whose gold is counted."""
    known = [name for name in READINGS if name in registry.tasks]
    datasets = list(_datasets(registry, runs))
    return [_describe(registry, name, datasets) for name in known]


def _describe(registry: Registry, name: str, datasets: Sequence[tuple[str, Dataset]]) -> TaskPage:
    tasks = {protocol: _make(registry, name, protocol) for protocol in SHOWN_PROTOCOLS}
    task = tasks["v1"]
    scorer = task.scorer
    samples: dict[str, list[Sample]] = {}
    for label, dataset in datasets:
        # Runs of recorded answers hold the gold of their own samples only: the fullest counts.
        samples[label] = max(samples.get(label, []), list(_samples(task, dataset)), key=len)
    example = next((found[0] for found in samples.values() if found), None)
    return TaskPage(
        name=name,
        slug=task_slug(name),
        reading=READINGS[name],
        columns=tuple((column.name, title_of(column.name)) for column in columns_of(name)),
        version=task.version,
        wordings=tuple(
            Wording(protocol, made.prompt(example).text)
            for protocol, made in tasks.items()
            if example is not None
        ),
        rubric=scorer.rubric.template if isinstance(scorer, JudgedScorer) else None,
        scorers=tuple((protocol, made.scorer.fingerprint) for protocol, made in tasks.items()),
        balances=tuple(_balance(label, found) for label, found in samples.items() if found),
    )


def _make(registry: Registry, name: str, protocol: str) -> Task:
    setting = Setting(PROTOCOLS[protocol], Judge("any judge", Fake()))
    return cast(Task, create(registry.task(name), setting=setting))


def _samples(task: Task, dataset: Iterable[object]) -> Iterator[Sample]:
    for clip in cast(Dataset, dataset):
        sample = task.sample(clip)
        if sample is not None:
            yield sample


def _datasets(registry: Registry, runs: Sequence[Path]) -> Iterator[tuple[str, Dataset]]:
    """The mini benchmark and the datasets of the runs, as far as they can be opened."""
    if registry.has_dataset(MINI):
        yield MINI, open_dataset(registry, MINI, {})[0]
    for path in runs:
        try:
            config, name = read_config(path), read_summary(path).dataset.rpartition("@")[0]
            options = kept_options(config.dataset_options)
            if name != MINI:
                own = own_dataset(path, config)
                yield make_portable(name), open_dataset(registry, own, options)[0]
        except (UgcbenchError, OSError):
            continue


def _balance(label: str, samples: Sequence[Sample]) -> Balance:
    answers = [_text(sample) for sample in samples]
    if any(sample.choices for sample in samples):
        counts = Counter(answers).most_common()
        labels = [Label(text, count, count / len(answers)) for text, count in counts[:MANY]]
        best = Counter(answer.casefold() for answer in answers).most_common(1)[0][1]
        return Balance(label, len(answers), tuple(labels), 100 * best / len(answers))
    lengths = sorted(len(answer.split()) for answer in answers)
    words = f"{lengths[0]} to {lengths[-1]} words, half of them up to "
    return Balance(label, len(answers), words=f"{words}{statistics.median_low(lengths)}")


def _text(sample: Sample) -> str:
    return sample.answer if isinstance(sample.answer, str) else " ".join(sample.answer)
