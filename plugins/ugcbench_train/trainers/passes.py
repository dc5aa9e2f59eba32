"""What does a pass through a model need beside the steps that train it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch


def to_device(inputs: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    """`inputs` with their tensors on `device`."""
    return {
        name: value.to(device) if isinstance(value, torch.Tensor) else value
        for name, value in inputs.items()
    }


@contextmanager
def scoring_last_token_only(model: Any) -> Iterator[None]:  # noqa: ANN401
    """Sampling uses no other scores; those of a whole batch of clips take more than the weights."""
    head = model.get_output_embeddings()
    hook = head.register_forward_pre_hook(lambda _, inputs: (inputs[0][:, -1:],))
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def resting(model: Any) -> Iterator[None]:  # noqa: ANN401
    """The model without dropout and without the recomputation that generation can't bear."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
