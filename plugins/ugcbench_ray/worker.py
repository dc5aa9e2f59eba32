"""What runs in the process of a worker?"""

from __future__ import annotations

import asyncio

from ugcbench.placements import Placement
from ugcbench.specs import Model
from ugcbench.types import Prediction, Prompt
from ugcbench_ray.problems import Problem


class Worker:
    """One instance of a model. The fleet calls these methods from another process, which gets an
    error as a `Problem`, whatever classes are installed there.
    """

    def __init__(self) -> None:
        self._model: Model | None = None

    async def make(self, placement: Placement) -> Problem | None:
        """Make the instance; what is wrong with its name, options or extra is returned."""
        try:
            self._model = await asyncio.to_thread(placement.make)
        except Exception as error:  # noqa: BLE001 - raised again where the run can tell it
            return Problem.of(error)
        return None

    async def generate(self, prompt: Prompt) -> Prediction | Problem:
        """The instance's answer, or why there is none."""
        assert self._model is not None, "the fleet asks only who has made its instance"
        try:
            return await self._model.generate(prompt)
        except Exception as error:  # noqa: BLE001
            return Problem.of(error)

    async def close(self) -> None:
        """Free what the instance holds."""
        if self._model is not None:
            await self._model.close()
