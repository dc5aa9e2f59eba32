"""How does a model learn captions by teacher forcing?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from trl import SFTTrainer

from ugcbench_train.trainers.checkpoints import Resumable
from ugcbench_train.trainers.examples import Examples

IGNORED = -100
"""The label of a token that is not learned."""


class CaptionCollator:
    """Makes batches of rows with their captions, of which nothing else is learned."""

    def __init__(self, examples: Examples) -> None:
        self._examples = examples

    def __call__(self, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The model's inputs and `labels`, all (rows, longest), and the clips' tensors.

        Rows are padded on the right. `items` have the row's number as `row`.
        """
        codec, rows = self._examples.codec, [self._examples[item["row"]] for item in items]
        captions = [self._examples.rows[item["row"]].caption or "" for item in items]
        replies = [codec.encode_reply(caption) for caption in captions]
        tokens = [[*row.tokens, *reply] for row, reply in zip(rows, replies, strict=True)]
        labels = [
            [*([IGNORED] * len(row.tokens)), *reply]
            for row, reply in zip(rows, replies, strict=True)
        ]
        return {
            "input_ids": _pad(tokens, codec.pad),
            "attention_mask": _pad([[1] * len(row) for row in tokens], 0),
            "labels": _pad(labels, IGNORED),
            **codec.join(rows),
        }


class CaptionTrainer(Resumable, SFTTrainer):  # type: ignore[misc]
    """TRL's trainer for a collator that brings clips.

    `normalisation`: see `ugcbench_train.recipe.SFT`. The step's loss is divided by all caption
    tokens or by all captions of the step, over accumulated batches and processes.
    """

    def __init__(
        self,
        *,
        examples: Examples,
        keep: int | None,
        normalisation: Literal["tokens", "captions"],
        **options: Any,  # noqa: ANN401
    ) -> None:
        self.codec, self.keep = examples.codec, keep
        self._normalisation = normalisation
        super().__init__(
            data_collator=CaptionCollator(examples),
            processing_class=self.codec.processor,
            **options,
        )

    def _get_num_items_in_batch(
        self, batch_samples: Sequence[Mapping[str, Any]], device: torch.device
    ) -> torch.Tensor | int | None:
        """What the summed loss of a step is divided by."""
        if self._normalisation == "captions":
            # One label a row behind the first, which is never predicted: rows are counted.
            batch_samples = [
                {"labels": torch.zeros(len(batch["labels"]), 2)} for batch in batch_samples
            ]
        counted: torch.Tensor | int | None = super()._get_num_items_in_batch(batch_samples, device)
        return counted


def _pad(rows: Sequence[Sequence[int]], value: int) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *([value] * (longest - len(row)))] for row in rows])
