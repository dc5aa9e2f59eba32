"""Did the model answer that was asked?

Providers answer to a retired name with another model, and nothing but the id in the reply tells.
"""

from __future__ import annotations

import re

from ugcbench.errors import ReroutedError
from ugcbench.specs import Model
from ugcbench.types import Prediction, Prompt

SNAPSHOT = re.compile(
    r"(\d{4}-\d{2}-\d{2}|\d{8}|\d{6}|\d{2}-\d{2}(-\d{4})?|\d{3,4}|"
    r"(latest|preview|exp|stable)([-_.]?\d[\d.-]*)?)$",
    re.IGNORECASE,
)
"""What a provider adds to a model's name to say which snapshot of it answered."""


def names_same_model(asked: str, answered: str) -> bool:
    """Whether `answered` is the model `asked`, or a snapshot of it if `asked` names none.

    `gpt-x` may be answered by `gpt-x-2025-01-31` and a `-latest` by anything, but neither `gpt-x`
    by `gpt-x-mini` nor a dated name by any other.
    """
    mine, theirs = _bare(asked), _bare(answered)
    if mine == theirs or mine.endswith("-latest"):
        return True
    if SNAPSHOT.search(mine):
        return False
    return theirs.startswith(f"{mine}-") and bool(SNAPSHOT.fullmatch(theirs[len(mine) + 1 :]))


class Identified:
    """Lets pass only the replies of the model that was asked, always the same one.

    Args:
        model: the model behind it.
        asked: the id by which the provider was asked.
        answered: the id that replied so far, if any did.
        allow: record what another model answered instead of raising.

    A reply that names no model is let pass: there is nothing to compare.

    """

    def __init__(
        self, model: Model, asked: str, answered: str | None = None, *, allow: bool = False
    ) -> None:
        self.model = model
        self.asked = asked
        self.answered = answered
        self.allow = allow

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer; raises `ReroutedError` if another model did, or if the snapshot changed."""
        prediction = await self.model.generate(prompt)
        if prediction.model is None or self.allow:
            return prediction
        if not names_same_model(self.asked, prediction.model):
            raise ReroutedError(_explain(f"{self.asked} was asked", prediction.model))
        if self.answered not in (None, prediction.model):
            raise ReroutedError(_explain(f"{self.answered} answered before", prediction.model))
        self.answered = prediction.model
        return prediction

    async def close(self) -> None:
        """Close the model."""
        await self.model.close()


def _bare(name: str) -> str:
    return name.casefold().removeprefix("models/")


def _explain(before: str, answered: str) -> str:
    return (
        f"{before}, but now {answered} replies: verdicts of different judges can't be compared. "
        f"Choose a judge that is still served (`ugcbench judge list`), or add --allow-rerouted to "
        f"go on and have both names recorded"
    )
