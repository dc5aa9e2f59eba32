"""Which answers become rows, and what became of all other clips?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import tabulate

from ugcbench.evaluation import WORTH_ASKING_AGAIN
from ugcbench.plans import Plan
from ugcbench.protocol import digest
from ugcbench.store import replace_text
from ugcbench.types import Frozen, Prediction, Prompt, Usage
from ugcbench_train.data.files import write_rows
from ugcbench_train.data.official import OfficialFormat
from ugcbench_train.distillation.gates import Fault, Gates, same_caption
from ugcbench_train.distillation.gathering import Gathered, LeftOut, leave_out
from ugcbench_train.distillation.sources import Source
from ugcbench_train.rows import Row

ROWS = "rows.jsonl"
LEFT_OUT = "rejected.jsonl"
REPORT = "distillation.json"


class Distillation(Frozen):
    """What a teacher was asked, and what came of it; kept as distillation.json.

    Every one of the `clips` that were named is counted once: `accepted` became rows, `rejected`
    and `failed` count reasons, `unasked` were not reached. What failed is asked again by the same
    command, what was rejected is not. `answered` counts the models that replied, `usage` is the sum
    over all answers that are stored for these clips.
    """

    created: str
    teacher: str
    answered: Mapping[str, int]
    task: str
    protocol: str
    clips: int
    accepted: int
    rejected: Mapping[str, int]
    failed: Mapping[str, int]
    unasked: int
    usage: Usage
    files: tuple[str, ...]

    def table(self) -> str:
        """The counts as text."""
        reasons = [
            *((f"rejected: {reason}", count) for reason, count in self.rejected.items()),
            *((f"failed: {reason}", count) for reason, count in self.failed.items()),
        ]
        replies = [(f"answers of {model}", count) for model, count in self.answered.items()]
        used = self.usage
        rows = [
            ("clips named", self.clips),
            ("accepted as rows", self.accepted),
            *reasons,
            *([("not asked yet", self.unasked)] if self.unasked else []),
            *replies,
            ("requests", used.attempts),
            ("tokens in, out", f"{used.input_tokens:,}, {used.output_tokens:,}"),
            *([("US dollars", f"{used.cost_usd:.4f}")] if used.cost_usd else []),
        ]
        return str(tabulate.tabulate(rows, tablefmt="plain"))


class Harvest:
    """Sorts answers into rows and clips left out, in the order of the clips."""

    def __init__(self, plan: Plan, gates: Gates) -> None:
        self.rows: list[Row] = []
        self.left_out: list[LeftOut] = []
        self.unasked = 0
        self.answered: Counter[str] = Counter()
        self.usage = Usage(input_tokens=0, output_tokens=0, attempts=0)
        self._plan = plan
        self._gates = gates
        self._captions: dict[str, str] = {}

    def add(self, clip: Source, prompt: Prompt, answer: Prediction | None) -> None:
        """Take what the teacher said about a clip, None if it was not asked."""
        if answer is None:
            self.unasked += 1
            return
        self._count(answer)
        fault = _explain_failure(clip, answer) or self._gates.find_fault(answer)
        fault = fault or self._find_twin(clip, answer)
        if fault is None:
            self.rows.append(self._row(clip, prompt, answer))
            return
        again = answer.failure is not None and answer.failure.status in WORTH_ASKING_AGAIN
        self.left_out.append(leave_out(clip, *fault, caption=answer.text, again=again))

    def _count(self, answer: Prediction) -> None:
        if answer.model:
            self.answered[answer.model] += 1
        new, old = answer.usage, self.usage
        self.usage = Usage(
            input_tokens=(old.input_tokens or 0) + (new.input_tokens or 0),
            output_tokens=(old.output_tokens or 0) + (new.output_tokens or 0),
            cost_usd=_add_known(old.cost_usd, new.cost_usd),
            attempts=old.attempts + new.attempts,
        )

    def _find_twin(self, clip: Source, answer: Prediction) -> Fault | None:
        """Two clips differ: of captions that don't, only the first can be meant."""
        first = self._captions.setdefault(same_caption(answer.text or ""), clip.id)
        if first == clip.id:
            return None
        return Fault("duplicate_caption", f"the same words as those for {first}")

    def _row(self, clip: Source, prompt: Prompt, answer: Prediction) -> Row:
        return Row(
            id=clip.id,
            video=clip.path,
            prompt=prompt.text,
            caption=(answer.text or "").strip(),
            sha256=clip.sha256,
            url=clip.url,
            provenance=_provenance(self._plan, prompt, answer),
        )


