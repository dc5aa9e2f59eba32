"""Finished run directories with chosen values, written as a run writes them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import ugcbench
from ugcbench import Cell, Prediction, Record, Score, Summary, Usage
from ugcbench.plans import RunConfig
from ugcbench.plugins import Registry
from ugcbench.protocol import get_protocol
from ugcbench.statistics import mean_interval
from ugcbench.store import Store
from ugcbench_leaderboard.cards.making import make_card, write_out
from ugcbench_leaderboard.columns import ALL

PARTS = ("audio", "visual", "details", "average")
SIMPLE = [name for name in ALL if ":" not in name]


def write_run(
    path,
    model="somebody",
    values=None,
    *,
    protocol="paper",
    source="recorded",
    dataset="ugc-videocap-release@abc",
    judge="gpt-4o",
    comparable=True,
    asked=None,
    limit=None,
    subset=None,
    options=None,
):
    """A run in which every clip gets `values[cell]`, a list of numbers in [0, 1] by clip."""
    rules = get_protocol(protocol)
    values = values if values is not None else full()
    judges = {name: None if name in SIMPLE[:3] else judge for name in values}
    cells = [
        _cell(name, numbers, protocol, judges[name], comparable=comparable, asked=asked)
        for name, numbers in values.items()
    ]
    with Store(Path(path)) as store:
        store.write_config(
            RunConfig(
                created="2026-01-01",
                source=source,
                model=model,
                options=options or {},
                tasks=tuple(dict.fromkeys(name.partition(":")[0] for name in values)),
                dataset=dataset.rpartition("@")[0],
                dataset_revision=dataset.rpartition("@")[2],
                dataset_options={},
                judge=judge,
                judge_options={},
                protocol=rules,
                protocol_hash=rules.hash(),
                limit=limit,
                subset=subset,
                concurrency=1,
                attempts=1,
                timeout=None,
                versions={},
                git=None,
            )
        )
        with store.recording() as write:
            for record in _records(values):
                write(record)
        store.write_summary(
            Summary(
                run=Path(path).name,
                source=source,
                model=model,
                model_answered=(),
                dataset=dataset,
                protocol=f"{protocol}@{rules.hash()}",
                cells=tuple(cells),
                average=None,
                requests=0,
                usage=Usage(),
                judge_usage=Usage(),
                versions={"platform": "a machine"},
            )
        )
    return Path(path)


def full(mean=0.5, clips=12, spread=0.2, **own):
    """Values of every column around a mean; `own` gives the mean of a column's last word."""
    wave = spread * np.sin(np.arange(clips) * 2.399)
    return {
        name: list(np.clip(own.get(name.rpartition("/")[2].rpartition(":")[2], mean) + wave, 0, 1))
        for name in ALL
    }


def constant(**figures):
    """Two clips for each cell, both with the value: `caption_audio` stands for the cell's name."""
    names = {name.replace("ugc/", "").replace(":", "_"): name for name in ALL}
    return {names[name]: [value, value] for name, value in figures.items()}


@pytest.fixture(scope="session")
def write_runs():
    """`write_run`, for fixtures that outlive a test."""
    return write_run


@pytest.fixture
def make_run(tmp_path):
    """`write_run` below the test's own folder."""

    def make(name, *arguments, **more):
        return write_run(tmp_path / name, *arguments, **more)

    return make


def _cell(name, numbers, protocol, judge, *, comparable, asked):
    interval = mean_interval(numbers) if len(numbers) else None
    n = len(numbers)
    return Cell(
        name=name,
        label=name,
        value=interval.mean if interval else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        n=n,
        asked=asked or n,
        coverage=n / (asked or n),
        statuses={"ok": n},
        protocol=protocol,
        protocol_hash=f"{protocol}-{judge}",
        judge=judge,
        comparable=comparable if judge else True,
        table=not name.endswith("average"),
    )


def _records(values):
    tasks = {}
    for name, numbers in values.items():
        task, _, part = name.partition(":")
        for clip, value in enumerate(numbers):
            tasks.setdefault((task, clip), {})[part] = value
    for (task, clip), parts in tasks.items():
        named = {part: value for part, value in parts.items() if part}
        value = parts.get("", named.get("average", next(iter(parts.values()))))
        yield Record(
            task=task,
            sample_id=f"c{clip}",
            clip=f"c{clip}",
            prediction=Prediction(task=task, sample_id=f"c{clip}", text="x"),
            score=Score(status="ok", value=value, parts=named),
        )


@pytest.fixture
def constant_values():
    return constant


@pytest.fixture
def full_values():
    return full


@pytest.fixture(scope="session")
def mini_run(tmp_path_factory):
    """A whole run of the mini benchmark by a model that needs no media; not to be changed."""
    path = tmp_path_factory.mktemp("cards") / "blind-on-mini"
    ugcbench.run(model="blind", dataset="mini", tasks="all", judge="lexical", output=path)
    return path


@pytest.fixture(scope="session")
def plugins():
    """Everything that is installed."""
    return Registry()


@pytest.fixture(scope="session")
def mini_card(mini_run, plugins):
    """The card of that run as parsed JSON; copy it before changing it."""
    return json.loads(write_out(make_card(mini_run, plugins).card))


@pytest.fixture
def changed_run(mini_run, tmp_path):
    """A copy of the run in which `change(config)` was applied to run.json."""

    def change_it(change):
        path = tmp_path / "changed"
        shutil.copytree(mini_run, path)
        config = json.loads((path / "run.json").read_text())
        change(config)
        (path / "run.json").write_text(json.dumps(config))
        return path

    return change_it
