"""How does vLLM sample captions of clips, on the same tokens that the loss sees?

TRL hands vLLM tokens and pictures. Each prompt is exchanged for the same one with its clip, and
what vLLM makes of that is compared with the tokens of the loss. Parameters go to vLLM under the
names of the published checkpoints.

vLLM (0.32) counts the beginnings of picture and sound as two positions where transformers counts
one, so for clips with sound it samples from a slightly different model even with equal tokens and
weights; TRL's correction by importance sampling, which is on by default, weighs that out.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ugcbench.errors import FatalModelError
from ugcbench_train.trainers.examples import Examples

AT_ONCE = 16
"""Requests to a server at a time."""


class ClipRollouts:
    """Makes a `trl.generation.vllm_generation.VLLMGeneration` sample about clips."""

    def __init__(self, generation: Any, examples: Examples) -> None:  # noqa: ANN401
        self._examples = examples
        self._generation = generation
        self._numbers: Sequence[int] = ()
        self._calls = itertools.count()
        self._call = 0
        rename = generation._fix_param_name_to_vllm
        generation._fix_param_name_to_vllm = partial(self._rename, rename)
        if generation.mode == "colocate":
            generation.llm.generate = partial(self._ask_engine, generation.llm.generate)
        elif generation.accelerator.is_main_process:
            client = generation.vllm_client
            client.generate = partial(self._ask_server, client.chat)

    @contextmanager
    def about(self, numbers: Sequence[int]) -> Iterator[None]:
        """What is sampled meanwhile is about the rows of these numbers, one a completion."""
        self._numbers = list(numbers)
        if self._generation.mode == "server":  # the first process asks for all
            from accelerate.utils import gather_object

            self._numbers = gather_object(list(numbers))
        self._call = next(self._calls)
        try:
            yield
        finally:
            self._numbers = ()

    def _rename(self, rename: Callable[..., str], name: str, *others: Any, **more: Any) -> str:  # noqa: ANN401
        return self._examples.codec.name_for_vllm(rename(name, *others, **more))

    def _ask_engine(
        self,
        generate: Callable[..., Sequence[Any]],
        prompts: Sequence[Mapping[str, Any]],
        **options: Any,  # noqa: ANN401
    ) -> Sequence[Any]:
        """Stands for `vllm.LLM.generate`."""
        made = {number: self._make(number) for number in dict.fromkeys(self._numbers)}
        outputs = generate([made[number] for number in self._numbers], **options)
        for prompt, output in zip(prompts, outputs, strict=True):
            check_tokens(prompt["prompt_token_ids"], output.prompt_token_ids)
        return outputs

    def _ask_server(
        self,
        chat: Callable[..., Mapping[str, Any]],
        *,
        prompts: Sequence[Sequence[int]],
        features: None,
        n: int,
        generation_kwargs: Mapping[str, Any],
        **options: Any,  # noqa: ANN401
    ) -> dict[str, list[Any]]:
        """Stands for `trl.generation.vllm_client.VLLMClient.generate`."""
        assert features is None

        def ask(number: int) -> Mapping[str, Any]:
            message, template, more = make_message(self._make(number), self._spell)
            return chat(
                messages=[[message]],
                n=n,
                chat_template=template,
                generation_kwargs={**generation_kwargs, **more},
                **options,
            )

        numbers = self._numbers[::n]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            replies = list(pool.map(ask, numbers))
        for prompt, reply in zip(prompts, replies, strict=True):
            check_tokens(prompt, reply["prompt_ids"][0])
        return {name: [each for reply in replies for each in reply[name]] for name in replies[0]}

    def _make(self, number: int) -> dict[str, Any]:
        """The prompt of a row for vLLM.

        Its caches know a clip by a name, and would give what the encoders made of it before they
        were trained: the name changes with every call.
        """
        row = self._examples.rows[number]
        made = dict(
            self._examples.codec.make_vllm_prompt(
                self._examples.ask(row), self._examples.watch(row)
            )
        )
        made["multi_modal_uuids"] = {
            modality: [f"{name}:{self._call}" for name in names]
            for modality, names in made["multi_modal_uuids"].items()
        }
        return made

    def _spell(self, tokens: Sequence[int]) -> str:
        text: str = self._examples.codec.processor.tokenizer.decode(
            tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return text


def check_tokens(meant: Sequence[int], made: Sequence[int]) -> None:
    """Raise `FatalModelError` unless vLLM made of a prompt what the loss sees."""
    if list(meant) == list(made):
        return
    pairs = itertools.zip_longest(meant, made)
    place = next(place for place, (ours, theirs) in enumerate(pairs) if ours != theirs)
    raise FatalModelError(
        f"vLLM sampled from {len(made)} tokens where the loss sees {len(meant)}, which differ from "
        f"the {place + 1}th on; this version lays clips out in another way: say "
        "--set grpo.rollouts=transformers, or install the versions of pyproject's extra `train`"
    )


def make_message(
    prompt: Mapping[str, Any], spell: Callable[[Sequence[int]], str]
) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """A prompt with its clip as a chat message, a template and further fields of the request.

    Frames and sound travel as FFV1 and floats in Matroska, which lose nothing; vLLM looks for the
    sound in the file of the pictures. The template ignores the message and writes the prompt out,
    so that the clip's place is where it was. A server takes both if it was started with
    `--trust-request-chat-template --trust-request-mm-kwargs`.
    """
    data = prompt["multi_modal_data"]
    (frames,), sounds = data["video"], data.get("audio", ())
    coded = base64.b64encode(write_matroska(frames, *sounds)).decode("ascii")
    url = f"data:video/x-matroska;base64,{coded}"
    part = {"type": "video_url", "video_url": {"url": url}}
    template = "{{ " + json.dumps(spell(prompt["prompt_token_ids"])) + " }}"
    more = {
        "mm_processor_kwargs": dict(prompt["mm_processor_kwargs"]),
        "media_io_kwargs": {"video": {"num_frames": -1}},
    }
    return {"role": "user", "content": [part]}, template, more


def write_matroska(
    frames: NDArray[np.uint8], sound: tuple[NDArray[np.float32], int] | None = None
) -> bytes:
    """A file of RGB `frames` [T, H, W, 3], one a second, and mono `sound` with its rate in Hz."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        video = container.add_stream("ffv1", rate=1)
        video.height, video.width = frames.shape[1:3]
        video.pix_fmt = "bgr0"
        rate = 0 if sound is None else sound[1]
        audio = container.add_stream("pcm_f32le", rate=rate, layout="mono") if rate else None
        for second, pixels in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            picture.pts, picture.time_base = second, Fraction(1)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        if audio is not None and sound is not None:
            block = av.AudioFrame.from_ndarray(sound[0][None], format="flt", layout="mono")
            block.sample_rate, block.pts, block.time_base = rate, 0, Fraction(1, rate)
            container.mux(audio.encode(block))
            container.mux(audio.encode(None))
    return file.getvalue()
