"""A whole run: asked once, scored, resumed, scored again."""

from __future__ import annotations

import asyncio
import json

import pytest
import toy

import ugcbench
from ugcbench import Prediction
from ugcbench.errors import (
    BudgetReachedError,
    FatalModelError,
    RunError,
    TransientModelError,
    UnknownNameError,
    UsageError,
)
from ugcbench.models import Fake, Price
from ugcbench.plans import read_config
from ugcbench.protocol import get_protocol
from ugcbench.results import Result
from ugcbench.store import read_lines
from ugcbench.verification import find_problems


def run(registry, tmp_path, model="knower", name="run", **more):
    settings = {"tasks": "all", "dataset": "numbers", "judge": "same", "protocol": "v1"}
    if "resume" in more:
        settings = {}
    else:
        settings["output"] = tmp_path / name
    return ugcbench.run(model=model, registry=registry, **{**settings, **more})


def test_a_run_gives_cells_with_coverage_and_interval(registry, tmp_path):
    result = run(registry, tmp_path, options={"wrong": ["n0", "n1"]})
    exact, judged = result.cells["toy/exact"], result.cells["toy/judged"]
    assert exact.value == judged.value == pytest.approx(4 / 6)
    assert exact.low < exact.value < exact.high
    assert (exact.n, exact.asked, exact.coverage) == (6, 6, 1.0)
    assert exact.baseline == pytest.approx(1 / 6)
    assert (judged.judge, judged.judge_answered) == ("same", ("fake",))
    assert exact.judge is None
    assert result.summary.average == pytest.approx(4 / 6)
    assert find_problems(result.path) == []
    assert Result.load(result.path).summary == result.summary


def test_records_stand_in_the_order_of_the_dataset_clip_by_clip(registry, tmp_path):
    records = list(run(registry, tmp_path, concurrency=4).records())
    assert [(r.clip, r.task) for r in records[:4]] == [
        ("n0", "toy/exact"),
        ("n0", "toy/judged"),
        ("n1", "toy/exact"),
        ("n1", "toy/judged"),
    ]


def test_an_error_is_never_a_score(registry, tmp_path):
    def reply(prompt):
        failing = prompt.sample_id in ("n0", "n1")
        return TransientModelError("busy") if failing else knower(prompt)

    result = run(registry, tmp_path, model=Fake(reply), tasks="toy/exact", attempts=1)
    cell = result.cells["toy/exact"]
    assert cell.value == 1.0
    assert (cell.n, cell.coverage) == (4, pytest.approx(4 / 6))
    assert cell.statuses == {"api_error": 2, "ok": 4}


def knower(prompt):
    return f"number {prompt.sample_id[1:]}"


def test_a_refusal_counts_zero_in_v1_and_is_left_out_in_paper(registry, tmp_path):
    def reply(prompt):
        return "" if prompt.sample_id == "n0" else knower(prompt)

    v1 = run(registry, tmp_path, model=Fake(reply), tasks="toy/exact")
    paper = run(registry, tmp_path, Fake(reply), "p", tasks="toy/exact", protocol="paper")
    assert (v1.cells["toy/exact"].value, v1.cells["toy/exact"].n) == (pytest.approx(5 / 6), 6)
    assert (paper.cells["toy/exact"].value, paper.cells["toy/exact"].n) == (1.0, 5)
    assert v1.cells["toy/exact"].protocol_hash != paper.cells["toy/exact"].protocol_hash


class Interrupting(Fake):
    """Answers a few questions, then fails fatally."""

    def __init__(self, answers):
        super().__init__(self.say)
        self.answers = answers

    def say(self, prompt):
        self.answers -= 1
        return knower(prompt) if self.answers >= 0 else FatalModelError("the key is wrong")


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_stopped_run_resumes_to_the_same_bytes_and_asks_nothing_twice(
    registry, tmp_path, concurrency
):
    whole = run(registry, tmp_path, model=Fake(knower), name="whole")
    with pytest.raises(FatalModelError, match="the key is wrong"):
        run(registry, tmp_path, Interrupting(5), "cut", concurrency=concurrency)
    cut = tmp_path / "cut"
    asked = [(line["task"], line["sample_id"]) for line in read_lines(cut / "predictions.jsonl")]
    model = Fake(knower)
    resumed = run(registry, tmp_path, model, resume=cut)
    assert resumed.path == cut
    assert not {(p.task, p.sample_id) for p in model.prompts} & set(asked)
    assert len(model.prompts) + len(asked) == 12
    assert (cut / "records.jsonl").read_bytes() == (whole.path / "records.jsonl").read_bytes()
    assert find_problems(cut) == []


