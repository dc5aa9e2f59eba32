"""How does a recording become a run directory like any other?

The run carries its own gold (`gold.jsonl`), so that it can be scored again wherever it is. Verdicts
are stored under the address at which the released rubric would ask for them, so that scoring finds
them by the ordinary road.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ugcbench import Clip, Judge, Prediction, Registry, Sample, Setting, get_protocol
from ugcbench.errors import UsageError
from ugcbench.models import address
from ugcbench.plans import RunConfig
from ugcbench.plugins import create
from ugcbench.provenance import versions
from ugcbench.scorers.judge import JudgedScorer
from ugcbench.specs import Dataset, Task
from ugcbench.store import Store, replace_text
from ugcbench.types import Verdict
from ugcbench_tasks.importing.recording import Recording
from ugcbench_tasks.table import Table

JUDGE = "gpt-4o-2024-08-06"
"""Who gave the released verdicts (paper section 5)."""

UNKNOWN = "(the release has no reference for this clip)"
GOLD = "gold.jsonl"


def write_run(
    recording: Recording,
    clips: Sequence[Clip],
    path: Path,
    *,
    protocol: str,
    dataset: str,
    judge: str | None,
    registry: Registry,
) -> None:
    """Write a run directory with configuration, gold, predictions and verdicts.

    `clips` is the gold; captions of other clips get a placeholder reference, since the release
    scores one. `judge` is the full name of the run's judge, or None. Raises `UsageError` if `path`
    exists.
    """
    if path.exists():
        raise UsageError(f"{path} is there already; choose another --output, or remove it")
    path.mkdir(parents=True)
    replace_text(path / GOLD, "".join(gold_lines(clips, recording)))
    gold = Table(path / GOLD, name=dataset)
    with Store(path) as store:
        store.write_config(_config(recording, gold, protocol, judge, registry))
        for prediction in recording.predictions.values():
            store.predictions.append(prediction)
        if recording.verdicts:
            for verdict in _verdicts(recording, gold, protocol, registry):
                store.verdicts.append(verdict)


def gold_lines(clips: Iterable[Clip], recording: Recording) -> Iterable[str]:
    """The lines of a run's own gold: everything that is known of the clips, media left out."""
    captioned = {sample for task, sample in recording.predictions if task == "ugc/caption"}
    for clip in clips:
        gold = {key: entry.model_dump(exclude_defaults=True) for key, entry in clip.gold.items()}
        if clip.id in captioned:
            gold.setdefault("final_caption", {"answer": UNKNOWN})
            captioned.remove(clip.id)
        yield json.dumps({"id": clip.id, **gold}, ensure_ascii=False) + "\n"
    for sample in sorted(captioned):
        yield json.dumps({"id": sample, "final_caption": UNKNOWN}) + "\n"


def _config(
    recording: Recording, gold: Dataset, protocol: str, judge: str | None, registry: Registry
) -> RunConfig:
    rules = get_protocol(protocol)
    return RunConfig(
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        source="recorded",
        model=recording.system,
        options={},
        tasks=tuple(recording.tasks),
        dataset=GOLD,
        dataset_revision=gold.revision,
        dataset_options={"name": gold.name},
        judge=judge,
        judge_options={},
        protocol=rules,
        protocol_hash=rules.hash(),
        limit=None,
        concurrency=8,
        attempts=1,
        timeout=None,
        versions=versions(info.distribution for info in registry.plugins if info.distribution),
        git=None,
    )


def _verdicts(
    recording: Recording, gold: Dataset, protocol: str, registry: Registry
) -> Iterable[Verdict]:
    setting = Setting(get_protocol(protocol), Judge(JUDGE, _Nobody(), recorded=True))
    tasks = {task for task, _ in recording.verdicts}
    built: list[Task] = [create(registry.task(name), setting=setting) for name in sorted(tasks)]
    for clip in gold:
        for task in built:
            sample = task.sample(clip)
            fields = recording.verdicts.get((task.name, clip.id))
            answer = recording.predictions.get((task.name, clip.id))
            if sample is not None and fields is not None and answer is not None:
                yield _verdict(task, sample, answer, fields)


def _verdict(
    task: Task, sample: Sample, answer: Prediction, fields: Mapping[str, object]
) -> Verdict:
    if not isinstance(task.scorer, JudgedScorer):
        raise UsageError(f"{task.name} is not judged, so it can have no recorded verdicts")
    reply = Prediction(task=task.name, sample_id=sample.id, text=json.dumps(fields), model=JUDGE)
    key = address(JUDGE, task.scorer.prompt(sample, answer))
    return Verdict(key=key, judge=JUDGE, prediction=reply)


class _Nobody:
    """Stands for a judge that is never asked."""

    async def generate(self, prompt: object) -> Prediction:
        """Refuse."""
        raise UsageError("recorded verdicts are not asked for")

    async def close(self) -> None:
        """Nothing is held."""
