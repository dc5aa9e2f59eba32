"""How is a model trained through exactly what the evaluation gives it?

The target of `ModelSpec.codec` is called with the keyword arguments of `OpenCodec` and returns a
`Codec`. All that depends on the family of models is behind it; trainers know none of them.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

if typing.TYPE_CHECKING:
    from pathlib import Path

    from ugcbench.media import Media
    from ugcbench.types import Prompt

Part = typing.Literal["pictures", "sound"]


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A prompt about a clip as the model gets it.

    `tokens` are those of the prompt, the clip's placeholders among them, up to where the reply
    begins; `seen` and `heard` say how many of them stand for pictures and for sound. `inputs` are
    the clip's tensors by the model's names for them.
    """

    tokens: Sequence[int]
    inputs: Mapping[str, typing.Any]
    seen: int
    heard: int


class Codec(typing.Protocol):
    """A checkpoint that can be trained; opening it loads no weights."""

    @property
    def name(self) -> str:
        """The checkpoint's directory, or its id on the hub."""
        ...

    @property
    def dtype(self) -> str:
        """The type of the checkpoint's weights, such as bfloat16."""
        ...

    @property
    def processor(self) -> typing.Any:  # noqa: ANN401
        """The processor of transformers; its `tokenizer` has the chat template."""
        ...

    @property
    def pad(self) -> int:
        """The token that fills up shorter rows."""
        ...

    @property
    def stops(self) -> tuple[int, ...]:
        """The tokens that end a reply; the first is the one that is taught."""
        ...

    @property
    def media_tokens(self) -> tuple[int, ...]:
        """The tokens that stand for media or enclose them; none may be sampled in a reply."""
        ...

    @property
    def parts(self) -> Mapping[str, str]:
        """The model's modules by what they are for: `vision`, `audio`, `language`."""
        ...

    def load(self, dtype: str = "auto", folder: Path | None = None) -> typing.Any:  # noqa: ANN401
        """The model with its weights, in host memory, ready to be trained.

        `auto` is the checkpoint's own type. `folder` is a directory written by `save` or by
        transformers, in place of the checkpoint. Raises `FatalModelError`.
        """
        ...

    def encode(self, prompt: Prompt, media: Media | None) -> Example:
        """The prompt and its clip; raises `FatalModelError` if the model would get another."""
        ...

    def encode_reply(self, text: str) -> list[int]:
        """The tokens of a reply and the one that ends it."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of a reply as the evaluation decodes it."""
        ...

    def join(self, examples: Sequence[Example]) -> Mapping[str, typing.Any]:
        """The clips' inputs of a batch, one clip a row, some of which may be silent."""
        ...

    def without(self, example: Example, part: Part) -> Example:
        """The same tokens with blank pictures or with silence."""
        ...

    def save(
        self,
        model: typing.Any,  # noqa: ANN401
        folder: Path,
        weights: Mapping[str, typing.Any] | None = None,
    ) -> None:
        """Write a directory that the evaluation loads: weights, configuration, processor.

        `weights` are given where the model holds only a part of them.
        """
        ...

    def make_vllm_prompt(self, prompt: Prompt, media: Media) -> Mapping[str, typing.Any]:
        """The same prompt and clip as vLLM takes them."""
        ...

    def name_for_vllm(self, parameter: str) -> str:
        """The name under which vLLM loads a parameter of the model."""
        ...


class OpenCodec(typing.Protocol):
    """What the target of `ModelSpec.codec` is.

    `model` is the checkpoint's id on the hub, `path` a directory in its place, `revision` a commit,
    tag or branch on the hub. Raises `FatalModelError` if there is no such checkpoint.
    """

    def __call__(
        self,
        *,
        model: str,
        path: str | None = None,
        revision: str | None = None,
    ) -> Codec:
        """The codec of a checkpoint."""
        ...
