"""Runs with recorded verdicts, made once."""

from __future__ import annotations

import pytest
from judged_runs import make_anchor


@pytest.fixture(scope="session")
def anchor_runs(tmp_path_factory):
    """A folder with three judged runs."""
    return make_anchor(tmp_path_factory.mktemp("anchor"))


@pytest.fixture(scope="session")
def anchor(anchor_runs):
    from ugcbench_judging.pairs import read_anchor

    return read_anchor([anchor_runs])
