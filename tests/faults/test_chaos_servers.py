"""Runs whose network fails or whose servers answer badly get their answers on --resume."""

from __future__ import annotations

import pytest

pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench.testing.chaos import FAULTS, Outcome, Rig, undergo

NAMES = ["network gone for good", "connections reset", "answered by any of these"]


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with Rig(tmp_path_factory.mktemp("rig"), clips=6) as rig:
        yield rig


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_or_done_twice(rig, name):
    outcome = undergo(rig, FAULTS[name])
    assert outcome == Outcome(name, struck=outcome.struck)
    assert outcome.struck
