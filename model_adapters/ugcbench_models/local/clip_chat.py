"""How does a local checkpoint that sees and hears answer a prompt, with a clip or without?

Everything that is the same for all such models is here: the clip is read by the profile, turned
into the model's inputs once for all prompts about it, and prompts share batches. What differs is an
engine's matter (`ClipEngine`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from ugcbench.errors import FatalModelError, UsageError
from ugcbench.sharing import join
from ugcbench.types import MediaProfile, Prediction, Prompt, Receipt, Usage
from ugcbench_models.local.batching import Abandoned, Limits, MicroBatcher
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.replies import Reply, explain_silence
from ugcbench_models.local.residency import Resident
from ugcbench_models.local.text_chat import DTYPES

if TYPE_CHECKING:
    from ugcbench.media import Media, MediaReader

C = TypeVar("C")
"""A clip as an engine has encoded it, such as its pixels and sound as tensors."""

CLIPS_KEPT = 8
"""Encoded clips that are remembered; the prompts about a clip follow each other. With 32 frames of
the paper's size one takes about 40 MB."""

DECODED_BYTES = 64 << 20
"""Decoded frames and sound that are kept beside the encoded clips: five long clips, and ready for
another profile."""

PREPARERS = 4
"""The most threads that encode clips and prompts while the engine is busy."""


class ClipRequest(Protocol):
    """A prompt, ready for the engine."""

    @property
    def prompt_tokens(self) -> int:
        """The tokens that the model gets, those of the media included."""
        ...

    @property
    def length(self) -> int:
        """The same and the most tokens of the reply."""
        ...

    @property
    def kind(self) -> Hashable:
        """Only requests of equal kind share a batch."""
        ...

    @property
    def sent(self) -> str:
        """What of the clip the model gets, in words and its own units, and by which software.

        Not read for a prompt without a clip.
        """
        ...


Q = TypeVar("Q", bound=ClipRequest)


class ClipEngine(Protocol[C, Q]):
    """A loaded model: a class that is called with a `Source` and the template's options.

    `encode` and `prepare` run on several threads beside `answer`, which runs on one. All of them
    raise `FatalModelError` where the model would get something else than was meant.
    """

    def encode(self, media: Media, profile: MediaProfile) -> C:
        """The clip as inputs of the model: all that doesn't depend on the prompt."""
        ...

    def prepare(self, prompt: Prompt, clip: C | None) -> Q:
        """The request of a prompt, whose `output_schema` is to be held to.

        Raises `RequestRejectedError`, as for one that is too long.
        """
        ...

    def answer(self, requests: Sequence[Q], abandoned: Abandoned) -> Sequence[Reply]:
        """The replies to a batch; raises `OutOfMemoryError`."""
        ...

    def close(self) -> None:
        """Free the weights."""
        ...


