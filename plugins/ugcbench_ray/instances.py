"""What does the run know of one worker?"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

import ray

from ugcbench.errors import ModelTimeoutError
from ugcbench.placements import Placement
from ugcbench.types import Prediction, Prompt
from ugcbench_ray.problems import Problem
from ugcbench_ray.worker import Worker

LOST = (
    ray.exceptions.RayActorError,
    ray.exceptions.NodeDiedError,
    ray.exceptions.OutOfMemoryError,
    ray.exceptions.WorkerCrashedError,
)
"""What Ray raises where a worker's process, or its machine, is gone."""
FAREWELL = 30.0
"""Seconds that an instance gets for closing before its process is killed."""
CALLS_BESIDE = 2
"""Calls that a worker takes beside its prompts: making and closing its instance."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What Ray reserves for each worker."""

    cpus: float
    gpus: float

    def __str__(self) -> str:
        return f"{self.cpus:g} CPUs and {self.gpus:g} GPUs"


class Instance:
    """A worker as the run sees it. `open` counts its places that are taken; one that is not `alive`
    gets no more prompts: it died, or it leaves.
    """

    def __init__(self, placement: Placement, resources: Resources) -> None:
        self.alive = True
        self.open = 0
        self._placement = placement
        self._idle = asyncio.Event()
        options = {"num_cpus": resources.cpus, "num_gpus": resources.gpus}
        actor = ray.remote(Worker).options(
            **options, max_concurrency=placement.concurrency + CALLS_BESIDE
        )
        self._actor: Any = actor.remote()

    async def start(self) -> None:
        """Wait for the process and its instance of the model.

        Raises what making it raised, or one of `LOST` if the process died over it.
        """
        problem = await self._actor.make.remote(self._placement)
        if problem is not None:
            raise problem.error()

    async def ask(self, prompt: Prompt) -> Prediction:
        """The answer to `prompt`; raises what the instance raised, a `ModelTimeoutError`, or one of
        `LOST` if the process died.
        """
        seconds = self._placement.timeout
        reference = self._actor.generate.remote(prompt)
        try:
            async with asyncio.timeout(seconds):
                answer: Prediction | Problem = await reference
        except TimeoutError as error:
            ray.cancel(reference)
            raise ModelTimeoutError(f"no answer within {seconds:g} s") from error
        except asyncio.CancelledError:
            ray.cancel(reference)
            raise
        if isinstance(answer, Problem):
            raise answer.error()
        return answer

    def give_back(self, places: int) -> None:
        """So many of its places are free again."""
        self.open -= places
        if self.open == 0:
            self._idle.set()

    async def leave(self) -> None:
        """Finish what is under way, and close."""
        while self.open:
            self._idle.clear()
            await self._idle.wait()
        await self.close()

    async def close(self) -> None:
        """Let the instance free what it holds, and end its process."""
        with contextlib.suppress(ray.exceptions.RayError, TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await self._actor.close.remote()
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        ray.kill(self._actor)
