"""In which steps is a judge calibrated?

The subset is judged, then the sanity gates, then the subset again for each repeat. Only the first
answers are held against the anchor: a run asks once, too.
"""

from __future__ import annotations

import datetime
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ugcbench.errors import UgcbenchError
from ugcbench.evaluation import Observer, Unobserved, wait_for
from ugcbench.provenance import versions
from ugcbench.specs import Model
from ugcbench.summaries import cell_hash
from ugcbench.types import Prediction, Score
from ugcbench_judging.agreement import Agreement, Scores, measure_agreement, measure_retest
from ugcbench_judging.calibration import Calibration, Expense, JudgedPair, write_calibration
from ugcbench_judging.gates import Gate, GateRule, check_gate, hand_in_gold, shuffle_captions
from ugcbench_judging.judging import Examiner, examining
from ugcbench_judging.pairs import Anchor, Pair, dimensions_of
from ugcbench_judging.sampling import draw_clips, draw_stratified

SIZE = 400
REPEATS = 2


@dataclass(frozen=True, slots=True)
class Design:
    """What is asked: `size` pairs (None is all), each `repeats` times, and the gates."""

    size: int | None = SIZE
    repeats: int = REPEATS
    seed: int = 0
    gates: GateRule = field(default_factory=GateRule)


def calibrate(
    anchor: Anchor,
    judge: str | Model | Sequence[str | Model],
    output: str | Path,
    design: Design | None = None,
    observer: Observer | None = None,
    **asked: Any,  # noqa: ANN401
) -> Calibration:
    """Measure a judge against an anchor and write the report into the directory `output`.

    `asked` are further fields of `ugcbench.requests.Request`, such as `judge_options`,
    `concurrency` or `max_cost`. Called again, it asks only for what has no verdict yet. Raises a
    `UgcbenchError`, among others if the judge gives no verdict at all.
    """
    plan = design or Design()
    work = acalibrate(anchor, judge, Path(output), plan, observer or Unobserved(), **asked)
    return wait_for(work)


async def acalibrate(
    anchor: Anchor,
    judge: str | Model | Sequence[str | Model],
    output: Path,
    design: Design,
    observer: Observer,
    **asked: Any,  # noqa: ANN401
) -> Calibration:
    """`calibrate` as a coroutine."""
    began = time.monotonic()
    subset = draw_stratified(anchor.pairs, design.size, design.seed)
    async with examining(anchor, judge, output, observer, **asked) as examiner:
        answers = await _interrogate(examiner, subset, design)
        calibration = _conclude(anchor, subset, answers, examiner, design, began)
    write_calibration(output, calibration, _judged_pairs(subset, answers.rounds))
    return calibration


@dataclass(frozen=True, slots=True)
class _Answers:
    """The scores of the subset, round by round, and those of the gates with their outcome."""

    rounds: list[list[Score]]
    gates: list[Gate]
    gate_scores: list[Score]


async def _interrogate(examiner: Examiner, subset: Sequence[Pair], design: Design) -> _Answers:
    rounds = [await examiner.ask(subset, "judging")]
    _refuse_silence(examiner, rounds[0])
    gates: list[Gate] = []
    gate_scores: list[Score] = []
    clips = draw_clips(subset, design.gates.size, design.seed)
    if len(clips) > 1:
        shuffled = await examiner.ask(shuffle_captions(clips, design.seed), "shuffled")
        gold = await examiner.ask(hand_in_gold(clips), "gold")
        gates = [
            check_gate("shuffled", shuffled, design.gates),
            check_gate("gold", gold, design.gates),
        ]
        gate_scores = shuffled + gold
    rounds += [
        await examiner.ask(subset, f"again {repeat}", repeat) for repeat in range(1, design.repeats)
    ]
    return _Answers(rounds, gates, gate_scores)


def _refuse_silence(examiner: Examiner, scores: Sequence[Score]) -> None:
    if any(score.status == "ok" for score in scores):
        return
    statuses = ", ".join(f"{status} {n}" for status, n in count_statuses(scores).items())
    raise UgcbenchError(
        f"{examiner.scorer.judge} gave no verdict on any of {len(scores)} answers ({statuses}), "
        f"first of all: {scores[0].note}. Mend that and type the same again: what failed is asked "
        "once more"
    )