def test_resuming_asks_again_for_failures_but_not_for_refusals(registry, tmp_path):
    def reply(prompt):
        return {"n0": "", "n1": TransientModelError("busy")}.get(prompt.sample_id, "x")

    first = run(registry, tmp_path, Fake(reply), tasks="toy/exact", attempts=1)
    model = Fake(knower)
    run(registry, tmp_path, model, resume=first.path)
    assert [prompt.sample_id for prompt in model.prompts] == ["n1"]


def test_resuming_a_finished_run_asks_nothing_and_changes_nothing(registry, tmp_path):
    first = run(registry, tmp_path)
    before = (first.path / "records.jsonl").read_bytes()
    verdicts = (first.path / "verdicts.jsonl").read_bytes()
    model = Fake(knower)
    again = run(registry, tmp_path, model, resume=first.path)
    assert not model.prompts
    assert (first.path / "records.jsonl").read_bytes() == before
    assert (first.path / "verdicts.jsonl").read_bytes() == verdicts
    assert again.summary.cells == first.summary.cells


def test_the_questions_are_counted_once_and_read_once_when_resuming(
    registry, tmp_path, monkeypatch
):
    passes = []
    read = toy.Numbers.__iter__
    monkeypatch.setattr(toy.Numbers, "__iter__", lambda self: (passes.append(1), read(self))[1])
    first = run(registry, tmp_path, tasks="toy/exact")
    assert len(passes) == 3  # counted, asked, scored
    stored = json.loads((first.path / "run.json").read_text())
    assert stored["questions"] == {"toy/exact": first.summary.cells[0].asked}
    passes.clear()
    run(registry, tmp_path, None, resume=first.path)
    assert len(passes) == 2  # asked, scored


def test_a_changed_dataset_is_not_resumed(registry, tmp_path, monkeypatch):
    first = run(registry, tmp_path)
    monkeypatch.setattr(toy.Numbers, "revision", "2")
    with pytest.raises(RunError, match="the dataset changed"):
        run(registry, tmp_path, None, resume=first.path)


def test_a_run_directory_is_never_overwritten(registry, tmp_path):
    run(registry, tmp_path)
    with pytest.raises(UsageError, match=r"in use .*--resume"):
        run(registry, tmp_path)


def test_the_budget_stops_the_run_and_keeps_what_was_answered(registry, tmp_path):
    usage = ugcbench.Usage(input_tokens=1_000_000)
    spec = {"prices": {"knower": Price(input=1, output=0)}, "max_cost": 3.0, "concurrency": 1}
    model = Fake(knower, usage=usage)
    model.name = "knower"
    with pytest.raises(BudgetReachedError):
        run(registry, tmp_path, model, tasks="toy/exact", **spec)
    assert len(model.prompts) == 3
    with pytest.raises(BudgetReachedError):
        run(registry, tmp_path, model, resume=tmp_path / "run", **spec)
    assert len(model.prompts) == 3
    spec["max_cost"] = 10.0
    assert run(registry, tmp_path, model, resume=tmp_path / "run", **spec).coverage == 1.0


def test_a_budget_needs_a_price(registry, tmp_path):
    with pytest.raises(UsageError, match=r'no price is known for knower.*\n\["knower"\]'):
        run(registry, tmp_path, max_cost=1.0)


def test_secrets_are_not_stored(registry, tmp_path):
    result = run(registry, tmp_path, model=Fake(knower), options={"api_key": "sk-planted"})
    stored = [file.read_text() for file in result.path.iterdir() if file.name != "lock"]
    assert not any("sk-planted" in text for text in stored)
    assert read_config(result.path).options == {"api_key": "***"}


def test_what_is_wrong_is_said_before_anything_is_created(registry, tmp_path):
    for wrong in (
        {"model": "knowr"},
        {"judge": "sam"},
        {"tasks": "toy/exat"},
        {"dataset": "numberz"},
        {"dataset": "no/such/file.jsonl"},
        {"protocol": "v0"},
    ):
        with pytest.raises(UnknownNameError):
            run(registry, tmp_path, **wrong)
    for wrong in ({"model": None}, {"concurrency": 0}, {"options": {"wrog": 1}}):
        with pytest.raises(UsageError):
            run(registry, tmp_path, **wrong)
    assert [path.name for path in tmp_path.iterdir() if (path / "run.json").exists()] == []


def test_a_judged_task_without_a_judge_says_so(registry, tmp_path):
    with pytest.raises(UsageError, match="needs a judge"):
        run(registry, tmp_path, judge=None)


