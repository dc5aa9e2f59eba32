"""Which Ray does a run use, and what of it ends with the run?"""

from __future__ import annotations

import socket
import threading
from typing import Any

import ray

from ugcbench.errors import UsageError

STORE_BYTES = 80 << 20
"""The object store of a Ray of one's own: prompts and answers are passed beside it."""

ANSWERS_WITHIN = 10.0
CONNECTS_WITHIN = 60.0
"""Seconds to wait for a cluster's port, and for the cluster; Ray itself tries for ever."""


class Connection:
    """Connects this process to Ray; `close` disconnects it and ends a Ray that was started here.

    A process that is connected already, such as a notebook, keeps the connection that it has.
    The kernel ends a Ray of one's own together with the thread that started it, so that none
    outlives a killed run; therefore a thread of its own starts it and waits for the end.

    Args:
        address: `local`, `auto` or `host:port`.
        cpus: the cores that a Ray of one's own may give to workers.
        gpus: the GPUs that the workers need together, which this machine must have if `local`.

    Raises a `UsageError` if there is no such cluster or not enough GPUs.

    """

    def __init__(self, address: str, cpus: int, gpus: float) -> None:
        self._end = threading.Event()
        self._kept = ray.is_initialized()
        if not self._kept:
            self._open(address, cpus)
        if address == "local" and ray.cluster_resources().get("GPU", 0) < gpus:
            self.close()
            raise UsageError(
                f"the workers need {gpus:g} GPUs and this machine has fewer; give a smaller "
                "--workers or --gpus-per-worker, or the --address of a cluster"
            )

    def _open(self, address: str, cpus: int) -> None:
        own = address == "local"
        arguments = _own(cpus) if own else {"address": _checked(address)}
        up, problems = threading.Event(), list[Exception]()

        def hold() -> None:
            try:
                ray.init(**arguments, log_to_driver=False, logging_level="ERROR")
            except Exception as problem:  # noqa: BLE001 - raised by the thread that waits
                problems.append(problem)
            up.set()
            self._end.wait()

        threading.Thread(target=hold, name="ugcbench-ray", daemon=True).start()
        if not up.wait(None if own else CONNECTS_WITHIN):
            problems.append(TimeoutError(f"no answer within {CONNECTS_WITHIN:g} s"))
        if problems:
            self._end.set()
            raise UsageError(_advice(address, problems[0])) from problems[0]

    def close(self) -> None:
        """Disconnect, unless the process was connected before."""
        if not self._kept:
            ray.shutdown()
        self._end.set()


def _own(cpus: int) -> dict[str, Any]:
    return {
        "address": "local",
        "num_cpus": cpus,
        "include_dashboard": False,
        "object_store_memory": STORE_BYTES,
    }


def _checked(address: str) -> str:
    if "://" in address:
        raise UsageError(
            f"{address} can't be used: start the run on a machine of the cluster with "
            "--address auto, or give its host:port"
        )
    host, _, port = address.rpartition(":")
    if address == "auto":
        return address
    if not host or not port.isdecimal():
        raise UsageError(f"{address} is no address of a cluster: give local, auto or its host:port")
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWERS_WITHIN).close()
    except (OSError, OverflowError, UnicodeError) as problem:
        raise UsageError(_advice(address, problem)) from problem
    return address


def _advice(address: str, problem: Exception) -> str:
    reason = str(problem).strip().partition("\n")[0].partition(". ")[0]
    if address == "local":
        return f"Ray can't be started on this machine: {reason}"
    return (
        f"no Ray cluster answers at {address} ({reason}); start one by `ray start --head`, or "
        "use --address local"
    )
