"""How does a finished run become a result card?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ugcbench.complaints import describe
from ugcbench.continuation import kept_options
from ugcbench.datasets import open_dataset
from ugcbench.errors import RunError, UgcbenchError
from ugcbench.plans import RunConfig, own_dataset, read_config
from ugcbench.plugins import Registry
from ugcbench.protocol import digest
from ugcbench.redaction import hide_secrets
from ugcbench.specs import Task
from ugcbench.store import read_records, read_summary
from ugcbench.summaries import cell_hash
from ugcbench.types import Record, Summary
from ugcbench.verification import find_problems
from ugcbench_leaderboard.cards.card import LONGEST_ANSWER, About, Card, CardRecord
from ugcbench_leaderboard.cards.portable import make_portable
from ugcbench_leaderboard.cards.rules import digest_gold, find_samples, make_tasks


@dataclass(frozen=True, slots=True)
class Made:
    """A card, and what its maker should know about it."""

    card: Card
    notices: tuple[str, ...]


def make_card(
    path: Path, registry: Registry, about: About | None = None, *, answers: bool = True
) -> Made:
    """The card of a finished run directory, with the texts of the answers if wanted.

    Raises `RunError` for a run that isn't finished, or isn't whole.
    """
    config, summary = read_config(path), read_summary(path)
    if problems := find_problems(path):
        raise RunError(
            f"{path} is not whole: {problems[0]}; see them all by: ugcbench verify {path}"
        )
    tasks = make_tasks(registry, config.tasks, config.protocol, config.judge)
    gold, why = _digest_gold(path, config, tasks, registry)
    records = [_record(record, answers=answers) for record in read_records(path)]
    head = make_portable(_head(config, summary, tasks, gold))
    given = (about or About()).model_dump()
    try:
        card = Card.model_validate({"about": given, **head, "records": records})
    except ValidationError as error:
        raise RunError(f"{path} can't be put into a card: {describe(error)}") from error
    hidden = sum(record.answer is None and record.sha256 is not None for record in records)
    if hidden and answers:
        why.append(f"{hidden} answers hold a secret, or are too long; their text is left out")
    return Made(card, tuple(why))


def write_out(card: Card) -> str:
    """The card as JSON: the head indented, then one line for each record."""
    head = card.model_dump(mode="json", exclude={"records"})
    text = json.dumps(head, indent=2, ensure_ascii=False).removesuffix("\n}")
    lines = ",\n".join(
        json.dumps(record.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
        for record in card.records
    )
    return f'{text},\n  "records": [\n{lines}\n  ]\n}}\n'


def _head(
    config: RunConfig, summary: Summary, tasks: dict[str, Task], gold: str | None
) -> dict[str, Any]:
    """All of a card but the records, as plain objects."""
    path = config.options.get("path")
    judge = {
        "name": config.judge,
        "shortened": make_portable(config.judge) != config.judge,
        "options": config.judge_options,
    }
    return {
        "system": {
            "model": summary.model,
            "checkpoint": "/".join(Path(path).parts[-2:]) if isinstance(path, str) else None,
            "options": config.options,
        },
        "judge": judge if config.judge else None,
        "clips": {
            "dataset": summary.dataset.rpartition("@")[0],
            "revision": config.dataset_revision,
            "limit": config.limit,
            "subset": config.subset.model_dump() if config.subset else None,
        },
        "protocol": config.protocol.model_dump(mode="json"),
        "hashes": {
            "protocol": config.protocol_hash,
            "media_profile": digest(config.protocol.profile.model_dump(mode="json")),
            "gold": gold,
            "tasks": _task_rules(config, summary, tasks),
        },
        "environment": {
            "created": config.created,
            "versions": dict(summary.versions),
            "git": config.git,
            "executor": config.executor,
            "workers": config.workers,
        },
        "summary": summary.model_dump(mode="json"),
    }


def _task_rules(
    config: RunConfig, summary: Summary, tasks: dict[str, Task]
) -> dict[str, dict[str, object]]:
    """Version and digests of the tasks that are still as they were when the run was scored."""
    scored = {cell.name.partition(":")[0]: cell.protocol_hash for cell in summary.cells}
    return {
        name: {
            "version": task.version,
            "prompt": task.fingerprint,
            "scorer": task.scorer.fingerprint,
        }
        for name, task in tasks.items()
        if cell_hash(task, config.protocol) == scored.get(name)
    }


def _digest_gold(
    path: Path, config: RunConfig, tasks: dict[str, Task], registry: Registry
) -> tuple[str | None, list[str]]:
    """The digest of the gold, or None and the reason why there is none."""
    options = kept_options(config.dataset_options)
    try:
        dataset, _ = open_dataset(registry, own_dataset(path, config), options)
        if dataset.revision != config.dataset_revision:
            return None, ["the dataset changed since the run; the card has no digest of its gold"]
        samples = find_samples(dataset, tasks, config.limit, config.subset)
    except UgcbenchError as error:
        return None, [f"the card has no digest of the gold, which is not at hand: {error}"]
    return digest_gold(samples), []


def _record(record: Record, *, answers: bool) -> CardRecord:
    text = record.prediction.text if answers else None
    shown = (
        text
        if text is not None and len(text) <= LONGEST_ANSWER and hide_secrets(text) == text
        else None
    )
    made = CardRecord.of(record, shown)
    judge = made.score.judge_model
    if judge is None:
        return made
    score = made.score.model_copy(update={"judge_model": make_portable(judge)})
    return made.model_copy(update={"score": score})
