"""The rewards of ms-swift and of verifiers, by their real classes where these are installed."""

from __future__ import annotations

import asyncio
import json

import pytest
from rewarding import GOLD, LENGTH, OMNI, completion, good_words, prediction_in, settings

from ugcbench.errors import RunLockedError
from ugcbench.testing import OpenAIServer
from ugcbench_train.rewards.imputing import Imputer
from ugcbench_train.rewards.mixture import UnscoredError
from ugcbench_train.rewards.scored import Scored
from ugcbench_train.rewards.swift import reward_class
from ugcbench_train.rewards.verifiers import reward_method, rubric_function

WEIGHTS = {OMNI: 5.0, LENGTH: 1.0}
UNREADABLE = f"{GOLD} unreadable"


def reply(call):
    return "?" if "unreadable" in prediction_in(call) else good_words(call)


@pytest.fixture
def server():
    with OpenAIServer(reply=reply) as server:
        yield server


def impute(imputer, groups, values):
    completions = [completion("text", group) for group in groups]
    return imputer.complete(completions, Scored(values, {}, {}))


def test_a_gap_gets_its_groups_mean():
    assert impute(Imputer(), "aabb", [1.0, None, 3.0, 5.0]) == [1.0, 1.0, 3.0, 5.0]
    assert impute(Imputer(), "abab", [2.0, None, 3.0, 5.0]) == [2.0, 5.0, 3.0, 5.0]


def test_a_group_of_gaps_gets_the_mean_of_what_came_last():
    imputer = Imputer()
    impute(imputer, "aa", [2.0, 4.0])
    assert impute(imputer, "bb", [None, None]) == [3.0, 3.0]


def test_nothing_is_made_up_where_nothing_is_known_or_wanted():
    with pytest.raises(UnscoredError, match="no way to leave it out"):
        impute(Imputer(), "aa", [None, None])
    with pytest.raises(UnscoredError):
        impute(Imputer(fill=False), "aa", [1.0, None])
    assert impute(Imputer(fill=False), "aa", [1.0, 2.0]) == [1.0, 2.0]


@pytest.fixture
def made(server, tmp_path):
    """Makes rewards as ms-swift does, and closes them."""
    pytest.importorskip("swift.rewards", reason="needs ms-swift, in an environment of its own")
    rewards = []

    def make(**changes):
        given = settings(server, weights=WEIGHTS)
        rewards.append(reward_class(given, tmp_path / "rewards", **changes)(args=None))
        return rewards[-1]

    yield make
    for reward in rewards:
        reward.close()


def call(reward, completions, prompts, **columns):
    """What ms-swift does for a batch, on an event loop that lives as long."""
    solutions = [GOLD] * len(completions)
    return asyncio.run(reward(completions, prompt_id=prompts, solution=solutions, **columns))


@pytest.mark.swift
class TestSwift:
    """ms-swift's own classes."""

    def test_it_is_awaited_on_a_new_event_loop_for_each_batch(self, made):
        reward = made()
        assert type(reward).__name__ == "ugc"
        batches = [[GOLD, f"{GOLD} good"], [f"{GOLD} good good", "short"]]
        assert [call(reward, batch, ["a", "a"]) for batch in batches] == [[2.0, 3.0], [4.0, 1.0]]

    def test_gaps_are_filled_and_numbers_kept(self, made, tmp_path):
        class State:
            global_step = 3

        batch = [GOLD, f"{GOLD} good", UNREADABLE, "short"]
        given = call(made(), batch, ["a", "a", "a", "b"], trainer_state=State())
        assert given == [2.0, 3.0, 2.5, 1.0]
        file = tmp_path / "rewards" / "rank-0" / "metrics.jsonl"
        (line,) = map(json.loads, file.read_text().splitlines())
        assert (line["step"], line["rewards/unscored"], line[f"{OMNI}/malformed"]) == (
            3,
            0.25,
            0.25,
        )

    def test_or_the_training_stops(self, made):
        with pytest.raises(UnscoredError, match="unscored='impute'"):
            call(made(unscored="stop"), [GOLD, UNREADABLE], ["a", "a"])

    def test_swift_finds_it_asynchronous_and_by_its_name(self, made):
        algorithm = pytest.importorskip("swift.rl_core.grpo_algorithm")
        assert algorithm._is_async_reward(made())

    def test_a_second_training_in_the_folder_is_refused(self, made):
        made()
        with pytest.raises(RunLockedError):
            made()


async def test_a_task_of_verifiers_fails_where_there_is_no_reward(server, open_mixture):
    pytest.importorskip("verifiers", minversion="0.4", reason="needs verifiers from 0.4 on")
    import verifiers.v1 as vf
    from verifiers.v1.trace import AgentInfo, Trace, TraceTask

    mixture = open_mixture(settings(server, weights=WEIGHTS))

    class Data(vf.TaskData):
        caption: str

    class Captioning(vf.Task[Data]):
        ugc = reward_method(mixture, lambda data: {"final_caption": data.caption})

    task = Captioning(Data(idx=5, prompt="Describe.", caption=GOLD))

    def trace(reply):
        about = TraceTask(type="Captioning", data=task.data)
        given = {"rewards": {}, "metrics": {}, "nodes": [], "calls": []}
        return Trace.model_construct(
            task=about, agent=AgentInfo.model_construct(), root_reply=reply, **given
        )

    good, bad = trace(f"{GOLD} good"), trace(UNREADABLE)
    await task.score(good)
    assert good.reward == 3.0
    with pytest.raises(Exception, match=f"the reply to '5' has no reward: {OMNI}: malformed"):
        await task.score(bad)
    assert bad.rewards == {"ugc": None}


def states(*replies):
    return [
        {
            "prompt": [{"role": "user", "content": "Describe."}],
            "completion": [{"role": "assistant", "content": reply}],
            "answer": GOLD,
            "task": "ugc",
            "info": {},
            "trajectory": [],
            "timing": {},
            "input": {"answer": GOLD, "prompt": [], "task": "ugc", "example_id": 0, "info": {}},
        }
        for reply in replies
    ]


async def test_a_legacy_rubric_of_verifiers_scores_whole_groups(server, open_mixture):
    vf = pytest.importorskip("verifiers.legacy", reason="needs verifiers before 0.4")
    mixture = open_mixture(settings(server, weights=WEIGHTS))
    rubric = vf.Rubric(funcs=[rubric_function(mixture)])
    group = states(GOLD, f"{GOLD} good", UNREADABLE)
    await rubric.score_group(group)
    assert [state["reward"] for state in group] == [2.0, 3.0, 2.5]
    assert group[1]["metrics"] == {"ugc": 3.0}


async def test_what_must_stop_is_no_reward_of_0(server, open_mixture):
    mixture = open_mixture(settings(server, weights=WEIGHTS, max_unscored=0.0))
    with pytest.raises(SystemExit, match="the rewards failed: 1 of the last 2"):
        await rubric_function(mixture)([GOLD, UNREADABLE], [GOLD, GOLD])
