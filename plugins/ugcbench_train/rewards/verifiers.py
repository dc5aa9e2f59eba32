"""How do environments of the verifiers library get their rewards?

    class Captioning(vf.Task[CaptionData]):                        # verifiers 0.4
        ugc = reward_method(mixture, lambda data: {"final_caption": data.caption})

    rubric = vf.Rubric(funcs=[rubric_function(mixture)])           # verifiers.legacy

It is a bridge for scoring: verifiers shows models no videos. Neither knows a completion without a
reward. A v1 task can fail, and does; a legacy rubric takes 0 for whatever fails, so there the gap
is filled by the group's mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from ugcbench.errors import UgcbenchError
from ugcbench.types import Answer
from ugcbench_train.rewards.columns import Sampled, text_of
from ugcbench_train.rewards.imputing import Imputer
from ugcbench_train.rewards.mixture import Mixture, UnscoredError
from ugcbench_train.rewards.scored import Completion
from ugcbench_train.rewards.tasks import GOLD

Gold = Mapping[str, Answer]


def reward_method(
    mixture: Mixture, gold: Callable[[Any], Gold], *, name: str = "ugc"
) -> Callable[..., Any]:
    """A `@vf.reward` method of a `verifiers.v1.Task`, of verifiers from 0.4 on.

    `gold` reads the gold off the task's data. Assign it in the class body under its `name`. It
    raises `UnscoredError` for a reply without a reward, so that verifiers records the task as
    failed and not as 0.
    """
    from verifiers.v1 import reward

    async def method(self: Any, trace: Any) -> float:  # noqa: ANN401
        row = str(getattr(self.data, "id", None) or self.data.idx)
        completion = Completion(row, trace.last_reply, gold(self.data), group=row)
        scored = await mixture.score([completion])
        if scored.values[0] is None:
            reasons = "; ".join(
                f"{task}: {score.status} ({score.note})"
                for task, (score,) in scored.scores.items()
                if score.status != "ok"
            )
            raise UnscoredError(f"the reply to {row!r} has no reward: {reasons}")
        return scored.values[0]

    method.__name__ = name
    decorated: Callable[..., Any] = reward(method)
    return decorated


def rubric_function(
    mixture: Mixture, *, gold_key: str = GOLD, name: str = "ugc"
) -> Callable[..., Any]:
    """A group reward function for `verifiers.legacy.Rubric`; the gold is a row's `answer`.

    A rubric scores all of a prompt's completions at once with it. What must stop the training
    raises `SystemExit`, the only thing that a rubric does not turn into rewards of 0.
    """
    imputer, groups = Imputer(), count()

    async def rewards(completions: Sequence[Sampled], answers: Sequence[Answer]) -> list[float]:
        group = f"group {next(groups)}"
        batch = [
            Completion(group, text_of(sampled), {gold_key: answer}, group)
            for sampled, answer in zip(completions, answers, strict=True)
        ]
        try:
            return imputer.complete(batch, await mixture.score(batch))
        except UgcbenchError as error:
            raise SystemExit(f"the rewards failed: {error}") from error

    rewards.__name__ = name
    return rewards