def test_rescoring_asks_the_model_nothing(registry, tmp_path):
    first = run(registry, tmp_path)
    again = ugcbench.rescore(first.path, registry=registry)
    assert again.summary.cells == first.summary.cells
    with pytest.raises(UsageError, match="--output"):
        ugcbench.rescore(first.path, registry=registry, protocol="paper")
    other = ugcbench.rescore(
        first.path, registry=registry, tasks="toy/judged", output=tmp_path / "other"
    )
    assert list(other.cells) == ["toy/judged"]
    assert other.cells["toy/judged"].value == first.cells["toy/judged"].value
    assert find_problems(other.path) == []
    assert Result.load(first.path).summary.cells == first.summary.cells


def test_another_protocol_scores_what_was_asked_under_the_first(registry, tmp_path):
    first = run(registry, tmp_path)
    there = {"registry": registry, "protocol": "paper", "output": tmp_path / "other"}
    rules = read_config(ugcbench.rescore(first.path, **there).path).protocol
    paper, asked = get_protocol("paper"), get_protocol("v1")
    assert (rules.prompts, rules.name) == (asked.prompts, "paper, asked as v1")
    assert (rules.choice, rules.judge) == (paper.choice, paper.judge)
    there = {"registry": registry, "protocol": "v1", "output": tmp_path / "back"}
    back = ugcbench.rescore(tmp_path / "other", **there)
    assert read_config(back.path).protocol == asked
    assert back.summary.cells == first.summary.cells


def test_a_limit_takes_the_first_clips(registry, tmp_path):
    result = run(registry, tmp_path, limit=2)
    assert result.cells["toy/exact"].asked == 2


async def test_it_runs_inside_a_running_event_loop(registry, tmp_path):
    result = run(registry, tmp_path)
    also = await ugcbench.arun(
        model="knower",
        dataset="numbers",
        tasks="toy/exact",
        registry=registry,
        output=tmp_path / "also",
    )
    assert result.cells["toy/exact"].value == also.cells["toy/exact"].value == 1.0


def test_cancelling_closes_everything_and_can_be_resumed(registry, tmp_path):
    async def cut():
        model = Fake(knower, seconds=0.05)
        running = asyncio.create_task(
            ugcbench.arun(
                model=model,
                dataset="numbers",
                tasks="all",
                judge="same",
                registry=registry,
                output=tmp_path / "cut",
                concurrency=2,
            )
        )
        while len(model.prompts) < 3:  # noqa: ASYNC110 - two at a time: one has been answered
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return model

    model = asyncio.run(cut())
    assert model.closed
    answered = list(read_lines(tmp_path / "cut" / "predictions.jsonl"))
    assert 0 < len(answered) < 12
    assert run(registry, tmp_path, Fake(knower), resume=tmp_path / "cut").coverage == 1.0


def test_a_model_that_mislabels_its_answers_is_put_right(registry, tmp_path):
    class Mislabelling(Fake):
        async def generate(self, prompt):
            return Prediction(task="?", sample_id="?", text=knower(prompt))

    assert run(registry, tmp_path, Mislabelling()).cells["toy/exact"].value == 1.0


def test_verification_finds_what_was_changed_by_hand(registry, tmp_path):
    path = run(registry, tmp_path).path
    records = (path / "records.jsonl").read_text()
    (path / "records.jsonl").write_text(records.replace('"value":1.0', '"value":0.5', 1))
    assert any("the records give" in problem for problem in find_problems(path))
    (path / "records.jsonl").write_text(records.replace("number 3", "number 4"))
    assert any("not that of predictions" in problem for problem in find_problems(path))
    (path / "records.jsonl").write_text(records)
    lines = (path / "predictions.jsonl").read_text().splitlines(keepends=True)
    (path / "predictions.jsonl").write_text("".join([*lines, lines[0]]))
    assert any("answered twice" in problem for problem in find_problems(path))
    (path / "predictions.jsonl").write_text("{}\n")
    assert find_problems(path)
    (path / "predictions.jsonl").write_text("".join(lines))
    (path / "verdicts.jsonl").unlink()
    assert any("is not stored" in problem for problem in find_problems(path))


def test_the_summary_is_plain_json(registry, tmp_path):
    path = run(registry, tmp_path).path
    summary = json.loads((path / "summary.json").read_text())
    assert {cell["name"] for cell in summary["cells"]} == {"toy/exact", "toy/judged"}


def test_a_task_without_gold_is_said_and_none_at_all_is_an_error(tmp_path):
    rows = '{"id": "a", "ocr": ["SALE"]}\n'
    (tmp_path / "own.jsonl").write_text(rows)
    given = {"model": "blind", "dataset": tmp_path / "own.jsonl"}
    with pytest.raises(UsageError, match="no clip of own has gold for ugc/tone"):
        ugcbench.run(**given, tasks="ugc/tone", output=tmp_path / "none")
    result = ugcbench.run(**given, tasks="ugc/tone,ugc/ocr", output=tmp_path / "some")
    assert result.cells["ugc/tone"].asked == 0
    assert result.coverage == 1.0
