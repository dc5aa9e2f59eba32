"""How does ms-swift get the prompt and the clip of a row exactly as the evaluation gives them?

ms-swift's own template for Qwen2.5-Omni samples frames and sound in its own way. Here it writes the
reply only; prompt, placeholders and tensors come from the codec of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from swift.template import Template, register_template
from swift.template.templates.qwen import Qwen2_5OmniTemplate, QwenTemplateMeta
from swift.utils import to_float_dtype
from torch.nn import functional

from ugcbench.codecs import Example
from ugcbench.errors import FatalModelError
from ugcbench_train.data.official import TAG
from ugcbench_train.recipe import Recipe
from ugcbench_train.rows import Row
from ugcbench_train.swift.arguments import TEMPLATE
from ugcbench_train.trainers.examples import KEPT, Examples, open_codec

IGNORED = -100
"""The label of a token that isn't learned."""

SOUND = ("input_features", "feature_attention_mask")
"""Tensors that end in a dimension of time."""


def register(recipe: Recipe) -> None:
    """Let `--template` know the template of a recipe."""
    encoder = _Encoder(recipe)

    class OfRecipe(OmniTemplate):
        clips = encoder

    register_template(QwenTemplateMeta(TEMPLATE, template_cls=OfRecipe), exist_ok=True)


class _Encoder:
    """Rows as the model gets them; the checkpoint's processor is opened when it is needed."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._examples = lru_cache(maxsize=1)(self._open)
        self.encode = lru_cache(maxsize=KEPT)(self._encode)

    @property
    def media_tokens(self) -> Sequence[int]:
        """The tokens that stand for media or enclose them."""
        return self._examples().codec.media_tokens

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of a reply."""
        return self._examples().codec.decode(tokens)

    def _encode(self, video: str, prompt: str) -> Example:
        return self._examples().encode(Row(id=video, video=video, prompt=prompt))

    def _open(self) -> Examples:
        return Examples(open_codec(self._recipe), self._recipe.media, ())


class OmniTemplate(Qwen2_5OmniTemplate):  # type: ignore[misc]
    """ms-swift's template for Qwen2.5-Omni with the prompts of `clips`."""

    clips: _Encoder

    def replace_tag(self, media_type: str, index: int, inputs: Any) -> list[str]:  # noqa: ANN401
        """The place of the clip, which `_encode` fills; raises `FatalModelError` for vLLM."""
        if self.mode == "vllm":
            raise FatalModelError(
                "vLLM would lay sound and pictures out in another order than the loss; train with "
                "--use_vllm false"
            )
        return ["<|vision_bos|><|VIDEO|><|vision_eos|>"]

    def _encode(self, inputs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Tokens, labels and tensors of a row, whose last message may be missing."""
        prompt = inputs.messages[0]["content"].removeprefix(TAG)
        written: dict[str, Any] = Template._encode(self, inputs)
        if not inputs.videos:
            return written  # only for the log of completions
        example = self.clips.encode(inputs.videos[0], prompt)
        begin = self._find_reply(written["input_ids"], example.tokens)
        count = len(example.tokens)
        written["input_ids"] = [*example.tokens, *written["input_ids"][begin:]]
        for name, nothing in (("labels", IGNORED), ("loss_scale", 0.0)):
            if written.get(name) is not None:
                written[name] = [nothing] * count + written[name][begin:]
        tensors = to_float_dtype(dict(example.inputs), self.model_info.torch_dtype)
        return {**written, **tensors}

    def decode_generate_ids(self, generate_ids: list[int], **other: Any) -> str:  # noqa: ANN401
        """The text of what was sampled, as the evaluation decodes it."""
        return self.clips.decode(generate_ids)

    def _find_reply(self, written: Sequence[int], tokens: Sequence[int]) -> int:
        """Where the reply begins in what ms-swift wrote, given the prompt that the model gets.

        Raises `FatalModelError` if ms-swift writes something else between clip and reply.
        """
        question = tokens[self._end_of_clip(tokens) :]
        begin = self._end_of_clip(written)
        end = begin + len(question)
        if list(written[begin:end]) != list(question):
            raise FatalModelError(
                "ms-swift writes the prompt in another way than the checkpoint's chat template; "
                "copy the one that Qwen2.5-Omni comes with into its folder"
            )
        return end

    def _end_of_clip(self, tokens: Sequence[int]) -> int:
        media = set(self.clips.media_tokens)
        end = next(place for place, token in enumerate(tokens) if token in media)
        while tokens[end] in media:
            end += 1
        return end

    def _data_collator_mm_data(self, batch: list[dict[str, Any]]) -> dict[str, Any]:
        """The tensors of a batch, whose spectrograms are padded on the right."""
        for name in SOUND:
            rows = [row for row in batch if row.get(name) is not None]
            longest = max((row[name].shape[-1] for row in rows), default=0)
            for row in rows:
                row[name] = functional.pad(row[name], (0, longest - row[name].shape[-1]))
        found: dict[str, Any] = super()._data_collator_mm_data(batch)
        return found

    def prepare_generate_kwargs(self, generate_kwargs: dict[str, Any], **other: Any) -> Any:  # noqa: ANN401
        """Keep media tokens out of what is sampled: the model would look for their clips."""
        generate_kwargs["generation_config"].suppress_tokens = list(self.clips.media_tokens)
        return super().prepare_generate_kwargs(generate_kwargs, **other)
