"""How does MiniCPM-o 2.6 answer on transformers, through the code of its own repository?"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import transformers

from ugcbench.errors import FatalModelError
from ugcbench.media import Media
from ugcbench.types import MediaProfile, Prompt
from ugcbench_models.local.batching import Abandoned
from ugcbench_models.local.chats import WORD_JOINER, ChatEncoder
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.checkpoints import (
    Checkpoint,
    assemble,
    check_report,
    choose_device,
    explained,
    quiet,
)
from ugcbench_models.local.decoding import Row, pad_left, relieve
from ugcbench_models.local.generation import Generator
from ugcbench_models.local.minicpm_o_code import (
    Inputs,
    blame_version,
    collect_inputs,
    digest_code,
    embed,
)
from ugcbench_models.local.minicpm_o_units import UNIT, UnitClip, make_units
from ugcbench_models.local.replies import Reply

PLACEHOLDERS = (UNIT, "(<image>./</image>)", "(<audio>./</audio>)")
"""What stands for media in the text of a conversation."""

UNBOUNDED = 1 << 30

SHORTER = "use a profile with fewer frames, or a shorter prompt"


@dataclass(frozen=True, slots=True, eq=False)
class MiniCPMORequest:
    """A conversation's inputs and how the reply is to be decoded."""

    inputs: Inputs
    row: Row
    sent: str

    @property
    def prompt_tokens(self) -> int:
        """The tokens that the model gets, those of the media included."""
        return len(self.inputs.tokens)

    @property
    def length(self) -> int:
        """The most tokens that prompt and reply take together."""
        return self.prompt_tokens + self.row.limit

    @property
    def kind(self) -> None:
        """All requests may share a batch: they meet as embeddings."""


class MiniCPMOEngine(Generator):
    """A loaded checkpoint; see `ugcbench_models.local.clip_chat.ClipEngine`.

    The repository's code turns each conversation into embeddings, one at a time, as it does by
    itself; their replies are decoded together, as those of all models here. The source must be
    trusted, its files are in `folder`. Raises `FatalModelError` if they can't be loaded.
    """

    def __init__(self, source: Source, folder: Path) -> None:
        self._model, loaded, self._software = _load(source, folder)
        super().__init__(loaded, source.name)
        self._chats = ChatEncoder(loaded.tokenizer, source.name, {})
        self._lock = threading.Lock()

    def encode(self, media: Media, profile: MediaProfile) -> UnitClip:
        """The clip as units of one second."""
        return make_units(media, profile)

    def prepare(self, prompt: Prompt, clip: UnitClip | None) -> MiniCPMORequest:
        """The request of a prompt; raises `RequestRejectedError`, as for one that is too long."""
        loaded = self._loaded
        context = loaded.context or UNBOUNDED
        messages = self._write(prompt, clip)
        with self._lock, blame_version(self._name):
            inputs = collect_inputs(self._model, loaded.tokenizer, messages, context - 1)
        if clip is not None:
            _check(inputs, clip)
        tokens = len(inputs.tokens)
        row = self._plan(prompt, tokens, what=f"the prompt has {tokens} tokens", advice=SHORTER)
        sent = (
            f"{inputs.units} units of a second as {inputs.picture_tokens} image and "
            f"{inputs.sound_tokens} audio tokens; {self._software}"
        )
        return MiniCPMORequest(inputs, row, sent)

    def answer(self, requests: Sequence[MiniCPMORequest], abandoned: Abandoned) -> list[Reply]:
        """The replies to a batch; raises `OutOfMemoryError`."""
        with blame_version(self._name):
            rows = [relieve(partial(embed, self._model, request.inputs)) for request in requests]
        inputs = {
            **pad_left([request.inputs.tokens for request in requests], self._loaded.pad),
            "inputs_embeds": torch.nn.utils.rnn.pad_sequence(
                rows, batch_first=True, padding_side="left"
            ),
        }
        return self._reply(inputs, [request.row for request in requests], abandoned)

    def close(self) -> None:
        """Free the weights."""
        self._model = None
        super().close()

    def _write(self, prompt: Prompt, clip: UnitClip | None) -> list[Mapping[str, Any]]:
        """The conversation: a system turn, the code's own words about media, and the question."""
        messages: list[Mapping[str, Any]] = []
        if prompt.system is not None:
            messages.append({"role": "system", "content": [self._disarm(prompt.system)]})
        if clip is not None:
            messages.append(self._model.get_sys_prompt(mode="omni", language="en"))
        items = [] if clip is None else clip.items
        messages.append({"role": "user", "content": [*items, self._disarm(prompt.text)]})
        return messages

    def _disarm(self, text: str) -> str:
        """`text` that neither ends the turn nor stands for media."""
        text = self._chats.disarm(text)
        for mark in PLACEHOLDERS:
            text = text.replace(mark, mark[0] + WORD_JOINER + mark[1:])
        return text


def _load(source: Source, folder: Path) -> tuple[Any, Checkpoint, str]:
    """The model, its language model as a checkpoint, and what software runs them, in words."""
    device = choose_device(source.device)
    dtype = "dtype" if int(transformers.__version__.split(".")[0]) >= 5 else "torch_dtype"
    with explained(source, folder), blame_version(source.name), quiet():
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
        model, report = transformers.AutoModel.from_pretrained(
            folder,
            **{dtype: source.dtype},
            attn_implementation="sdpa",
            init_tts=False,
            use_safetensors=True,
            trust_remote_code=True,
            output_loading_info=True,
        )
        check_report(source, report)
        model.eval().to(device)
        checkpoint = assemble(source, model.llm, tokenizer)
        ends = tokenizer.convert_tokens_to_ids(list(model.terminators))
    stops = tuple(dict.fromkeys((*checkpoint.stops, *ends)))
    software = (
        f"{type(model).__name__} of the checkpoint's own code {digest_code(folder)} on "
        f"transformers {transformers.__version__}"
    )
    return model, dataclasses.replace(checkpoint, stops=stops), software


def _check(inputs: Inputs, clip: UnitClip) -> None:
    """What the code made of a clip must be all of it."""
    made = inputs.units, inputs.pictures, inputs.sound_tokens
    meant = clip.units, clip.pictures, clip.sound_tokens
    if made != meant:
        words = "{} units, {} pictures and {} tokens of sound"
        raise FatalModelError(
            f"the code that comes with the checkpoint made {words.format(*made)} of "
            f"{words.format(*meant)}; give the option revision= with a commit of "
            "openbmb/MiniCPM-o-2_6 that takes units of a second"
        )
