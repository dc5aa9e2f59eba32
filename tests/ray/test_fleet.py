"""A real Ray with two workers: the same records as without, whatever dies, leaves or joins."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import threading
import time
from collections import Counter, defaultdict

import pytest
import ray_models

import ugcbench
from ugcbench.errors import FatalModelError, ModelTimeoutError
from ugcbench.placements import Placement
from ugcbench.types import Prompt
from ugcbench_ray.executor import run_on_ray

pytestmark = pytest.mark.usefixtures("cluster")
QUESTIONS = 36
ON_RAY = {"executor": "ray", "workers": 2}


@pytest.fixture
def registry():
    return ugcbench.Registry({"mine": ray_models.Plugin()})


@pytest.fixture
def run(tmp_path, registry):
    """Runs the writer, here or on Ray; what it noted lies in `tmp_path / name`."""

    def call(name, *, model="writer", options=None, **more):
        folder = tmp_path / name
        folder.mkdir()
        given = {"tasks": "all", "dataset": "clips", "concurrency": 4, "attempts": 1, **more}
        given["options"] = {"folder": str(folder), **(options or {})}
        return ugcbench.run(model=model, registry=registry, output=folder / "run", **given)

    return call


def notes(folder, name="asked"):
    """What the writers noted, as (pid, question)."""
    file = folder / name
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(pid), question) for pid, question in map(str.split, lines)]


def records(result):
    return (result.path / "records.jsonl").read_bytes()


def test_the_same_records_and_every_clip_at_one_worker(tmp_path, run):
    here, there = run("here"), run("there", options={"seconds": 0.02}, **ON_RAY)
    assert records(there) == records(here)
    assert Counter(q for _, q in notes(tmp_path / "there")) == Counter(
        q for _, q in notes(tmp_path / "here")
    )
    workers = defaultdict(set)
    for pid, question in notes(tmp_path / "there"):
        workers[question[:-2]].add(pid)
    assert all(len(pids) == 1 for pids in workers.values())
    assert len(set.union(*workers.values())) == 2
    assert {pid for pid, _ in notes(tmp_path / "there", "closed")} == set.union(*workers.values())


def test_a_clip_is_decoded_once(tmp_path, run):
    given = {"model": "decoder", "dataset": "mini", "tasks": "ugc/ocr,ugc/tone", "limit": 6}
    here, there = run("here", **given), run("there", **given, **ON_RAY)
    assert records(there) == records(here)
    decoded = [int(f.read_text()) for f in (tmp_path / "there").iterdir() if f.name.isdigit()]
    assert len(decoded) == 2
    assert sum(decoded) == 6


def test_errors_arrive_as_they_were(run):
    here = run("here", options={"failing": True})
    there = run("there", options={"failing": True}, **ON_RAY)
    assert records(there) == records(here)
    kinds = {r.prediction.failure.kind for r in there.records() if r.prediction.failure}
    assert kinds == {"media_missing", "OwnError", "ValueError", "TransientModelError"}


def test_a_fatal_error_stops_the_run_in_its_own_words(run):
    with pytest.raises(FatalModelError) as error:
        run("run", options={"fatal": "c2/b", "seconds": 0.05}, **ON_RAY)
    assert str(error.value) == "the key is wrong; set MY_KEY"


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("writer", {"second": 1}, r"writer on Ray: writer has no option 'second'; did you mean"),
        ("bare", {}, r"needs no_such_framework: pip install 'ugcbench\[it\]'"),
    ],
)
def test_what_keeps_an_instance_from_being_made_is_told(run, model, options, message):
    with pytest.raises(FatalModelError, match=message):
        run("run", model=model, options=options, **ON_RAY)


def test_what_a_killed_worker_had_open_goes_to_others(tmp_path, run):
    def kill():
        while len(notes(tmp_path / "there")) < 10:
            time.sleep(0.005)
        os.kill(notes(tmp_path / "there")[-1][0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    there = run("there", options={"seconds": 0.1}, **ON_RAY)
    killer.join()
    assert records(there) == records(run("here"))
    stored = (there.path / "predictions.jsonl").read_bytes().count(b"\n")
    assert stored == QUESTIONS
    asked = notes(tmp_path / "there")
    twice = len(asked) - QUESTIONS
    assert 1 <= twice <= 4  # what one worker had open, and nothing that was answered


def test_a_question_that_kills_its_workers_costs_no_other(tmp_path, run):
    deadly = {"deadly": ["c1/b"], "seconds": 0.01}
    there = run("there", options=deadly, **ON_RAY)
    failures = {r.prediction.failure.kind for r in there.records() if r.prediction.failure}
    assert failures == {"WorkerLostError"}
    assert sum(r.prediction.failure is None for r in there.records()) == QUESTIONS - 1
    assert Counter(q for _, q in notes(tmp_path / "there"))["c1/b"] == 3


@pytest.fixture
async def fleet(tmp_path, registry):
    """Makes a fleet of writers, closed at the end."""
    made = []

    def make(workers=2, seconds=0.05, timeout=None, **options):
        spec = registry.model("writer")
        given = {"folder": str(tmp_path), "seconds": seconds}
        placement = Placement(spec, "writer", given, 2, timeout)
        made.append(run_on_ray(placement, workers, **options))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def question(number):
    return Prompt(task="r/a", sample_id=f"s{number}", text="?", media=f"c{number}")


async def ask(fleet, numbers):
    """All questions answered; returns the answers."""
    answers = await asyncio.gather(*(fleet.generate(question(n)) for n in numbers))
    assert [a.text for a in answers] == [f"answer to c{n}/a" for n in numbers]


async def ask_until(fleet, numbers, holds):
    """Ask on until what is waited for has come."""
    while not holds():
        await ask(fleet, list(itertools.islice(numbers, 6)))


async def until(holds):
    """Wait for what other processes do."""
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def busy(folder, since):
    return {pid for pid, _ in notes(folder)[since:]}


async def test_workers_leave_and_come_back_while_it_runs(tmp_path, fleet):
    two = fleet()
    everything = asyncio.create_task(ask(two, range(60)))
    await until(lambda: len(busy(tmp_path, 0)) == 2)
    os.kill(os.getpid(), signal.SIGTTOU)
    await until(lambda: notes(tmp_path, "closed"))
    ((gone, _),) = notes(tmp_path, "closed")
    os.kill(os.getpid(), signal.SIGTTIN)
    await everything
    numbers = itertools.count(60)
    await ask_until(two, numbers, lambda: len(busy(tmp_path, 60)) == 2)
    assert gone not in busy(tmp_path, 60)
    assert len(notes(tmp_path)) == next(numbers)  # nobody was cut off, and nothing asked twice


async def test_a_machine_joins_and_is_taken_away(tmp_path, cluster, fleet):
    three, numbers = fleet(workers=3), itertools.count()
    await ask_until(three, numbers, lambda: len(busy(tmp_path, 0)) == 2)
    node = cluster.add_node(num_cpus=1, object_store_memory=80 << 20)
    await ask_until(three, numbers, lambda: len(busy(tmp_path, 0)) == 3)
    everything = asyncio.create_task(ask(three, list(itertools.islice(numbers, 40))))
    await asyncio.sleep(0.1)
    cluster.remove_node(node)
    await everything


async def test_an_answer_that_takes_too_long_is_cancelled_at_the_worker(tmp_path, fleet):
    slow = fleet(workers=1, seconds=60, timeout=0.2)
    with pytest.raises(ModelTimeoutError, match=r"no answer within 0\.2 s"):
        await slow.generate(question(0))
    await until(lambda: notes(tmp_path, "cancelled"))


async def test_a_cluster_without_room_is_told_after_a_while(fleet):
    none = fleet(workers=1, address="auto", gpus_per_worker=8, patience=0.5)
    with pytest.raises(FatalModelError, match=r"no worker could start within 0\.5 s: each needs"):
        await none.generate(question(0))


def test_too_few_gpus_on_this_machine_are_told_at_once(run):
    with pytest.raises(ugcbench.errors.UsageError, match="need 16 GPUs and this machine has"):
        run("run", **ON_RAY, executor_options={"gpus_per_worker": 8})
