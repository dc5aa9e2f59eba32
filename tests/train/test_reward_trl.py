"""The reward function of TRL, called by its real GRPO trainer on a tiny random chat model."""

from __future__ import annotations

import json
import logging
import math
import re
from functools import partial
from pathlib import Path

import pytest
from rewarding import GOLD, LENGTH, OMNI, completion, good_words, prediction_in, settings

from ugcbench.errors import UsageError
from ugcbench.testing import OpenAIServer, make_tiny_causal_lm
from ugcbench_train.recipe import Rewards
from ugcbench_train.rewards.columns import Columns, text_of
from ugcbench_train.rewards.mixture import UnscoredError
from ugcbench_train.rewards.monitors import Limits, Monitor
from ugcbench_train.rewards.trl import reward_function, reward_functions

WEIGHTS = {OMNI: 5.0, LENGTH: 1.0}
CAPTIONS = [f"{GOLD} {'good ' * n}".strip() for n in range(4)]
COLUMNS = {"id": ["a", "a", "b", "b"], "caption": [GOLD] * 4}


@pytest.fixture
def server():
    with OpenAIServer(reply=good_words, keep=10_000) as server:
        yield server


@pytest.fixture
def mixture(server, open_mixture):
    return open_mixture(settings(server, weights=WEIGHTS))


def chat(text):
    return [{"role": "assistant", "content": text}]


@pytest.mark.parametrize("form", [str, chat])
async def test_both_forms_of_completions_give_the_same_rewards(mixture, form):
    logged, table = {}, {}
    rewards = await reward_function(mixture)(
        prompts=["p"] * 4,
        completions=[form(caption) for caption in CAPTIONS],
        completion_ids=[[1]] * 4,
        log_metric=logged.__setitem__,
        log_extra=table.__setitem__,
        **COLUMNS,
    )
    assert rewards == [2.0, 3.0, 4.0, 5.0]
    assert logged[f"{OMNI}/mean"] == pytest.approx(0.5)
    assert logged["rewards/unscored"] == 0.0
    assert "monitor/sameness" in logged
    assert table[LENGTH] == [1.0] * 4
    assert json.loads(table[f"{OMNI} said"][3])["level"] == 4


async def test_rewards_are_what_the_mixture_says(mixture):
    given = [completion(text) for text in CAPTIONS]
    expected = (await mixture.score(given)).values
    found = await reward_function(mixture)(completions=CAPTIONS, **COLUMNS)
    assert found == expected


async def test_columns_have_any_name(mixture):
    reward = reward_function(
        mixture, id_column="clip", gold_columns={"final_caption": "solution"}, name="mine"
    )
    assert reward.__name__ == "mine"
    assert await reward(completions=CAPTIONS[:1], clip=["a"], solution=[GOLD]) == [2.0]
    with pytest.raises(UsageError, match="no column 'solution', only: caption, clip, prompts"):
        await reward(completions=CAPTIONS[:1], clip=["a"], caption=[GOLD], prompts=["p"])


async def test_a_row_without_a_caption_is_named(mixture):
    with pytest.raises(UsageError, match="row 'b' has no text as final_caption, but None"):
        await reward_function(mixture)(
            completions=CAPTIONS[:2], id=["a", "b"], caption=[GOLD, None]
        )


async def test_warnings_are_logged_with_their_step(mixture, caplog):
    class State:
        global_step = 7

    reward = reward_function(mixture, monitor=Monitor(4, Limits(loop=-1.0)))
    with caplog.at_level(logging.WARNING, "ugcbench_train.rewards"):
        await reward(completions=CAPTIONS, trainer_state=State(), **COLUMNS)
    assert "step 7: 100% of the last 4 completions run into a loop" in caplog.text


async def test_only_the_first_process_warns(mixture, caplog, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    reward = reward_function(mixture, monitor=Monitor(4, Limits(loop=-1.0)))
    await reward(completions=CAPTIONS, **COLUMNS)
    assert caplog.text == ""


async def test_separate_functions_give_each_scorers_own_numbers(mixture, server):
    functions, weights = reward_functions(mixture)
    assert [function.__name__ for function in functions] == [OMNI, LENGTH]
    assert weights == [5.0, 1.0]
    server.plan("server_error")
    rewards = [
        await each(completions=CAPTIONS[:2], id=["a", "a"], caption=[GOLD] * 2)
        for each in functions
    ]
    assert rewards[0].count(None) == 1
    assert rewards[1] == [1.0, 1.0]
    assert server.calls == 2, "each function asks for its own scorer alone"


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ("plain", "plain"),
        (chat("said"), "said"),
        ([*chat("first"), {"role": "tool", "content": "x"}, *chat("last")], "last"),
        (
            chat(
                [{"type": "text", "text": "a "}, {"type": "image"}, {"type": "text", "text": "b"}]
            ),
            "a b",
        ),
        (chat(None), ""),
        ([], ""),
    ],
)
def test_the_text_of_a_completion(messages, text):
    assert text_of(messages) == text


