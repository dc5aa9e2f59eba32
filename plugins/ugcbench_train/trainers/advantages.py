"""How do the rewards of a group of completions become advantages?"""

from __future__ import annotations

import torch

TINY = 1e-4
"""Added to standard deviations, as TRL does."""


def weigh_by_softmax(
    rewards: torch.Tensor, group: int, *, tau: float, centred: bool
) -> torch.Tensor:
    """K w_k for each completion k of a group of K, less 1 if `centred`.

    w = softmax(r / tau) over the scored completions of the group, where r are their rewards in
    standard deviations from their mean. `rewards` (completions,) stand group by group, NaN for a
    completion without one, whose advantage is 0. Centred, tau times the advantage tends to GRPO's
    as tau grows. Source: UGC-VideoCap paper, Eq. 3.
    """
    grouped = rewards.view(-1, group)
    scored = ~grouped.isnan()
    count = scored.sum(1, keepdim=True)
    away = grouped - grouped.nanmean(1, keepdim=True)
    spread = (away.square().nansum(1, keepdim=True) / (count - 1).clamp(min=1)).sqrt()
    exponents = (away / (spread + TINY) / tau).masked_fill(~scored, -torch.inf)
    weights = torch.softmax(exponents, 1)
    advantages = count * weights - (1.0 if centred else 0.0)
    return torch.where(scored, advantages, 0.0).view(-1)


def combine_rewards(rewards: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The weighted sum (completions,) of the rewards (completions, functions).

    NaN where any of them is missing: in a sum it would count as 0, below the worst there is.
    """
    return (rewards * weights.to(rewards.device)).sum(1)