def _conclude(
    anchor: Anchor,
    subset: Sequence[Pair],
    answers: _Answers,
    examiner: Examiner,
    design: Design,
    began: float,
) -> Calibration:
    names = anchor.dimensions
    theirs = as_array([pair.scores for pair in subset], names)
    ours = [as_array(map(dimensions_of, scores), names) for scores in answers.rounds]
    agreements = _agreements(theirs, ours[0], subset, design.seed)
    retests = {n: measure_retest([r[at] for r in ours]) for at, n in enumerate(names)}
    everything = [score for scores in answers.rounds for score in scores] + answers.gate_scores
    plan, protocol = examiner.plan, examiner.plan.config.protocol
    return Calibration(
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        task=anchor.task,
        judge=examiner.scorer.judge,
        judge_answered=tuple(sorted({s.judge_model for s in everything if s.judge_model})),
        judge_options=plan.config.judge_options,
        comparable=examiner.scorer.asked.comparable,
        anchor=anchor.judge,
        anchor_revision=anchor.revision,
        anchor_size=len(anchor.pairs),
        systems=anchor.systems,
        rubric=examiner.scorer.rubric.fingerprint,
        protocol=protocol.name,
        protocol_hash=plan.config.protocol_hash,
        rules=cell_hash(examiner.task, protocol),
        size=len(subset),
        seed=design.seed,
        repeats=design.repeats,
        dimensions=dict(zip(names, agreements, strict=False)),
        average=agreements[-1] if len(names) > 1 else None,
        retest={name: retest for name, retest in retests.items() if retest is not None},
        gates=tuple(answers.gates),
        statuses=count_statuses(answers.rounds[0]),
        repeat_statuses=count_statuses(s for again in answers.rounds[1:] for s in again),
        gate_statuses=count_statuses(answers.gate_scores),
        expense=add_up(verdict.prediction for verdict in plan.store.all_verdicts()),
        seconds=round(time.monotonic() - began, 3),
        versions=versions(("scikit-learn", "krippendorff", "scipy")),
    )


def _agreements(
    theirs: Scores,
    ours: Scores,
    pairs: Sequence[Pair],
    seed: int,
) -> list[Agreement]:
    """The agreement in each dimension, and last in their mean, on the pairs with a verdict."""
    known = ~np.isnan(ours).any(axis=0)
    systems = np.array([pair.system for pair in pairs])[known]
    clips = np.array([pair.clip for pair in pairs])[known]
    rows = [*zip(theirs, ours, strict=True), (theirs.mean(axis=0), ours.mean(axis=0))]
    return [
        measure_agreement(anchor[known], judge[known], systems, clips, seed=seed)
        for anchor, judge in rows
    ]


def as_array(scores: Iterable[Mapping[str, float]], names: Sequence[str]) -> Scores:
    """Dimensions x answers, NaN where there is no score."""
    rows = [[parts.get(name, np.nan) for name in names] for parts in scores]
    return np.array(rows, np.float64).reshape(-1, len(names)).T


def count_statuses(scores: Iterable[Score]) -> Mapping[str, int]:
    """How many scores ended in each status."""
    return dict(sorted(Counter(score.status for score in scores).items()))


def add_up(replies: Iterable[Prediction]) -> Expense:
    """What a judge's replies took."""
    stored = list(replies)
    usages = [reply.usage for reply in stored]

    def total(values: Iterable[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    tokens = [total(u.input_tokens for u in usages), total(u.output_tokens for u in usages)]
    return Expense(
        verdicts=len(stored),
        input_tokens=None if tokens[0] is None else int(tokens[0]),
        output_tokens=None if tokens[1] is None else int(tokens[1]),
        usd=total(usage.cost_usd for usage in usages),
        seconds=sum(r.seconds for r in stored) / len(stored) if stored else None,
    )


def _judged_pairs(
    subset: Sequence[Pair], rounds: Sequence[Sequence[Score]]
) -> Iterator[JudgedPair]:
    for pair, first, *again in zip(subset, *rounds, strict=True):
        yield JudgedPair(
            system=pair.system,
            clip=pair.clip,
            sample_id=pair.sample_id,
            status=first.status,
            anchor=pair.scores,
            judge=dimensions_of(first),
            repeats=tuple(dimensions_of(score) for score in again),
        )
