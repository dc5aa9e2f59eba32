"""Do rewards become the paper's weights, and these GRPO's advantages where tau is large?"""

from __future__ import annotations

import math

import pytest
from group_training import weigh_by_hand
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")


def weigh(rewards, group=4, tau=1.0, centred=True):
    from ugcbench_train.trainers.advantages import weigh_by_softmax

    return weigh_by_softmax(torch.tensor(rewards), group, tau=tau, centred=centred)


@pytest.mark.parametrize("tau", [0.25, 1.0, 10.0])
def test_weights_are_a_softmax_of_normalised_rewards(tau):
    rewards = [1.0, 2.5, 5.0, 6.0]
    expected = weigh_by_hand(rewards, tau)
    assert weigh(rewards, tau=tau, centred=False).tolist() == pytest.approx(expected, rel=1e-4)
    centred = [each - 1 for each in expected]
    assert weigh(rewards, tau=tau).tolist() == pytest.approx(centred, rel=1e-4, abs=1e-6)


def test_with_a_large_tau_they_are_those_of_grpo():
    rewards = torch.tensor([1.0, 2.5, 5.0, 6.0])
    grpo = (rewards - rewards.mean()) / (rewards.std() + 1e-4)
    assert (1000 * weigh(rewards.tolist(), tau=1000)).tolist() == pytest.approx(
        grpo.tolist(), abs=2e-3
    )


def test_completions_without_a_reward_count_for_nothing():
    nan = math.nan
    advantages = weigh([1.0, nan, 4.0, 5.0, nan, nan, nan, 2.0])
    scored = weigh([1.0, 4.0, 5.0], group=3)
    assert advantages[[0, 2, 3]].tolist() == pytest.approx(scored.tolist(), rel=1e-5)
    assert advantages[[1, 4, 5, 6, 7]].tolist() == [0.0] * 5


@given(st.lists(st.floats(-5, 5, width=32), min_size=8, max_size=8), st.floats(0.05, 50))
def test_centred_advantages_sum_to_nothing_and_keep_the_order(rewards, tau):
    advantages = weigh(rewards, tau=tau).view(-1, 4)
    assert advantages.sum(1).abs().max() < 1e-4
    for group, each in zip(torch.tensor(rewards).view(-1, 4), advantages, strict=True):
        assert torch.equal(each[group.argsort()], each.sort().values)


def test_one_missing_reward_of_several_leaves_the_completion_unscored():
    from ugcbench_train.trainers.advantages import combine_rewards

    rewards = torch.tensor([[1.0, 2.0], [math.nan, 2.0]])
    first, second = combine_rewards(rewards, torch.tensor([5.0, 1.0])).tolist()
    assert first == 7.0
    assert math.isnan(second)
