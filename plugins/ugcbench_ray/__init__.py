"""Runs instances of a model on the workers of a Ray cluster: `--executor ray`."""

from __future__ import annotations

from collections.abc import Iterable

from ugcbench import ExecutorSpec, hookimpl


@hookimpl
def ugcbench_executors() -> Iterable[ExecutorSpec]:
    """Ray, on this machine or on a cluster."""
    yield ExecutorSpec(
        name="ray",
        target="ugcbench_ray.executor:run_on_ray",
        summary="on the workers of a Ray cluster, or of this machine",
        extra="ray",
    )