def test_a_group_may_have_a_column_of_its_own():
    columns = Columns("id", {"final_caption": "caption"}, "prompt_id")
    found = columns.read(
        ["x", "y"], {"id": [1, 2], "caption": [GOLD, ["l1", "l2"]], "prompt_id": [7, 7]}
    )
    assert [(each.id, each.group) for each in found] == [("1", "7"), ("2", "7")]
    assert (found[0].reference, found[1].reference) == (GOLD, "l1\nl2")


def configure(folder, steps, batch=16, **more):
    """Settings of TRL for a few quick steps on the CPU."""
    from trl import GRPOConfig

    return GRPOConfig(
        output_dir=str(folder / "out"),
        per_device_train_batch_size=batch,
        num_generations=4,
        max_completion_length=16,
        max_steps=steps,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        **more,
    )


def train(folder, rewards, weights=None, steps=2):
    """A real GRPO run: what was logged at each step, and TRL's table of all completions."""
    trl = pytest.importorskip("trl", reason="needs ugcbench[train]")
    from datasets import Dataset

    checkpoint = make_tiny_causal_lm(folder / "model", texts=[GOLD])
    rows = [
        {"prompt": [{"role": "user", "content": f"Count {n}."}], "id": f"row-{n}", "caption": GOLD}
        for n in range(4)
    ]
    arguments = configure(folder, steps, reward_weights=weights)
    trainer = trl.GRPOTrainer(
        model=str(checkpoint),
        reward_funcs=rewards,
        args=arguments,
        train_dataset=Dataset.from_list(rows),
    )
    trainer.train()
    return trainer.state.log_history[:-1], trainer._logs


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
@pytest.mark.usefixtures("one_thread")
class TestRealTrainer:
    """What TRL makes of it."""

    def test_a_completion_without_a_reward_moves_nothing(self, server, open_mixture, tmp_path):
        captions = []

        def reply(call):
            if (caption := prediction_in(call)) not in captions:
                captions.append(caption)
            number = captions.index(caption)
            return json.dumps({"level": 1 + number % 5}) if number % 3 else "?"

        server.reply = reply
        given = settings(server, weights=WEIGHTS)
        mixture = open_mixture(given)
        (step,), table = train(tmp_path, reward_function(mixture), steps=1)
        judged, lengths = table["extra"][OMNI], table["extra"][LENGTH]
        found = zip(judged, lengths, table["rewards"]["ugc"], table["advantages"], strict=True)
        for level, length, reward, advantage in found:
            if level is None:
                assert math.isnan(reward)
                assert advantage == 0.0
            else:
                assert reward == pytest.approx(5 * level + length)
        assert len(judged) == 16
        assert judged.count(None) >= len(captions) // 3 >= 4
        assert sum(advantage != 0 for advantage in table["advantages"]) >= 8
        assert step["rewards/unscored"] == pytest.approx(judged.count(None) / 16)
        assert step[f"{OMNI}/malformed"] == step["rewards/unscored"]
        assert {"monitor/repetition", "monitor/sameness", "monitor/overlap"} <= step.keys()

    def test_too_many_of_them_end_the_training(self, server, open_mixture, tmp_path):
        server.reply = lambda call: "?"
        mixture = open_mixture(settings(server, weights=WEIGHTS, window=8))
        with pytest.raises(UnscoredError, match=rf"{OMNI} ended 1\d times as malformed"):
            train(tmp_path, reward_function(mixture))

    def test_separate_functions_are_weighed_by_trl(self, open_mixture, tmp_path):
        weights = {LENGTH: 2.0, "ugc/reward/repetition": 0.5}
        mixture = open_mixture(Rewards(weights=weights))
        functions, given = reward_functions(mixture)
        (step,), _ = train(tmp_path, functions, given, steps=1)
        assert step["reward"] == pytest.approx(
            sum(weights[name] * step[f"rewards/{name}/mean"] for name in weights)
        )

    def test_the_program_of_the_documentation_trains(self, tmp_path, monkeypatch):
        """With a tiny model for `MODEL`, and for one step."""
        import trl

        page = (Path(__file__).parents[2] / "docs" / "training.md").read_text()
        (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        assert code.count('"MODEL"') == 1
        checkpoint = make_tiny_causal_lm(tmp_path / "model", texts=[GOLD])
        quick = partial(trl.GRPOTrainer, args=configure(tmp_path, 1, batch=8))
        monkeypatch.setattr(trl, "GRPOTrainer", quick)
        monkeypatch.chdir(tmp_path)
        found = {}
        exec(code.replace('"MODEL"', repr(str(checkpoint))), found)
        logged = found["trainer"].state.log_history[0]
        assert f"{LENGTH}/mean" in logged
        assert (tmp_path / "rewards" / "rank-0").is_dir()
