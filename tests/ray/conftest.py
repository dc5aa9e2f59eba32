"""One Ray cluster for all tests that need no process of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ray = pytest.importorskip("ray", reason="needs the extra [ray]")
HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)


@pytest.fixture(scope="session")
def cluster():
    """A cluster of one machine with two cores; its workers can import `ray_models`."""
    from ray.cluster_utils import Cluster

    given = {"PYTHONPATH": HERE, "RAY_USAGE_STATS_ENABLED": "0"}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    cluster = Cluster()
    try:
        cluster.add_node(num_cpus=2, object_store_memory=80 << 20, include_dashboard=False)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
