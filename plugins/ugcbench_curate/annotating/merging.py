"""How do a model's replies become drafts in annotations, without touching what a person said?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ugcbench.plans import Plan
from ugcbench.types import Prediction, Usage
from ugcbench_curate.annotating.draft_report import DraftReport, FieldReport
from ugcbench_curate.annotating.stages import Stage, read_reply
from ugcbench_curate.annotations import Annotation, Provenance
from ugcbench_curate.fields import FIELDS, AnnotationField, AnySaid, get_said, set_said


@dataclass(frozen=True, slots=True)
class Wish:
    """Which fields are to be drafted; `again` those too that a model drafted before.

    A reply that can't be read in full is asked for again up to `reasks` times.
    """

    fields: tuple[AnnotationField, ...] = tuple(FIELDS.values())
    again: bool = False
    reasks: int = 1

    def is_open(self, annotation: Annotation, path: str) -> bool:
        """Whether a draft may be set in a field of an annotation."""
        said = get_said(annotation, path)
        return said is None or (self.again and said.provenance.draft)


def merge_drafts(
    annotations: Sequence[Annotation], stages: Sequence[Stage], wish: Wish, plan: Plan
) -> tuple[tuple[Annotation, ...], DraftReport]:
    """All annotations with the drafts that are stored in a plan's run, and what came of them."""
    tally = _Tally(plan.config.model)
    merged = []
    for annotation in annotations:
        drafts: dict[str, AnySaid] = {}
        for stage in stages:
            drafts |= _read_drafts(annotation, stage, wish, plan, tally)
        merged.append(add_drafts(annotation, drafts, wish))
    return tuple(merged), tally.report(len(annotations))


def add_drafts(annotation: Annotation, drafts: Mapping[str, AnySaid], wish: Wish) -> Annotation:
    """The annotation with those drafts that may be set; all else stays as it was."""
    return set_said(
        annotation, {path: said for path, said in drafts.items() if wish.is_open(annotation, path)}
    )


def name_round(stage: Stage, number: int) -> str:
    """What a stage is called in the run when it is asked for the (number + 1)th time."""
    return stage.name if number == 0 else f"{stage.name}/{number + 1}"


def _read_drafts(
    annotation: Annotation, stage: Stage, wish: Wish, plan: Plan, tally: _Tally
) -> Mapping[str, AnySaid]:
    """What the replies about a clip say; of two that say something in a field the later counts."""
    drafts: dict[str, AnySaid] = {}
    problems: tuple[str, ...] = ()
    replies = list(_find_replies(annotation, stage, wish, plan))
    for reply in replies:
        tally.add_reply(reply)
        if reply.text is not None:
            provenance = _name_source(reply, plan)
            reading = read_reply(stage, reply.text, provenance)
            drafts |= reading.said
            problems = reading.problems
    tally.add_clip(annotation, stage, wish, drafts, asked=bool(replies))
    tally.unread += [f"{annotation.id}: {stage.group}: {problem}" for problem in problems]
    return drafts


def _find_replies(
    annotation: Annotation, stage: Stage, wish: Wish, plan: Plan
) -> Iterator[Prediction]:
    for number in range(wish.reasks + 1):
        stored = plan.store.prediction(name_round(stage, number), annotation.id)
        if stored is not None:
            yield stored


def _name_source(reply: Prediction, plan: Plan) -> Provenance:
    asked = plan.config.model
    answered = None if reply.model in (None, asked) else reply.model
    return Provenance(source="model", model=asked, answered=answered, at=plan.config.created)


class _Tally:
    """Counts what became of each field, and what it took."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.answered: set[str] = set()
        self.drafted: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()
        self.unsaid: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.unread: list[str] = []
        self.usages: list[Usage] = []

    def add_reply(self, reply: Prediction) -> None:
        self.usages.append(reply.usage)
        if reply.failure is not None:
            told = f"{reply.sample_id}: {reply.failure.message}"
            self.failures[reply.failure.kind] += 1
            self.examples.setdefault(reply.failure.kind, told)
        elif reply.model is not None:
            self.answered.add(reply.model)

    def add_clip(
        self,
        annotation: Annotation,
        stage: Stage,
        wish: Wish,
        drafts: Mapping[str, AnySaid],
        *,
        asked: bool,
    ) -> None:
        for field in stage.fields:
            if not wish.is_open(annotation, field.path):
                self.kept[field.path] += 1
            elif field.path in drafts:
                self.drafted[field.path] += 1
            elif asked:
                self.unsaid[field.path] += 1

    def report(self, clips: int) -> DraftReport:
        paths = [p for p in FIELDS if self.kept[p] or self.drafted[p] or self.unsaid[p]]
        fields = {
            path: FieldReport(
                drafted=self.drafted[path], kept=self.kept[path], unsaid=self.unsaid[path]
            )
            for path in paths
        }
        costs = [usage.cost_usd for usage in self.usages if usage.cost_usd is not None]
        return DraftReport(
            model=self.model,
            answered=tuple(sorted(self.answered)),
            clips=clips,
            fields=fields,
            unread=tuple(self.unread),
            failures=dict(self.failures),
            examples=self.examples,
            replies=len(self.usages),
            input_tokens=sum(usage.input_tokens or 0 for usage in self.usages),
            output_tokens=sum(usage.output_tokens or 0 for usage in self.usages),
            cost_usd=sum(costs) if costs else None,
        )
