"""Runs to be drawn, each made once."""

from __future__ import annotations

import pytest
from drawn_runs import mini_run, number_run, strict_judge

from ugcbench.types import Usage


@pytest.fixture(scope="session")
def minis(tmp_path_factory):
    """Two runs of the mini benchmark by different models."""
    folder = tmp_path_factory.mktemp("minis")
    talker = mini_run(folder / "talker", "talker", 0, "A man talks over music in a kitchen.")
    return talker, mini_run(folder / "other", "other", -1, "A dog.")


@pytest.fixture(scope="session")
def judged(minis, tmp_path_factory):
    """The first run, and the same answers by another judge."""
    return minis[0], strict_judge(tmp_path_factory.mktemp("judged") / "strict", minis[0])


@pytest.fixture(scope="session")
def dear(tmp_path_factory):
    """Three runs: cheap and worse, dear and better, dear and worse, with tokens and money."""
    folder = tmp_path_factory.mktemp("dear")
    runs = []
    for name, value, cost in (("cheap", 0.4, 0.01), ("best", 0.9, 0.5), ("vain", 0.3, 0.6)):
        usage = Usage(input_tokens=100, output_tokens=int(100 * cost) + 1, cost_usd=cost)
        spent = {"usage": usage, "seconds": 10 * cost}
        runs.append(number_run(folder / name, name, lambda _, v=value: f"{v} 0", **spent))
    return runs


@pytest.fixture(scope="session")
def silent(tmp_path_factory):
    """A run that tells nothing of what it took."""
    return number_run(
        tmp_path_factory.mktemp("silent") / "run", "silent", lambda n: f"{n / 20} {1 - n / 20}"
    )
