"""How does a model draft what nobody has said about a clip yet?

It is asked stage by stage about each clip (`stages`), through the core's retries, rate limit and
budget, and all that it replies is stored in a run directory as soon as it comes: drafting that was
killed goes on and asks for nothing twice. What a person said is never asked for nor replaced, and
what a model drafted before only `again`. A detector that is no language model enters in the same
way: as a registered model whose spec names the fields that it `annotates`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from ugcbench.errors import UsageError
from ugcbench.evaluation import Observer, Unobserved, ask, prepared, wait_for
from ugcbench.plans import Plan, read_config
from ugcbench.plugins import Registry
from ugcbench.protocol import digest
from ugcbench.requests import Request, name_of
from ugcbench.specs import Column, Model, Task
from ugcbench.types import Clip, Prediction, Prompt, Sample, Score
from ugcbench_curate.annotating.draft_report import DraftReport
from ugcbench_curate.annotating.files import find_media, relocate, write_annotations
from ugcbench_curate.annotating.merging import Wish, merge_drafts, name_round
from ugcbench_curate.annotating.stages import Stage, read_reply
from ugcbench_curate.annotations import Annotation, Provenance
from ugcbench_curate.fields import GROUPS, AnnotationField, find_fields

RESULT = "annotations.jsonl"
"""What the drafted annotations are called in the output directory."""

Round: TypeAlias = Sequence[tuple[Stage, Task]]


def draft(
    annotations: Sequence[Annotation],
    model: str | Model,
    output: Path,
    *,
    folder: Path,
    wish: Wish | None = None,
    observer: Observer | None = None,
    **asked: Any,  # noqa: ANN401
) -> DraftReport:
    """Draft fields of annotations, whose clips are found from `folder`, into `output`.

    `asked` are further fields of `ugcbench.requests.Request`, such as `options`, `concurrency`,
    `max_cost` or `limit`. Called again, it goes on. The directory holds the run and, at the end or
    when a budget or the user ends it, `annotations.jsonl`: all annotations with their drafts.
    Raises a `UgcbenchError`; what was replied until then is kept.
    """
    work = adraft(annotations, model, output, folder, wish or Wish(), observer, **asked)
    return wait_for(work)


async def adraft(
    annotations: Sequence[Annotation],
    model: str | Model,
    output: Path,
    folder: Path,
    wish: Wish,
    observer: Observer | None = None,
    **asked: Any,  # noqa: ANN401
) -> DraftReport:
    """`draft` as a coroutine."""
    registry = asked.pop("registry", None) or Registry()
    first = _plan_round(plan_stages(wish.fields, model, registry), annotations, wish)
    if not first:
        raise UsageError(
            "nothing is left to draft: every field that was wished for says something; "
            "--again replaces what models drafted before"
        )
    clips = _Clips(annotations, folder)
    tasks = [task for _, task in first]
    request = Request(model=model, tasks=tasks, dataset=clips, registry=registry, **asked)
    observer = observer or Unobserved()
    async with prepared(_placed(request, output), observer) as plan:
        try:
            await _ask_all(plan, first, wish.reasks, observer)
        finally:
            stages = [stage for stage, _ in first]
            drafted, report = merge_drafts(annotations, stages, wish, plan)
            write_annotations(output / RESULT, (relocate(d, folder, output) for d in drafted))
    return report


def plan_stages(
    fields: Iterable[AnnotationField], model: str | Model, registry: Registry
) -> tuple[Stage, ...]:
    """The stages in which a model is asked for fields; raises `UsageError` if it drafts none."""
    wanted = tuple(fields)
    claimed = registry.model(model).annotates if isinstance(model, str) else ()
    if claimed:
        able = find_fields(claimed)
        wanted = tuple(each for each in wanted if each in able)
        if not wanted:
            raise UsageError(f"{model} drafts nothing but {', '.join(claimed)}; see --fields")
    groups = ((group, tuple(f for f in wanted if f.group == group)) for group in GROUPS)
    return tuple(Stage(group, within) for group, within in groups if within)


def _plan_round(stages: Iterable[Stage], annotations: Sequence[Annotation], wish: Wish) -> Round:
    """The first questions: each stage about the clips in which it may set anything."""
    planned = []
    for stage in stages:
        clips = {
            each.id
            for each in annotations
            if any(wish.is_open(each, field.path) for field in stage.fields)
        }
        if clips:
            planned.append((stage, _make_task(stage, 0, clips, stage.prompt)))
    return planned


def _make_task(
    stage: Stage, number: int, clips: Container[str], prompt: Callable[[Sample], Prompt]
) -> Task:
    """The question of a stage about some clips."""

    def find_sample(clip: Clip) -> Sample | None:
        return (
            Sample(id=clip.id, clip=clip.id, media=clip.media, answer="")
            if clip.id in clips
            else None
        )

    def ask_about(sample: Sample) -> Prompt:
        return prompt(sample).model_copy(update={"task": name_round(stage, number)})

    return Task(
        name=name_round(stage, number),
        version=1,
        sample=find_sample,
        prompt=ask_about,
        scorer=_Readability(stage),
        columns=(Column(stage.group),),
        fingerprint=stage.name,
    )


async def _ask_all(plan: Plan, first: Round, reasks: int, observer: Observer) -> None:
    """Ask about every clip, and again about those whose replies can't be read in full."""
    planned = first
    for number in range(1, reasks + 2):
        plan = replace(plan, tasks=tuple(task for _, task in planned))
        await ask(plan, observer)
        found = [(stage, await _ask_again(plan, stage, task, number)) for stage, task in planned]
        planned = [(stage, task) for stage, task in found if task is not None]
        if not planned:
            return


