"""What does `--executor ray` do?"""

from __future__ import annotations

import math
import os
import secrets
import sys
import typing

from ugcbench.errors import MissingExtraError, UsageError
from ugcbench.placements import Placement

if typing.TYPE_CHECKING:
    from ugcbench_ray.fleet import Fleet


def run_on_ray(
    placement: Placement,
    workers: int,
    *,
    address: str = "local",
    gpus_per_worker: float = 0,
    cpus_per_worker: float = 1,
    patience: float = 600,
) -> Fleet:
    """A model whose instances run on Ray.

    Args:
        placement: how each worker makes its instance.
        workers: how many instances there are at most; as many run as the cluster has room for.
        address: `local` starts a Ray of its own on this machine, `auto` finds the one that runs
            here, anything else is the cluster's `host:port`.
        gpus_per_worker: GPUs for each worker, or the share of one.
        cpus_per_worker: CPU cores for each worker.
        patience: seconds to wait while there is no worker at all.

    Raises a `MissingExtraError` without Ray, a `UsageError` if there is no such cluster, or if this
    machine has too few GPUs.

    """
    _check(cpus_per_worker, gpus_per_worker, patience)
    _set_environment(own=address == "local")
    try:
        from ugcbench_ray.connection import Connection
        from ugcbench_ray.fleet import Fleet
        from ugcbench_ray.instances import Resources
    except ModuleNotFoundError as error:
        missing = f"the executor ray needs {error.name}: pip install 'ugcbench[ray]'"
        raise MissingExtraError(missing) from error
    cores = math.ceil(cpus_per_worker * workers)
    connection = Connection(address, cores, gpus_per_worker * workers)
    resources = Resources(cpus_per_worker, gpus_per_worker)
    return Fleet(placement, workers, resources, connection, patience)


def _check(cpus: object, gpus: object, patience: object) -> None:
    numbers = [value for value in (cpus, gpus, patience) if isinstance(value, int | float)]
    if len(numbers) < 3 or min(numbers) < 0 or not patience:
        raise UsageError(
            "cpus_per_worker and gpus_per_worker are numbers that aren't negative, and patience is "
            "a number of seconds above 0"
        )


def _set_environment(*, own: bool) -> None:
    """Keep Ray from printing on stdout, where results go, what the run says itself.

    A Ray of one's `own` moreover sends nothing out, and lets in only who has its token. All this is
    read when Ray is imported, and comes too late where that was done before.
    """
    if "ray" in sys.modules:
        return
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
    if not own:
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if "RAY_AUTH_MODE" not in os.environ:
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
