"""What was built, and what should its users know?"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ugcbench.types import Frozen
from ugcbench_curate.annotations import Annotation, Provenance
from ugcbench_curate.building.rules import (
    BuiltSample,
    Refusal,
    find_contradictions,
    find_copies,
)
from ugcbench_curate.building.templates import Template
from ugcbench_curate.languages import name_language

EXAMPLES = 5


class Majority(Frozen):
    """What always answering the most frequent label would score; `share` is in [0, 1]."""

    label: str
    share: float


class Lengths(Frozen):
    """How long answers are: words of a text, lines or objects of a list."""

    unit: str
    least: int
    median: float
    mean: float
    most: int


class TaskReport(Frozen):
    """One task: its samples, and why other clips have none.

    `said_by` counts the sources of the answers, `places` where the right option stands (from 1),
    `languages` those that the answers are written in, `repeated` the answers beyond the first that
    another clip has too.
    """

    file: str
    samples: int
    refused: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]
    said_by: Mapping[str, int]
    drafts: int
    labels: Mapping[str, int] = {}
    majority: Majority | None = None
    places: Mapping[int, int] = {}
    lengths: Lengths | None = None
    languages: Mapping[str, int] = {}
    repeated: int = 0


class BuildReport(Frozen):
    """All tasks, the languages that are spoken, and what is suspect in the annotations."""

    annotations: int
    clips: int
    tasks: Mapping[str, TaskReport]
    languages: Mapping[str, int]
    contradictions: Mapping[str, tuple[str, ...]]
    copies: Mapping[str, str]

    @property
    def samples(self) -> int:
        """The samples of all tasks."""
        return sum(task.samples for task in self.tasks.values())

    @property
    def drafts(self) -> int:
        """The samples whose answers nobody has confirmed."""
        return sum(task.drafts for task in self.tasks.values())

    def explain_refusals(self) -> str:
        """How often each rule refused a sample, in words."""
        total: Counter[str] = Counter()
        for task in self.tasks.values():
            total.update(task.refused)
        return ", ".join(f"{rule} {count}" for rule, count in total.most_common()) or "no clips"


def describe_task(
    template: Template,
    samples: Sequence[BuiltSample],
    refusals: Sequence[Refusal],
    options: Mapping[str, Sequence[str]],
) -> TaskReport:
    """The report of one task; `options` are those of each clip."""
    clips: dict[str, list[str]] = {}
    for refusal in refusals:
        clips.setdefault(refusal.rule, []).append(refusal.annotation.id)
    labels = _count(str(s.answer) for s in samples) if template.kind == "choice" else {}
    places = (options[s.annotation.id].index(str(s.answer)) + 1 for s in samples if options)
    free = [sample for sample in samples if template.kind != "choice"]
    return TaskReport(
        file=template.file,
        samples=len(samples),
        refused={rule: len(clips[rule]) for rule in sorted(clips)},
        examples={rule: tuple(clips[rule][:EXAMPLES]) for rule in sorted(clips)},
        said_by=_count(_name_source(sample.said.provenance) for sample in samples),
        drafts=sum(sample.said.provenance.draft for sample in samples),
        labels={label: labels.get(label, 0) for label in template.options},
        majority=_find_majority(labels),
        places=dict(sorted(Counter(places).items())),
        lengths=_measure(template, free),
        languages=_count(map(_name_written, free)) if template.kind != "objects" else {},
        repeated=len(free) - len({sample.answer for sample in free}),
    )


def report_build(
    annotations: Sequence[Annotation], tasks: Mapping[str, TaskReport], clips: int
) -> BuildReport:
    """The report of a build; `clips` is how many of the annotations have a sample."""
    contradictions: dict[str, list[str]] = {}
    for annotation in sorted(annotations, key=lambda each: each.id):
        for _, why in find_contradictions(annotation):
            contradictions.setdefault(why, []).append(annotation.id)
    return BuildReport(
        annotations=len(annotations),
        clips=clips,
        tasks=tasks,
        languages=_count(map(_name_language, annotations)),
        contradictions={why: tuple(ids) for why, ids in sorted(contradictions.items())},
        copies=find_copies(annotations),
    )


def _name_source(provenance: Provenance) -> str:
    if provenance.source == "model":
        return "draft" if provenance.draft else "confirmed"
    return provenance.source


def _name_written(sample: BuiltSample) -> str:
    answer = sample.answer
    return name_language(answer if isinstance(answer, str) else "\n".join(answer))


def _name_language(annotation: Annotation) -> str:
    heard = annotation.audio
    if heard.language is not None:
        return heard.language.value
    silent = heard.speakers is not None and heard.speakers.value == 0
    return "nobody speaks" if silent else "unknown"


def _find_majority(labels: Mapping[str, int]) -> Majority | None:
    if not labels:
        return None
    label = max(labels, key=lambda each: labels[each])
    return Majority(label=label, share=round(labels[label] / sum(labels.values()), 4))


def _measure(template: Template, samples: Sequence[BuiltSample]) -> Lengths | None:
    if not samples:
        return None
    unit = {"text": "words", "objects": "objects", "lines": "lines"}[template.kind]
    sizes = [_size(sample) for sample in samples]
    return Lengths(
        unit=unit,
        least=min(sizes),
        median=float(statistics.median(sizes)),
        mean=round(statistics.fmean(sizes), 2),
        most=max(sizes),
    )


def _size(sample: BuiltSample) -> int:
    """Words of a caption, lines of on-screen text, or objects."""
    if isinstance(sample.answer, tuple):
        return len(sample.answer)
    value = sample.said.value
    return len(value) if isinstance(value, tuple) else len(sample.answer.split())


def _count(things: Iterable[str]) -> dict[str, int]:
    """The most frequent first, equals by name."""
    return dict(sorted(Counter(things).items(), key=lambda item: (-item[1], item[0])))
