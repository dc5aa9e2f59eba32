"""A mixture's values: weighted sums of the evaluation's numbers, or none at all."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from rewarding import GOLD, JUDGE, LENGTH, OMNI, completion, good_words, prediction_in, settings

from ugcbench.errors import (
    BudgetReachedError,
    FatalModelError,
    RunLockedError,
    UnknownNameError,
    UsageError,
)
from ugcbench.protocol import get_protocol
from ugcbench.testing import OpenAIServer
from ugcbench_train.recipe import Rewards
from ugcbench_train.rewards.mixture import Mixture, UnscoredError

GUARD = "ugc/reward/repetition"
WEIGHTS = {OMNI: 5.0, LENGTH: 1.0}
LENGTH_ALONE = {"weights": {LENGTH: 1.0}, "judge": None}


@pytest.fixture
def server():
    with OpenAIServer(reply=good_words, keep=10_000) as server:
        yield server


async def test_a_value_is_the_weighted_sum_and_every_part_is_shown(server, open_mixture):
    mixture = open_mixture(settings(server, weights=WEIGHTS))
    scored = await mixture.score(
        [completion("good good"), completion(GOLD), completion(f"{GOLD} good good good good")]
    )
    assert scored.values == [5 * 0.6 + 0.0, 5 * 0.2 + 1.0, 5 * 1.0 + 1.0]
    assert scored.counted == {OMNI: [0.6, 0.2, 1.0], LENGTH: [0.0, 1.0, 1.0]}
    assert scored.metrics == pytest.approx(
        {
            "rewards/unscored": 0.0,
            f"{OMNI}/mean": 0.6,
            f"{OMNI}:hallucination/mean": 0.0,
            f"{OMNI}/unscored": 0.0,
            f"{LENGTH}/mean": 2 / 3,
            f"{LENGTH}/unscored": 0.0,
        }
    )
    assert (scored.judged, scored.held_out) == ({OMNI}, frozenset())


async def test_a_missing_verdict_leaves_the_whole_completion_without_a_value(server, open_mixture):
    server.plan("server_error")
    mixture = open_mixture(settings(server, weights=WEIGHTS, concurrency=1))
    scored = await mixture.score([completion(f"{GOLD} 0"), completion(f"{GOLD} 1")])
    assert scored.values == [None, 2.0]
    assert scored.counted == {OMNI: [None, 0.2], LENGTH: [1.0, 1.0]}
    assert scored.statuses[OMNI] == {"api_error": 1, "ok": 1}
    assert scored.metrics["rewards/unscored"] == scored.metrics[f"{OMNI}/api_error"] == 0.5
    assert scored.metrics[f"{OMNI}/mean"] == 0.2


async def test_a_verdict_that_cannot_be_read_is_asked_for_as_often_as_in_an_evaluation(
    server, open_mixture
):
    server.reply = lambda call: "quite good"
    mixture = open_mixture(settings(server, weights=WEIGHTS))
    scored = await mixture.score([completion(GOLD)])
    assert scored.values == [None]
    assert scored.statuses[OMNI] == {"malformed": 1}
    assert len(server.requests) == 1 + get_protocol("v1").judge.reasks


async def test_an_empty_completion_counts_as_the_protocol_says(server, open_mixture, tmp_path):
    given = settings(server, weights=WEIGHTS)
    scored = await open_mixture(given).score([completion(" \n")])
    assert (scored.values, scored.statuses[OMNI]) == ([0.0], {"refused": 1})
    paper = given.model_copy(update={"protocol": "paper"})
    scored = await open_mixture(paper, tmp_path / "paper").score([completion(" \n")])
    assert scored.values == [None]
    assert not server.requests


async def test_a_task_of_weight_0_is_looked_at_and_never_paid_for(server, open_mixture):
    server.reply = lambda call: None if prediction_in(call) else "unread"
    server.plan("server_error")
    mixture = open_mixture(settings(server, weights={OMNI: 0.0, LENGTH: 2.0}))
    scored = await mixture.score([completion(GOLD)])
    assert (scored.values, scored.counted[OMNI]) == ([2.0], [None])
    assert scored.held_out == {OMNI}


async def test_options_of_tasks_reach_their_scorers(open_mixture):
    options = {LENGTH: {"unit": "characters"}}
    mixture = open_mixture(Rewards(**LENGTH_ALONE, options=options))
    scored = await mixture.score([completion("x" * len(GOLD))])
    assert scored.scores[LENGTH][0].note == f"{len(GOLD)} of {len(GOLD)} characters"


async def test_no_judge_is_made_where_nothing_is_judged(open_mixture):
    mixture = open_mixture(Rewards(weights={LENGTH: 1.0, GUARD: 1.0}, judge="openai/no-key-for-it"))
    assert mixture.judge is None
    assert (await mixture.score([completion(GOLD)])).values == [2.0]


@pytest.mark.parametrize(
    ("given", "error", "why"),
    [
        (
            {"weights": {"ugc/reward/lenght": 1.0}},
            UnknownNameError,
            "did you mean ugc/reward/length",
        ),
        ({"weights": {LENGTH: 0.0}}, UsageError, "at least one that is not 0"),
        ({"weights": {LENGTH: float("nan")}}, UsageError, "finite numbers"),
        ({"weights": {OMNI: 1.0}, "judge": None}, UsageError, "needs a judge"),
        ({"weights": {OMNI: 1.0}, "judge": "openai"}, UnknownNameError, "openai/<model>"),
        ({"weights": {OMNI: 1.0}, "judge": "majority"}, UsageError, "can't be used as a judge"),
        ({"options": {GUARD: {}}}, UsageError, "which the weights do not name"),
        (
            {"weights": {LENGTH: 1.0}, "options": {LENGTH: {"units": "words"}}},
            UsageError,
            "no option 'units'; did you mean unit",
        ),
        ({"judge": JUDGE, "max_cost": 1.0}, UsageError, f"prices:\n  {JUDGE}: "),
    ],
)
async def test_what_is_wrong_is_told_and_leaves_nothing_locked(given, error, why, open_mixture):
    with pytest.raises(error, match=why):
        open_mixture(Rewards(**given))
    open_mixture(Rewards(**LENGTH_ALONE))


async def test_a_row_without_a_tasks_gold_is_named(open_mixture):
    mixture = open_mixture(Rewards(weights={"ugc/ocr": 1.0}, judge=None))
    with pytest.raises(UsageError, match=r"row 'row' has no gold for ugc/ocr, only: final_caption"):
        await mixture.score([completion(GOLD)])


async def test_equal_completions_are_judged_once_and_never_again(server, open_mixture, tmp_path):
    given = settings(server, weights=WEIGHTS)
    mixture = open_mixture(given)
    first = await mixture.score([completion(GOLD)] * 8)
    assert len(server.requests) == 1
    assert (await mixture.score([completion(GOLD, row="other")])).values == first.values[:1]
    await mixture.close()
    again = open_mixture(given)
    assert (await again.score([completion(GOLD)])).values == first.values[:1]
    assert len(server.requests) == 1


async def test_each_process_has_a_folder_and_knows_what_others_stored_before(
    server, open_mixture, tmp_path, monkeypatch
):
    given = settings(server, weights=WEIGHTS)
    await open_mixture(given).score([completion(GOLD)])
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    other = open_mixture(given)
    assert other.folder == tmp_path / "rewards" / "rank-1"
    await other.score([completion(GOLD)])
    assert len(server.requests) == 1
    known = given.model_copy(update={"known_verdicts": (tmp_path / "rewards",)})
    await open_mixture(known, tmp_path / "another").score([completion(GOLD)])
    assert len(server.requests) == 1


async def test_two_trainings_do_not_share_a_folder(open_mixture):
    open_mixture(Rewards(**LENGTH_ALONE))
    with pytest.raises(RunLockedError):
        open_mixture(Rewards(**LENGTH_ALONE))


async def test_the_processes_share_out_the_limits(server, open_mixture, monkeypatch):
    server.latency = 0.1
    monkeypatch.setenv("WORLD_SIZE", "2")
    mixture = open_mixture(settings(server, weights=WEIGHTS, concurrency=4))
    await mixture.score([completion(f"{GOLD} {n}") for n in range(8)])
    assert server.peak == 2


async def test_money_is_counted_and_the_end_of_it_stops_the_training(server, open_mixture):
    prices = {JUDGE: {"input": 1e6, "output": 1e6}}
    given = settings(server, weights=WEIGHTS, prices=prices, max_cost=1.0, concurrency=1)
    mixture = open_mixture(given)
    await mixture.score([completion("one")])
    with pytest.raises(BudgetReachedError):
        await mixture.score([completion("two")])
    await mixture.close()
    with pytest.raises(BudgetReachedError):
        await open_mixture(given).score([completion("three")])
    assert len(server.requests) == 1


async def test_each_process_may_spend_its_share(server, open_mixture, tmp_path, monkeypatch):
    prices = {JUDGE: {"input": 1.0, "output": 1.0}}
    given = settings(server, weights=WEIGHTS, prices=prices, concurrency=1)
    mixture = open_mixture(given, tmp_path / "to-know-the-price")
    await mixture.score([completion("one")])
    verdict = json.loads((mixture.folder / "verdicts.jsonl").read_text())
    cost = verdict["prediction"]["usage"]["cost_usd"]
    monkeypatch.setenv("WORLD_SIZE", "2")
    mixture = open_mixture(given.model_copy(update={"max_cost": 1.5 * cost}))
    await mixture.score([completion("one")])
    with pytest.raises(BudgetReachedError):
        await mixture.score([completion("two")])


async def test_the_training_stops_above_the_share_of_the_window(server, open_mixture):
    server.reply = lambda call: "no" if "bad" in prediction_in(call) else good_words(call)
    mixture = open_mixture(settings(server, weights=WEIGHTS, max_unscored=0.25, window=8))
    await mixture.score([completion("bad 1"), completion("bad 2")])
    await mixture.score([completion(f"fine {n}") for n in range(7)])
    await mixture.score([completion("bad 3")])
    with pytest.raises(UnscoredError) as stopped:
        await mixture.score([completion("bad 4"), completion("bad 5"), completion("fine")])
    text = str(stopped.value)
    assert "3 of the last 8 completions have no reward" in text
    assert f"{OMNI} ended 2 times as malformed: judge: the reply holds no JSON object" in text
    assert "--resume" in text


async def test_a_dead_judge_stops_the_training_with_its_reason(open_mixture):
    batch = [completion(f"word {n}") for n in range(8)]
    with OpenAIServer(reply=good_words) as server:
        given = settings(server, weights=WEIGHTS, window=16)
        mixture = open_mixture(given)
        await mixture.score([completion("before")])
    with pytest.raises(UnscoredError, match=r"8 of the last 9 .* 8 times as api_error"):
        await mixture.score(batch)


async def test_a_judge_that_was_never_there_stops_it_too(open_mixture):
    with OpenAIServer() as server:
        given = settings(server, weights=WEIGHTS)
    with pytest.raises(FatalModelError, match="it has never replied"):
        await open_mixture(given).score([completion("word")])


async def test_a_wrong_key_stops_the_training_at_once(server, open_mixture):
    server.plan(*["invalid_key"] * 8)
    with pytest.raises(FatalModelError):
        await open_mixture(settings(server, weights=WEIGHTS)).score(
            [completion("a"), completion("b")]
        )


def test_a_mixture_is_awaited_on_whichever_event_loop(server, tmp_path):
    mixture = Mixture.open(settings(server, weights=WEIGHTS), tmp_path)
    values = [asyncio.run(mixture.score([completion(f"{GOLD} {n}")])).values for n in range(3)]
    assert values == [[2.0]] * 3
    asyncio.run(mixture.close())
    asyncio.run(mixture.close())


async def test_batches_may_be_scored_at_the_same_time(server, open_mixture):
    mixture = open_mixture(settings(server, weights=WEIGHTS))
    batches = [[completion(f"{GOLD} {'good ' * n}")] for n in range(4)]
    scored = await asyncio.gather(*map(mixture.score, batches))
    assert [each.values for each in scored] == [[2.0], [3.0], [4.0], [5.0]]


async def test_verdicts_are_stored_as_an_evaluation_stores_them(server, open_mixture):
    mixture = open_mixture(settings(server, weights=WEIGHTS))
    scored = await mixture.score([completion(GOLD)])
    (line,) = (mixture.folder / "verdicts.jsonl").read_text().splitlines()
    verdict = json.loads(line)
    assert (verdict["key"],) == scored.scores[OMNI][0].verdicts
    assert verdict["judge"] == JUDGE


async def test_what_was_asked_is_stored_when_the_training_is_interrupted(server, open_mixture):
    asked = threading.Event()

    def reply(call):
        asked.set()
        return good_words(call)

    server.reply, server.latency = reply, 0.3
    mixture = open_mixture(settings(server, weights=WEIGHTS))
    scoring = asyncio.create_task(mixture.score([completion(GOLD)]))
    assert await asyncio.to_thread(asked.wait, 30)
    await mixture.close()
    with pytest.raises(asyncio.CancelledError):
        await scoring
    assert len((mixture.folder / "verdicts.jsonl").read_text().splitlines()) == 1