def harvest(
    plan: Plan, gathered: Gathered, gates: Gates, styles: Sequence[OfficialFormat] = ()
) -> Distillation:
    """Read what is stored of the gathered clips; write rows, left-out clips and the report.

    Rows are written in the official `styles` as well.
    """
    crop = Harvest(plan, gates)
    for clip, (task, sample) in zip(gathered.clips, plan.work(), strict=True):
        crop.add(clip, task.prompt(sample), plan.store.prediction(task.name, sample.id))
    left_out = (*gathered.left_out, *crop.left_out)
    folder = plan.store.path
    write_rows(crop.rows, folder / ROWS)
    for style in styles:
        write_rows(crop.rows, folder / f"{style}.jsonl", style)
    replace_text(folder / LEFT_OUT, "".join(f"{line.model_dump_json()}\n" for line in left_out))
    report = Distillation(
        created=plan.config.created,
        teacher=plan.config.model,
        answered=dict(crop.answered.most_common()),
        task=plan.config.tasks[0],
        protocol=f"{plan.config.protocol.name}@{plan.config.protocol_hash}",
        clips=len(crop.rows) + len(left_out) + crop.unasked,
        accepted=len(crop.rows),
        rejected=dict(Counter(line.reason for line in left_out if not line.again).most_common()),
        failed=dict(Counter(line.reason for line in left_out if line.again).most_common()),
        unasked=crop.unasked,
        usage=crop.usage,
        files=(ROWS, LEFT_OUT, *(f"{style}.jsonl" for style in styles)),
    )
    replace_text(folder / REPORT, report.model_dump_json(indent=2) + "\n")
    return report


def _add_known(one: float | None, other: float | None) -> float | None:
    """The sum of two amounts, None where neither is known: no price is not no cost."""
    return other if one is None else one + (other or 0.0)


def _explain_failure(clip: Source, answer: Prediction) -> Fault | None:
    """Why an answer is none, or one about another clip."""
    if answer.failure is not None:
        return Fault(answer.failure.kind, answer.failure.message)
    if answer.receipt is not None and answer.receipt.sha256 != clip.sha256:
        return Fault("clip_changed", "the file was replaced while the teacher was asked")
    return None


def _provenance(plan: Plan, prompt: Prompt, answer: Prediction) -> Mapping[str, Any]:
    """Who wrote a caption, and from what; nothing in it changes when a distillation goes on.

    `created` is when the distillation began, `receipt` the digest of what was read from the clip.
    """
    config, receipt = plan.config, answer.receipt
    return {
        "teacher": config.model,
        "answered": answer.model,
        "options": dict(config.options),
        "prompt": digest(prompt.text, 32),
        "sampling": prompt.sampling.model_dump(mode="json", exclude_none=True),
        "protocol": f"{config.protocol.name}@{config.protocol_hash}",
        "profile": f"{prompt.profile.name}@{prompt.profile.version}" if prompt.profile else None,
        "receipt": digest(receipt.model_dump(mode="json"), 32) if receipt else None,
        "sent": receipt.sent if receipt else None,
        "question": answer.sample_id,
        "input_tokens": answer.usage.input_tokens,
        "output_tokens": answer.usage.output_tokens,
        "created": config.created,
        "ugcbench": config.versions.get("ugcbench"),
    }
