"""Runs that are killed, or that get no disk and no memory, go on as if nothing had been."""

from __future__ import annotations

import pytest

pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench.testing.chaos import FAULTS, Outcome, Rig, undergo

NAMES = [
    "killed while it starts",
    "killed while it asks",
    "killed while it judges",
    "killed while it writes",
    "disk full: a tmpfs",
    "disk full: RLIMIT_FSIZE",
    "no more memory: RLIMIT_AS",
]


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with Rig(tmp_path_factory.mktemp("rig"), clips=6) as rig:
        yield rig


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_or_done_twice(rig, name):
    if not FAULTS[name].possible:
        pytest.skip("only root may mount a file system")
    outcome = undergo(rig, FAULTS[name])
    assert outcome == Outcome(name, struck=outcome.struck)
    assert outcome.struck
