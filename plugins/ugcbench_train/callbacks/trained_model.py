"""How does a model answer an evaluation's prompts while it is being trained?"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from transformers import GenerationConfig

from ugcbench.codecs import Codec, Example
from ugcbench.errors import FatalModelError
from ugcbench.media import MediaReader
from ugcbench.types import Prediction, Prompt, Receipt, Usage
from ugcbench_train.trainers.passes import scoring_last_token_only, to_device

GATHERING = 0.05
"""Seconds in which requests come together for a batch."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Waiting:
    """A prompt that waits for its turn."""

    prompt: Prompt
    example: Example
    receipt: Receipt | None
    reply: asyncio.Future[Prediction]

    @property
    def kind(self) -> object:
        """Only prompts of one kind share a batch."""
        return self.prompt.sampling, self.prompt.media is None


class TrainedModel:
    """A `Model` that generates with the weights of a training in place; there is no second copy.

    Args:
        codec: what the model is trained through.
        model: the model that is trained; it must hold all its weights in this process.
        name: what it is called in results.
        audio: whether it gets the sound.
        batch: how many prompts it answers at once.
        autocast: the type that training computes in.

    Only texts can be asked for: no schema is held to.

    """

    def __init__(
        self,
        codec: Codec,
        model: Any,  # noqa: ANN401
        *,
        name: str,
        audio: bool = True,
        batch: int = 8,
        autocast: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext,
    ) -> None:
        self.name = name
        self._codec, self._model = codec, model
        self._audio, self._batch, self._autocast = audio, batch, autocast
        self._reader = MediaReader(cache_bytes=64 << 20)
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer; raises `FatalModelError` for a prompt with a schema, `MediaError` for a clip."""
        if prompt.output_schema is not None:
            raise FatalModelError(
                f"{prompt.task} asks for a form; a model in training is asked for free text only"
            )
        media = None
        if prompt.media is not None and prompt.profile is not None:
            media = await self._reader.read(prompt.media, prompt.profile)
            media = media if self._audio else dataclasses.replace(media, audio=None)
        example = await asyncio.to_thread(self._codec.encode, prompt, media)
        receipt = media.receipt if media else None
        waiting = _Waiting(prompt, example, receipt, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())
        return await waiting.reply

    async def _answer_all(self) -> None:
        """Answer what waits, batch by batch, until nothing does."""
        while self._waiting:
            await asyncio.sleep(GATHERING)
            kind = self._waiting[0].kind
            batch = [each for each in self._waiting if each.kind == kind][: self._batch]
            self._waiting = [each for each in self._waiting if each not in batch]
            try:
                replies = await asyncio.to_thread(self._answer, batch)
            except Exception as error:  # noqa: BLE001 - each waits for its own
                for each in batch:
                    each.reply.set_exception(error)
                continue
            for each, reply in zip(batch, replies, strict=True):
                each.reply.set_result(reply)

    def _answer(self, batch: Sequence[_Waiting]) -> list[Prediction]:
        examples = [each.example for each in batch]
        longest = max(len(example.tokens) for example in examples)
        inputs = {**self._pad(examples, longest), **self._codec.join(examples)}
        device = next(self._model.parameters()).device
        undisturbed = torch.random.fork_rng([device] if device.type == "cuda" else [])
        with torch.no_grad(), self._autocast(), undisturbed, scoring_last_token_only(self._model):
            made = self._model.generate(
                **to_device(inputs, device), generation_config=self._configure(batch[0].prompt)
            )
        rows = zip(batch, made[:, longest:].tolist(), strict=True)
        return [self._read(each, tokens) for each, tokens in rows]

    def _pad(self, examples: Sequence[Example], longest: int) -> dict[str, torch.Tensor]:
        """Prompts and their masks (rows, longest), padded on the left."""
        gaps = [longest - len(example.tokens) for example in examples]
        pairs = list(zip(gaps, examples, strict=True))
        tokens = [[*([self._codec.pad] * gap), *example.tokens] for gap, example in pairs]
        mask = [[*([0] * gap), *([1] * len(example.tokens))] for gap, example in pairs]
        return {"input_ids": torch.tensor(tokens), "attention_mask": torch.tensor(mask)}

    def _configure(self, prompt: Prompt) -> GenerationConfig:
        sampling = prompt.sampling
        drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p}
        return GenerationConfig(
            do_sample=sampling.temperature > 0,
            max_new_tokens=sampling.max_tokens,
            eos_token_id=list(self._codec.stops),
            pad_token_id=self._codec.pad,
            use_cache=True,
            **(drawn if sampling.temperature > 0 else {}),
        )

    def _read(self, waiting: _Waiting, tokens: Sequence[int]) -> Prediction:
        """The prediction of a row: its tokens up to the first that ends it."""
        stops = self._codec.stops
        end = next((at for at, token in enumerate(tokens) if token in stops), len(tokens))
        prompt = waiting.prompt
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=self._codec.decode(tokens[:end]),
            model=self.name,
            finish="stop" if end < len(tokens) else "length",
            usage=Usage(
                input_tokens=len(waiting.example.tokens), output_tokens=min(end + 1, len(tokens))
            ),
            receipt=waiting.receipt,
        )

    async def close(self) -> None:
        """Forget the clips; the weights are the training's."""
        self._reader.close()
