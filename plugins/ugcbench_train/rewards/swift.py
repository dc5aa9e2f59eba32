"""How does ms-swift's GRPO trainer get its rewards?

In a file for `--external_plugins`:

    from swift.rewards import orms
    orms["ugc"] = reward_class(rewards, Path("rewards"))

ms-swift calls an object of the class with the completions of a batch and the dataset's columns. It
knows no completion without a reward: where all functions give None it takes 0 for it, less than any
caption gets that was judged. So either the gap is filled, or the training stops.
"""

from __future__ import annotations

import asyncio
import atexit
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ugcbench.plugins import Registry
from ugcbench_train.recipe import Rewards
from ugcbench_train.rewards.columns import Columns, Sampled
from ugcbench_train.rewards.imputing import Imputer
from ugcbench_train.rewards.mixture import Mixture
from ugcbench_train.rewards.monitors import Monitor
from ugcbench_train.rewards.tasks import GOLD
from ugcbench_train.rewards.watching import Tell, warn, watch

SOLUTIONS: Mapping[str, str] = {GOLD: "solution"}
"""Which column holds the gold of which key, where rows have ms-swift's schema."""


def reward_class(
    settings: Rewards,
    folder: Path,
    *,
    name: str = "ugc",
    gold_columns: Mapping[str, str] = SOLUTIONS,
    group_column: str = "prompt_id",
    unscored: Literal["impute", "stop"] = "impute",
    registry: Registry | None = None,
    tell: Tell = warn,
) -> type[Any]:
    """A class for `swift.rewards.orms`; ms-swift logs its rewards under its `name`.

    Completions with the same `group_column` make up a group. One without a reward gets the mean of
    its group, which teaches nothing, or with `stop` ends the training; the mixture's own limit on
    the share of such completions holds in any case. A process that holds only a part of a group
    knows only that part. Since ms-swift logs no further numbers, those of each batch are appended
    to `metrics.jsonl` beside the verdicts.
    """
    from swift.rewards import AsyncORM

    columns = Columns(group_column, gold_columns)

    class Reward(AsyncORM):  # type: ignore[misc]
        """Made by the trainer, which awaits it on a new event loop for each batch."""

        def __init__(self, args: Any = None, **given: Any) -> None:  # noqa: ANN401
            super().__init__(args, **given)
            self.mixture = Mixture.open(settings, folder, registry)
            self.monitor = Monitor()
            self.imputer = Imputer(fill=unscored == "impute")
            atexit.register(self.close)

        async def __call__(self, completions: Sequence[Sampled], **given: Any) -> list[float]:  # noqa: ANN401
            batch = columns.read(completions, given)
            scored = await self.mixture.score(batch)
            step = getattr(given.get("trainer_state"), "global_step", None)
            metrics = watch(self.monitor, batch, scored, tell, step)
            with (self.mixture.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": step, **metrics}) + "\n")
            return self.imputer.complete(batch, scored)

        def close(self) -> None:
            asyncio.run(self.mixture.close())

    Reward.__name__ = Reward.__qualname__ = name
    return Reward