class ClipChat:
    """A model that is run on this machine and reads frames, sound and text.

    It is loaded when it is first asked. Concurrent requests share batches; each is answered as it
    would be alone. A prompt's schema is held to while decoding, so that the reply follows it unless
    the token limit cuts it off.

    Args:
        engine: the model's `ClipEngine`, as `module:attribute`.
        model: the checkpoint's id on the Hugging Face hub.
        path: a directory with a checkpoint, in its place.
        revision: a commit, tag or branch of it on the hub.
        dtype: `auto` is the checkpoint's own; or float32, bfloat16, float16.
        device: `auto` is the GPU where there is one; or cpu, cuda, cuda:1.
        audio: whether the model gets the sound.
        structured: whether replies are held to a prompt's schema.
        batch_tokens: the most tokens of a batch, with padding and replies.
        batch_size: the most requests of a batch.
        template_options: variables of the chat template.
        trust_remote_code: whether code that comes with the checkpoint may run.
        reader: what decodes the clips; shared with others, so `close` leaves it alone.

    Raises `UsageError` if an option has no sense.

    """

    def __init__(
        self,
        *,
        engine: str,
        model: str,
        path: str | None = None,
        revision: str | None = None,
        dtype: str = "auto",
        device: str = "auto",
        audio: bool = True,
        structured: bool = True,
        batch_tokens: int = 65_536,
        batch_size: int = 8,
        template_options: Mapping[str, Any] | None = None,
        trust_remote_code: bool = False,
        reader: MediaReader | None = None,
    ) -> None:
        if dtype not in DTYPES:
            raise UsageError(f"dtype must be one of {', '.join(DTYPES)}, not {dtype!r}")
        if batch_tokens < 1 or batch_size < 1:
            raise UsageError("batch_tokens and batch_size must be at least 1")
        self._engine = engine
        self._source = Source(
            name=path or model,
            revision=revision,
            dtype=dtype,
            device=device,
            trusted=trust_remote_code,
        )
        self._audio = audio
        self._structured = structured
        self._template_options = dict(template_options or {})
        self._shared_reader = reader
        self._resident: Resident[ClipEngine[Any, Any]] = Resident(self._load)
        self._batches: MicroBatcher[ClipRequest, Reply] = MicroBatcher(
            self._answer,
            lambda request: request.length,
            kind=lambda request: request.kind,
            limits=Limits(batch_tokens, batch_size),
        )
        # Prepared requests hold pixels: enough of them for the batch that runs and the next one.
        self._room = asyncio.Semaphore(2 * batch_size)
        self._preparers = ThreadPoolExecutor(
            min(PREPARERS, os.cpu_count() or 1), "ugcbench-prepare"
        )
        self._clips: OrderedDict[tuple[str, MediaProfile], Future[Any]] = OrderedDict()

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer `prompt`; see `ugcbench.specs.Model`."""
        engine = await self._resident.get()
        async with self._room:
            media = await self._read(prompt)
            started = time.monotonic()
            request = await self._prepare(engine, prompt, media)
            reply = await self._batches.submit(request)
        empty = None if reply.text.strip() else explain_silence(reply.finish)
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=None if empty else reply.text,
            failure=empty,
            model=self._source.name,
            finish=reply.finish,
            usage=Usage(input_tokens=request.prompt_tokens, output_tokens=reply.made),
            seconds=round(time.monotonic() - started, 4),
            receipt=None if media is None else sign(media, request.sent, audio=self._audio),
        )

    async def close(self) -> None:
        """Finish the batch that runs, free the weights, and close the reader unless given."""
        await self._batches.close()
        await asyncio.to_thread(self._preparers.shutdown, cancel_futures=True)
        self._clips.clear()
        await self._resident.close()
        if "_reader" in vars(self) and self._reader is not self._shared_reader:
            await asyncio.to_thread(self._reader.close)

    def _load(self) -> ClipEngine[Any, Any]:
        """Import the frameworks and load the checkpoint; some seconds to minutes."""
        module, _, attribute = self._engine.partition(":")
        try:
            make = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            raise FatalModelError(
                f"{self._source.name} needs {error.name}: pip install 'ugcbench[hf]'"
            ) from error
        except (ImportError, RuntimeError, OSError) as error:  # builds that don't fit together
            reason = (str(error).strip() or type(error).__name__).partition("\n")[0]
            raise FatalModelError(
                f"what {self._source.name} needs can't be imported ({reason}); install torch and "
                "torchvision anew, of one release and for the same device"
            ) from error
        return cast("ClipEngine[Any, Any]", make(self._source, self._template_options))

    # The decoder is not needed for prompts without a clip.
    @cached_property
    def _reader(self) -> MediaReader:
        from ugcbench.media import MediaReader

        return self._shared_reader or MediaReader(cache_bytes=DECODED_BYTES)

    async def _read(self, prompt: Prompt) -> Media | None:
        if prompt.media is None:
            return None
        media = await self._reader.read(prompt.media, prompt.profile or MediaProfile())
        return media if self._audio else dataclasses.replace(media, audio=None)

    async def _prepare(
        self, engine: ClipEngine[Any, Any], prompt: Prompt, media: Media | None
    ) -> ClipRequest:
        clip = None
        if media is not None:
            encoding = self._encode(engine, media, prompt.profile or MediaProfile())
            # A request that is cancelled must not take the encoding from the others.
            clip = await join(asyncio.wrap_future(encoding))
        if not self._structured:
            prompt = prompt.model_copy(update={"output_schema": None})
        loop = asyncio.get_running_loop()
        return cast(
            ClipRequest,
            await loop.run_in_executor(self._preparers, engine.prepare, prompt, clip),
        )

    def _encode(
        self, engine: ClipEngine[Any, Any], media: Media, profile: MediaProfile
    ) -> Future[Any]:
        """The clip's encoding, begun unless it was before; one that failed is repeated."""
        key = media.receipt.sha256, profile
        known = self._clips.get(key)
        if known is None or (known.done() and known.exception() is not None):
            self._clips[key] = self._preparers.submit(engine.encode, media, profile)
        self._clips.move_to_end(key)
        if len(self._clips) > CLIPS_KEPT:
            self._clips.popitem(last=False)
        return self._clips[key]

    def _answer(self, requests: Sequence[ClipRequest], abandoned: Abandoned) -> Sequence[Reply]:
        return self._resident.loaded.answer(requests, abandoned)


def sign(media: Media, sent: str, *, audio: bool) -> Receipt:
    """The receipt of a clip, with what was handed to the model; `audio` is the user's option."""
    width, height = media.receipt.frame_size
    parts = [f"frames: {len(media.frames)} of {width}x{height}"]
    if media.audio is not None:
        parts.append(f"audio: {media.receipt.audio_seconds:.1f} s")
    else:
        parts.append("audio: none in the clip" if audio else "audio: off by option")
    return media.receipt.model_copy(update={"sent": "; ".join([*parts, sent])})
