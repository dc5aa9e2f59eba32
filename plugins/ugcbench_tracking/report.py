"""What of a run is a tracker told?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ugcbench.plans import RunConfig, read_config
from ugcbench.redaction import hide_secrets, redact
from ugcbench.results import Result
from ugcbench.types import Cell, Record, Summary, Usage

Value = str | int | float | bool
HEADERS = ("task", "sample", "clip", "status", "score", "answer", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A finished run as trackers are told of it.

    `id` stays the same when the run is resumed, scored again or moved, and is another one's for
    any other run: it is a hash of run.json. `path` is the run directory, `name` how it was called
    when it was scored. `numbers` are None where there is none; groups stand before a slash:
    `score/<cell>`, or `error/<cell>` where lower is better, `low/`, `high/`, `n/` and so on, with
    values as in summary.json. `config` holds no keys. `samples` are rows under `HEADERS`.
    """

    id: str
    name: str
    path: Path
    title: str
    table: str
    numbers: Mapping[str, float | None]
    config: Mapping[str, Value]
    samples: Sequence[Sequence[str]]

    @property
    def known(self) -> Mapping[str, float]:
        """The numbers that there are."""
        return {name: value for name, value in self.numbers.items() if value is not None}


def read_report(path: Path, samples: int = 0) -> Report:
    """The report of a finished run directory, with at most so many samples; raises `RunError`."""
    config, result = read_config(path), Result.load(path)
    return Report(
        id=hashlib.blake2b((path / "run.json").read_bytes(), digest_size=8).hexdigest(),
        name=result.summary.run,
        path=path,
        title=hide_secrets(result.title),
        table=hide_secrets(result.table("md")),
        numbers=dict(_numbers(result.summary)),
        config=dict(_config(config, result.summary)),
        samples=[_row(record) for record in _chosen(result, samples)],
    )


def _numbers(summary: Summary) -> Iterator[tuple[str, float | None]]:
    yield "average", summary.average
    for cell in summary.cells:
        yield from _of_cell(cell)
    yield "model/answers", summary.requests
    yield from _of_usage("model", summary.usage)
    yield from _of_usage("judge", summary.judge_usage)


def _of_cell(cell: Cell) -> Iterator[tuple[str, float | None]]:
    name = cell.name
    yield f"{'error' if cell.lower_is_better else 'score'}/{name}", cell.value
    yield f"low/{name}", cell.low
    yield f"high/{name}", cell.high
    yield f"n/{name}", cell.n
    yield f"coverage/{name}", cell.coverage
    yield f"disagreement/{name}", cell.disagreement
    yield f"constant/{name}", cell.baseline


def _of_usage(who: str, usage: Usage) -> Iterator[tuple[str, float | None]]:
    yield f"{who}/attempts", usage.attempts
    yield f"{who}/tokens_in", usage.input_tokens
    yield f"{who}/tokens_out", usage.output_tokens
    yield f"{who}/cost_usd", usage.cost_usd


def _config(config: RunConfig, summary: Summary) -> Iterator[tuple[str, Value]]:
    """What was run under which rules; what there isn't is left out."""
    judges = sorted({name for cell in summary.cells for name in cell.judge_answered})
    found: dict[str, Value | None] = {
        "model": summary.model,
        "model_answered": " + ".join(summary.model_answered),
        "dataset": summary.dataset,
        "tasks": ",".join(config.tasks),
        "protocol": config.protocol.name,
        "protocol_hash": config.protocol_hash,
        "judge": config.judge,
        "judge_answered": " + ".join(judges),
        "comparable": all(cell.comparable for cell in summary.cells),
        "source": summary.source,
        "limit": config.limit,
        "subset": None if config.subset is None else config.subset.model_dump_json(),
        "options": _write(config.options),
        "dataset_options": _write(config.dataset_options),
        "judge_options": _write(config.judge_options),
        "created": str(config.created),
        "git": config.git,
        **{f"versions/{name}": version for name, version in config.versions.items()},
    }
    for name, value in found.items():
        if value is not None and value != "":
            yield name, hide_secrets(value) if isinstance(value, str) else value


def _write(options: Mapping[str, object]) -> str:
    return json.dumps(redact(options), sort_keys=True, ensure_ascii=False) if options else ""


def _chosen(result: Result, wanted: int) -> Iterator[Record]:
    """The first records of each task, as many of one as of another, in the order of the run."""
    if not wanted:
        return
    of_task = dict.fromkeys((cell.name.partition(":")[0] for cell in result.summary.cells), 0)
    share, rest = divmod(wanted, max(len(of_task), 1))
    quota = {task: share + (place < rest) for place, task in enumerate(of_task)}
    for record in result.records():
        if of_task.get(record.task, 0) < quota.get(record.task, 0):
            of_task[record.task] += 1
            yield record


def _row(record: Record) -> tuple[str, ...]:
    score, failure = record.score, record.prediction.failure
    told = (
        record.task,
        record.sample_id,
        record.clip,
        score.status,
        "" if score.value is None else f"{score.value:.4g}",
        record.prediction.text or "",
        score.note or (failure.message if failure else ""),
    )
    return tuple(map(hide_secrets, told))
