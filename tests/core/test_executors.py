"""A model runs where it is told to, and what can't be sent there is refused with the fix."""

from __future__ import annotations

import json
import pickle

import pytest
import toy

import ugcbench
from ugcbench import ExecutorSpec, ModelSpec, hookimpl
from ugcbench.errors import ModelTimeoutError, UnknownNameError, UsageError
from ugcbench.models import Fake
from ugcbench.placements import Placement


class Posted:
    """Makes its instances from a placement that went through pickle, as to another process."""

    made: list[Posted] = []  # noqa: RUF012

    def __init__(self, placement, workers, colour="red"):
        self.placement = pickle.loads(pickle.dumps(placement))
        self.instances = [self.placement.make() for _ in range(workers)]
        self.under_way = self.most = 0
        self.made.append(self)

    async def generate(self, prompt):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            instance = self.instances[hash(prompt.sample_id) % len(self.instances)]
            return await instance.generate(prompt)
        finally:
            self.under_way -= 1

    async def close(self):
        for instance in self.instances:
            await instance.close()


class TooLate(Posted):
    async def generate(self, prompt):
        raise ModelTimeoutError("no answer within 1 s")


class Executors:
    @hookimpl
    def ugcbench_executors(self):
        yield ExecutorSpec(name="posted", target=f"{__name__}:Posted", summary="by pickle")
        yield ExecutorSpec(
            name="late", target=f"{__name__}:TooLate", summary="never", aliases=("l",)
        )

    @hookimpl
    def ugcbench_models(self):
        yield ModelSpec(name="slow", target=f"{__name__}:slow", summary="takes a while")
        yield ModelSpec(name="gold", target="toy:knower", summary="", needs=("work",))


def slow():
    return Fake("number 1", seconds=0.02)


@pytest.fixture
def run(tmp_path):
    registry = ugcbench.Registry({"toy": toy.Plugin(), "mine": Executors()}, installed=False)
    Posted.made.clear()

    def call(name="run", **more):
        given = {"tasks": "toy/exact", "dataset": "numbers", "model": "knower"}
        return ugcbench.run(registry=registry, **{**given, "output": tmp_path / name, **more})

    return call


def test_the_same_records_and_every_instance_closed(run):
    options = {"options": {"wrong": ("n2",)}}
    here = run("here", **options)
    there = run("there", **options, executor="posted", workers=3)
    records = [(result.path / "records.jsonl").read_bytes() for result in (here, there)]
    assert records[0] == records[1]
    (executor,) = Posted.made
    assert len(executor.instances) == 3
    assert all(instance.closed for instance in executor.instances)
    config = json.loads((there.path / "run.json").read_text())
    assert (config["executor"], config["workers"]) == ("posted", 3)


@pytest.mark.parametrize(("workers", "most"), [(1, 4), (2, 10)])
def test_each_worker_is_busy_and_has_a_further_clip_waiting(run, workers, most):
    given = {"model": "slow", "dataset_options": {"count": 40}}
    run(**given, executor="posted", workers=workers, concurrency=4)
    (executor,) = Posted.made
    assert executor.most == most


def test_the_executor_times_the_attempts(run):
    result = run(executor="l", timeout=7, attempts=1)
    assert Posted.made[0].placement.timeout == 7
    assert result.cells["toy/exact"].statuses == {"timeout": 6}


def test_a_run_that_was_begun_here_goes_on_there(run, tmp_path):
    run("here", limit=2)
    (tmp_path / "here" / "predictions.jsonl").write_text("")
    given = {"model": None, "output": None, "resume": tmp_path / "here"}
    assert run("here", **given, executor="posted").cells["toy/exact"].asked == 2
    assert len(Posted.made) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"executor": "psted"}, r"no executor 'psted'; did you mean posted\?; see `ugcbench list"),
        ({"executor": "posted", "executor_options": {"color": 1}}, "did you mean colour"),
        ({"executor": "posted", "model": Fake()}, "Fake is an object and can't be sent to posted"),
        ({"executor": "posted", "model": "gold"}, "gold is made from the run's own work"),
        ({"executor": "posted", "workers": 0}, "workers, limit and subset must be at least 1"),
        ({"workers": 2}, "need one: add --executor NAME"),
        ({"executor_options": {"address": "auto"}}, "need one: add --executor NAME"),
    ],
)
def test_what_does_not_work_is_refused_with_the_fix(run, given, message):
    with pytest.raises((UsageError, UnknownNameError), match=message):
        run(**given)


def test_a_placement_of_a_prefix_makes_the_model_behind_it():
    spec = ModelSpec(name="p", target=f"{__name__}:named", summary="", prefix=True)
    placement = pickle.loads(pickle.dumps(Placement(spec, "p/x/y", {}, 1, None)))
    assert placement.make() == "x/y"


def named(model):
    return model
