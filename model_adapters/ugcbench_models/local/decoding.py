"""How does a batch of prompts become a batch of replies?

One `generate` call decodes greedily; what differs between the rows of a batch (grammar, sampling,
length) is steered row by row, so that requests of all sorts share batches and none depends on its
neighbours.
"""

from __future__ import annotations

import ctypes
import gc
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import transformers

from ugcbench.types import Sampling
from ugcbench_models.local.batching import Abandoned, OutOfMemoryError
from ugcbench_models.local.checkpoints import Checkpoint
from ugcbench_models.local.grammars import Grammar, GrammarMask

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """How the reply to one prompt of a batch is to be decoded; `limit` is its most tokens."""

    sampling: Sampling
    limit: int
    grammar: Grammar | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """The tokens of a reply, without those that end it.

    `finish` is `stop` if the model ended it, `length` if the limit did; `count` is how many tokens
    were made.
    """

    tokens: list[int]
    finish: str
    count: int


def pad_left(prompts: Sequence[Sequence[int]], pad: int) -> Mapping[str, torch.Tensor]:
    """Token ids and attention mask, (prompts, longest); the padding comes before the prompt, since
    the reply goes on where the prompt ends.
    """
    longest = max(map(len, prompts))
    rows = [[pad] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
    seen = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return {"input_ids": torch.tensor(rows), "attention_mask": torch.tensor(seen)}


def decode(
    checkpoint: Checkpoint,
    inputs: Mapping[str, Any],
    rows: Sequence[Row],
    abandoned: Abandoned,
) -> list[Decoded]:
    """The replies to `inputs`, padded on the left, a row each.

    `inputs` are `input_ids`, `attention_mask` and whatever else the model takes. Stops early when
    nobody waits any more. Raises `OutOfMemoryError`.
    """
    return relieve(lambda: _generate(checkpoint, inputs, rows, abandoned))


def relieve(work: Callable[[], T]) -> T:
    """What `work` returns; if it doesn't fit into the memory, frees it and raises
    `OutOfMemoryError`.
    """
    try:
        return work()
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        reason = str(error).partition(". ")[0]
    # Only here is the error gone, which kept hold of what was on the device.
    release_memory()
    raise OutOfMemoryError(reason)


def release_memory() -> None:
    """Give back what nothing refers to any more, on the device too."""
    gc.collect()
    trim_heap()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def trim_heap() -> None:
    """Give freed host memory back to the system, where the C library can (glibc).

    It would keep the clips' tensors, some tens of megabytes each, for their threads and grow with
    every batch of another shape.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _generate(
    checkpoint: Checkpoint,
    inputs: Mapping[str, Any],
    rows: Sequence[Row],
    abandoned: Abandoned,
) -> list[Decoded]:
    limits = [row.limit for row in rows]
    prompt = inputs["input_ids"].shape[1]
    mask = GrammarMask([row.grammar for row in rows], limits, checkpoint.width)
    made = checkpoint.model.generate(
        **{
            name: value.to(checkpoint.model.device) if isinstance(value, torch.Tensor) else value
            for name, value in inputs.items()
        },
        generation_config=transformers.GenerationConfig(
            do_sample=False,
            max_new_tokens=max(limits),
            eos_token_id=list(checkpoint.stops),
            pad_token_id=checkpoint.pad,
        ),
        logits_processor=[mask, Draw([row.sampling for row in rows])],
        stopping_criteria=[_Ends(limits, prompt, abandoned)],
    )
    replies = [
        _cut(tokens, limit, checkpoint.stops)
        for tokens, limit in zip(made[:, prompt:].tolist(), limits, strict=True)
    ]
    return [
        Decoded(reply.tokens, "length", reply.count) if row in mask.closed_early else reply
        for row, reply in enumerate(replies)
    ]


def _cut(tokens: Sequence[int], limit: int, stops: Sequence[int]) -> Decoded:
    """A row up to its first stop or its own limit; what follows is padding."""
    for count, token in enumerate(tokens[:limit]):
        if token in stops:
            return Decoded(list(tokens[:count]), "stop", count + 1)
    kept = list(tokens[:limit])
    return Decoded(kept, "length", len(kept))


class Draw:
    """A logits processor that draws the next token of each row that is not greedy.

    What was drawn is left as the only choice. Each row has its own random numbers, from its seed,
    so that it doesn't matter which rows share the batch.
    """

    def __init__(self, samplings: Sequence[Sampling]) -> None:
        self._rows = [
            (number, sampling, random.Random(sampling.seed))  # noqa: S311 - no secret
            for number, sampling in enumerate(samplings)
            if sampling.temperature > 0
        ]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """`scores`, with minus infinity for all but the token that was drawn."""
        for number, sampling, source in self._rows:
            token = draw_token(scores[number], sampling, source.random())
            scores[number] = -torch.inf
            scores[number, token] = 0.0
        return scores


def draw_token(scores: torch.Tensor, sampling: Sampling, at: float) -> int:
    """The token at the place `at` in [0, 1) of the likeliest tokens that make up `top_p`.

    Source: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration".
    """
    chances = torch.softmax(scores.double() / sampling.temperature, dim=-1)
    chances, tokens = chances.sort(descending=True, stable=True)
    upto = chances.cumsum(dim=-1)
    kept = max(int((upto - chances < sampling.top_p).sum()), 1)
    place = int(torch.searchsorted(upto[:kept], at * upto[kept - 1], right=True))
    return int(tokens[min(place, kept - 1)])


class _Ends:
    """A stopping criterion: each row ends at its own limit, all of them when nobody waits."""

    def __init__(self, limits: Sequence[int], prompt: int, abandoned: Abandoned) -> None:
        self._limits = torch.tensor(limits)
        self._prompt = prompt
        self._abandoned = abandoned

    def __call__(
        self,
        input_ids: torch.Tensor,
        scores: torch.Tensor,
        **kwargs: Any,  # noqa: ANN401 - transformers hands over more
    ) -> torch.Tensor:
        """Whether each row is done."""
        self._limits = self._limits.to(input_ids.device)
        return (input_ids.shape[1] - self._prompt >= self._limits) | self._abandoned()


def _is_out_of_memory(error: Exception) -> bool:
    """The CPU's allocator raises a plain RuntimeError."""
    full = isinstance(error, torch.OutOfMemoryError | MemoryError)
    return full or "can't allocate memory" in str(error)