async def _ask_again(plan: Plan, stage: Stage, asked: Task, number: int) -> Task | None:
    """The question about the replies to `asked` that can't be read in full, if there are any."""
    prompts: dict[str, Prompt] = {}
    for clip in plan.clips():
        sample = asked.sample(clip)
        reply = plan.store.prediction(asked.name, clip.id)
        if sample is None or reply is None:
            continue
        score = await asked.scorer.score(sample, reply)
        if score.status == "malformed":
            prompts[clip.id] = stage.prompt_again(sample, reply.text or "", score.note or "")
    if not prompts:
        return None
    return _make_task(stage, number, prompts, lambda sample: prompts[sample.id])


@dataclass(frozen=True, slots=True)
class _Readability:
    """Scores whether a reply can be read in full; the note says what in it can't."""

    stage: Stage
    judge: None = None

    @property
    def fingerprint(self) -> str:
        return self.stage.name

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        if prediction.failure is not None:
            return Score(status=prediction.failure.status, note=prediction.failure.message)
        anybody = Provenance(source="model", model="-")
        problems = read_reply(self.stage, prediction.text or "", anybody).problems
        if problems:
            return Score(status="malformed", note="; ".join(problems))
        return Score(status="ok", value=1.0)


@dataclass(frozen=True)
class _Clips:
    """The annotated clips as a dataset without gold."""

    annotations: Sequence[Annotation]
    folder: Path
    name: str = "annotations"

    @property
    def revision(self) -> str:
        """Changes with the clips, not with what is said about them."""
        return digest([(each.id, each.media) for each in self.annotations])

    def __iter__(self) -> Iterator[Clip]:
        for each in self.annotations:
            yield Clip(id=each.id, media=str(find_media(each, self.folder)), gold={})


def _placed(request: Request, output: Path) -> Request:
    """The request with a fresh output directory, or with the one that it goes on with.

    Raises `UsageError` for a directory of another model's drafts.
    """
    if not (output / "run.json").exists():
        return replace(request, output=output)
    stored = read_config(output).model
    if stored != name_of(request.model):
        raise UsageError(f"{output} holds drafts of {stored}; choose another --output")
    return replace(request, resume=output)
