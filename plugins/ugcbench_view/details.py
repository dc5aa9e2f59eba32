"""What is there to see of each sample: prompt, answers, reference, verdicts?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import ConfigDict

from ugcbench.scorers.judge import JudgeVerdict, read_verdict
from ugcbench.types import Record, Score, Usage, Verdict
from ugcbench_view.catalogue import Catalogue, outcome_of
from ugcbench_view.pathless import strip_failure, strip_paths
from ugcbench_view.questions import Question, Questions
from ugcbench_view.reading import RunFiles
from ugcbench_view.shapes import AnswerShown, Chunk, Detail, PromptShown, VerdictShown

PER_CHUNK = 24
"""Samples in a chunk: with four runs of captions, some 200 kB."""


class AnyVerdict(JudgeVerdict):
    """What any rubric may ask a judge for."""

    model_config = ConfigDict(extra="allow")


def make_chunks(
    runs: Sequence[RunFiles], questions: Sequence[Questions], catalogue: Catalogue
) -> Iterator[Chunk]:
    """The details of all entries in order, `PER_CHUNK` at a time."""
    for start in range(0, len(catalogue.keys), PER_CHUNK):
        prompts: dict[str, tuple[int, PromptShown]] = {}
        entries = range(start, min(start + PER_CHUNK, len(catalogue.keys)))
        details = tuple(_detail(entry, runs, questions, catalogue, prompts) for entry in entries)
        yield Chunk(prompts=tuple(shown for _, shown in prompts.values()), details=details)


def _detail(
    entry: int,
    runs: Sequence[RunFiles],
    questions: Sequence[Questions],
    catalogue: Catalogue,
    prompts: dict[str, tuple[int, PromptShown]],
) -> Detail:
    task, sample = catalogue.keys[entry]
    asked = [known.find(task, sample) for known in questions]
    first = next((question for question in asked if question is not None), None)
    return Detail(
        entry=entry,
        task=task,
        sample=sample,
        clip=catalogue.clips[catalogue.clip_of[entry]],
        reference=first.reference if first else None,
        question=first.wording if first else None,
        choices=first.choices if first else (),
        runs=tuple(
            _answer(run, record, question, first, prompts)
            if (record := run.record(task, sample)) is not None
            else None
            for run, question in zip(runs, asked, strict=True)
        ),
    )


def _answer(
    run: RunFiles,
    record: Record,
    question: Question | None,
    first: Question | None,
    prompts: dict[str, tuple[int, PromptShown]],
) -> AnswerShown:
    said, score = record.prediction, record.score
    asked = run.prediction(record.task, record.sample_id)
    differs = question is not None and first is not None and question.reference != first.reference
    return AnswerShown(
        prompt=_place(question.prompt, prompts) if question else None,
        text=said.text,
        failure=strip_failure(said.failure),
        model=strip_paths(said.model) if said.model else None,
        finish=said.finish,
        usage=asked.usage if asked else Usage(),
        seconds=asked.seconds if asked and not run.recorded else None,
        outcome=outcome_of(score),
        value=score.value,
        parts=score.parts,
        disagreement=score.disagreement,
        judge_model=score.judge_model,
        note=_note(score),
        verdicts=tuple(
            _verdict(verdict)
            for address in score.verdicts
            if (verdict := run.verdict(address)) is not None
        ),
        receipt=said.receipt,
        expected=question.reference if question and differs else None,
    )


def _place(prompt: PromptShown, prompts: dict[str, tuple[int, PromptShown]]) -> int:
    """Where a prompt stands in its chunk, which holds each but once."""
    return prompts.setdefault(prompt.model_dump_json(), (len(prompts), prompt))[0]


def _note(score: Score) -> str | None:
    if score.note is None or score.status == "ok":
        return score.note
    return strip_paths(score.note)


def _verdict(verdict: Verdict) -> VerdictShown:
    reply = verdict.prediction
    try:
        fields = read_verdict(reply.text or "", AnyVerdict).model_dump()
    except ValueError:
        fields = None
    reason = fields.pop("reason") if fields and isinstance(fields.get("reason"), str) else None
    return VerdictShown(
        judge=strip_paths(verdict.judge),
        model=strip_paths(reply.model) if reply.model else None,
        fields=fields,
        reason=reason,
        text=reply.text,
        failure=strip_failure(reply.failure),
        usage=reply.usage,
        seconds=reply.seconds,
    )
