"""A judge that pays and also examines is warned of."""

from __future__ import annotations

import pytest

from ugcbench_train.rewards.judges import warn_of_same_judge


@pytest.mark.parametrize(
    ("rewarding", "evaluating", "named"),
    [
        ("openai/gpt-x", "openai/gpt-x", "openai/gpt-x"),
        ("openai/gpt-x", "openai/gpt-x-2025-01-31", "openai/gpt-x-2025-01-31"),
        ("openai/gpt-x-2025-01-31", "openai/gpt-x", "openai/gpt-x"),
        ("gemini/gemini-2.5-flash", "openai/gemini-2.5-flash", "openai/gemini-2.5-flash"),
        ("vllm/Qwen/Qwen3-8B", "hf/Qwen/Qwen3-8B", "hf/Qwen/Qwen3-8B"),
        ("gemini/a,openai/b", "hf/c, openai/b", "openai/b"),
        ("lexical", "lexical", "lexical"),
    ],
)
def test_the_same_model_is_warned_of_whatever_serves_it(rewarding, evaluating, named):
    warning = warn_of_same_judge(rewarding, evaluating)
    assert f"the evaluation's judge is the reward's ({named}):" in warning


@pytest.mark.parametrize(
    ("rewarding", "evaluating"),
    [
        ("openai/gpt-x", "openai/gpt-x-mini"),
        ("gemini/gemini-2.5-flash", "openai/gpt-x"),
        ("openai/gpt-x-2024-01-31", "openai/gpt-x-2025-01-31"),
        (None, "openai/gpt-x"),
        ("openai/gpt-x", None),
        (None, None),
    ],
)
def test_different_models_are_not(rewarding, evaluating):
    assert warn_of_same_judge(rewarding, evaluating) is None
