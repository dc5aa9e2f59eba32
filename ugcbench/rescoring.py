"""How is a run scored again without asking its model?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ugcbench.continuation import kept_options
from ugcbench.errors import UsageError
from ugcbench.evaluation import Observer, Unobserved, prepared, score, wait_for
from ugcbench.plans import Plan, own_dataset, read_config
from ugcbench.requests import Request
from ugcbench.results import Result
from ugcbench.store import read_records, read_typed
from ugcbench.types import Prediction, Verdict


def rescore(
    path: str | Path,
    observer: Observer | None = None,
    **request: Any,  # noqa: ANN401
) -> Result:
    """Score the stored predictions of a run again; stored verdicts are reused.

    The keyword arguments are fields of `ugcbench.requests.Request` that replace the run's own.
    Another `judge`, number of `votes`, `quorum`, `protocol` or choice of `tasks` needs `output`, a
    new run directory; otherwise the run's records and summary are written anew in place. Of another
    `protocol` only the rules of scoring are taken: what the model saw stays what it was. Raises a
    `UgcbenchError`.
    """
    return wait_for(_rescore(Path(path), observer or Unobserved(), request))


def retry_judge(
    path: str | Path,
    observer: Observer | None = None,
    **request: Any,  # noqa: ANN401
) -> Result:
    """Ask the judge of a run again where it gave no verdict, and only there.

    What it did say and could not be read is forgotten; all other verdicts come from the store. The
    keyword arguments are those of `rescore`. Raises a `UgcbenchError`.
    """
    unread = {
        address
        for record in read_records(Path(path))
        if record.score.source == "judge" and record.score.value is None
        for address in record.score.verdicts
    }
    return rescore(path, observer, ask_again=frozenset(unread), **request)


async def _rescore(path: Path, observer: Observer, given: Mapping[str, Any]) -> Result:
    async with prepared(_request(path, given), observer, asking=False) as plan:
        if plan.store.path != path:
            _copy_answers(path, plan)
        return await score(plan, observer)


def _request(path: Path, given: Mapping[str, Any]) -> Request:
    stored = read_config(path)
    if "output" not in given:
        changes = sorted({"judge", "protocol", "tasks", "votes", "quorum"} & set(given))
        if changes:
            raise UsageError(f"another {' or '.join(changes)} needs a new run: --output NEW_DIR")
        return Request(resume=path, **given)
    kept = {
        "model": stored.model,
        "options": kept_options(stored.options),
        "tasks": stored.tasks,
        "dataset": own_dataset(path, stored),
        "dataset_options": kept_options(stored.dataset_options),
        "judge": stored.judge,
        "judge_options": {} if "judge" in given else kept_options(stored.judge_options),
        "protocol": stored.protocol,
        "limit": stored.limit,
        "subset": stored.subset.size if stored.subset else None,
        "subset_seed": stored.subset.seed if stored.subset else 0,
    }
    request = Request(**{**kept, **given})
    if "protocol" not in given:
        return request
    return replace(request, protocol=stored.protocol.scored_by(request.rules))


def _copy_answers(source: Path, plan: Plan) -> None:
    wanted = {task.name for task in plan.tasks}
    for prediction in read_typed(source / "predictions.jsonl", Prediction):
        if prediction.task in wanted:
            plan.store.predictions.append(prediction)
    judges = {judge.name for judge in plan.judge.asked} if plan.judge else set()
    for verdict in read_typed(source / "verdicts.jsonl", Verdict):
        if verdict.judge in judges:
            plan.store.verdicts.append(verdict)
