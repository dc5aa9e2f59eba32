"""How are a training's processes started, watched and ended?"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from ugcbench.errors import RunError, UgcbenchError, UsageError
from ugcbench_train.launching.worker import FAILURES, RECIPE
from ugcbench_train.recipe import Recipe

WORKER = "ugcbench_train.launching.worker"
ELASTIC = "torch.distributed.elastic"
"""The logger that tells of a process's end in forty lines."""


class ProcessFailedError(UgcbenchError):
    """What a process failed with, which has its message and exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def needs_launch(recipe: Recipe) -> bool:
    """Whether the recipe wants processes of its own, beside the one that was typed."""
    launch = recipe.launch
    return launch.processes > 1 or launch.strategy not in ("single", "ddp")


def check_gpus(recipe: Recipe) -> None:
    """Raise `UsageError` if processes would have to share GPUs; without any they share the CPU."""
    if not needs_launch(recipe):
        return
    import torch

    wanted, found = recipe.launch.processes, torch.cuda.device_count()
    if 0 < found < wanted:
        strategy = " --set launch.strategy=single" if found == 1 else ""
        accumulation = -(-recipe.optimizer.accumulation * wanted // found)
        raise UsageError(
            f"the recipe wants {wanted} GPUs, of which {found} are here; with as many rows a step: "
            f"--set launch.processes={found}{strategy} --set optimizer.accumulation={accumulation}"
        )


def find_configuration(strategy: str) -> Path:
    """The file for accelerate of a strategy."""
    return Path(str(resources.files("ugcbench_train"))) / "launching" / f"{strategy}.yaml"


def launch(recipe: Recipe, *, resume: bool, quiet: bool) -> None:
    """Run the stage on the recipe's processes, and return when all of them have ended well.

    When one fails, or on Ctrl-C, all are ended. Raises `ProcessFailedError` with what the first
    of them failed with, `RunError` for a process that was killed.
    """
    from accelerate.commands import launch as accelerate
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    # The recipe may hold keys: the folder is readable by its owner alone.
    with tempfile.TemporaryDirectory(prefix="ugcbench-train-") as place, _surroundings():
        folder = Path(place)
        (folder / RECIPE).write_text(recipe.model_dump_json(), encoding="utf-8")
        typed = ["--config_file", str(find_configuration(recipe.launch.strategy))]
        typed += ["--num_processes", str(recipe.launch.processes), "--module", WORKER, place]
        typed += [*(["--resume"] if resume else []), *(["--quiet"] if quiet else [])]
        try:
            accelerate.launch_command(accelerate.launch_command_parser().parse_args(typed))
        except ChildFailedError:
            raise read_failure(folder) from None
        except SignalException:
            raise KeyboardInterrupt from None


@contextlib.contextmanager
def _surroundings() -> Iterator[None]:
    """Without a GPU the processes share the CPU, and a failure is told once, by its own line."""
    import torch

    logger, before = logging.getLogger(ELASTIC), os.environ.get("ACCELERATE_USE_CPU")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    if not torch.cuda.is_available():
        os.environ["ACCELERATE_USE_CPU"] = "true"
    try:
        yield
    finally:
        logger.setLevel(level)
        if before is None:
            os.environ.pop("ACCELERATE_USE_CPU", None)


def read_failure(folder: Path) -> UgcbenchError:
    """The first failure that a process wrote down, as it was raised there."""
    file = folder / FAILURES
    if not file.is_file():
        return RunError(
            "a process of the training was killed or broke; what is printed above says more. "
            "Checkpoints are kept: go on by --resume"
        )
    failure = json.loads(file.read_text(encoding="utf-8").partition("\n")[0])
    return ProcessFailedError(failure["message"], failure["exit_code"])
