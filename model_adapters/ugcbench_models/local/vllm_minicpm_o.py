"""How is MiniCPM-o 2.6 given a clip on vLLM? As units of a second, written into the user's turn.

Pictures go in as videos of one frame: vLLM would number pictures and cut large ones into slices,
which the model's own code does not do with the frames of a video.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import transformers
from PIL import Image

from ugcbench.errors import FatalModelError
from ugcbench.media import Media
from ugcbench.types import MediaProfile
from ugcbench_models.local.chats import WORD_JOINER
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.minicpm_o_units import (
    SAMPLE_RATE,
    SAMPLES_PER_TOKEN,
    UNIT,
    make_units,
)
from ugcbench_models.local.vllm_clips import ClipInput, Family

PLACE = "<unk>"
PICTURE, SOUND = "(<video>./</video>)", "(<audio>./</audio>)"
MARKS = (UNIT, PICTURE, SOUND, "(<image>./</image>)")
"""What stands for media in the text of a conversation."""

STOPS = ("<|im_end|>", "<|endoftext|>")
LIMITS = {"image": 0, "video": 1024, "audio": 1024}
USER, END = "<|im_start|>user\n", "<|im_end|>\n"

INTRODUCTION = (
    "You are a helpful assistant. "
    "You can accept video, audio and text input and output voice and text. "
)
"""What stands before a clip, in a user's turn of its own. Source: `get_sys_prompt(mode="omni",
language="en")` of the code that comes with the checkpoint."""

SPOKEN = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}<|im_start|>assistant\n<|spk_bos|><|spk|><|spk_eos|><|tts_bos|>"
)
"""The chat template for a conversation with sound. Source: what `chat` of that code takes then,
`default_tts_chat_template`."""


def make_family(folder: Path, source: Source, config: Mapping[str, Any]) -> Family:
    """The family of the checkpoint in `folder`."""
    if not source.trusted:
        raise FatalModelError(
            f"{source.name} is read by Python code from its own repository, which would run on "
            "this machine as you; if you trust it, say trust_remote_code=true"
        )
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    return Family(
        name=source.name,
        tokenizer=tokenizer,
        encode=partial(encode, int(config.get("query_num", 64))),
        limits=LIMITS,
        stops=tokenizer.convert_tokens_to_ids(list(STOPS)),
        places=(PLACE,),
    )


def encode(picture_tokens: int, media: Media, profile: MediaProfile) -> ClipInput:
    """The clip as units of a second; raises `FatalModelError` for sound that isn't at 16 kHz."""
    clip = make_units(media, profile)
    pictures = [item for item in clip.items if isinstance(item, Image.Image)]
    sounds = [item for item in clip.items if isinstance(item, np.ndarray)]
    data: dict[str, list[Any]] = {"video": [np.asarray(picture)[None] for picture in pictures]}
    if sounds:
        data["audio"] = [(sound, SAMPLE_RATE) for sound in sounds]
    tokens = [_count(item, picture_tokens) for item in clip.items if not isinstance(item, str)]
    return ClipInput(
        expand=partial(insert, "".join(map(_mark, clip.items))),
        template=SPOKEN if sounds else None,
        data=data,
        layout=[(PLACE, count) for count in tokens],
        counts=(
            f"{clip.units} units of a second as {clip.pictures * picture_tokens} image and "
            f"{clip.sound_tokens} audio tokens"
        ),
    )


def insert(marks: str, chat: str) -> str:
    """A chat with the introduction and a clip's marks in front of the question."""
    for mark in MARKS:
        chat = chat.replace(mark, mark[0] + WORD_JOINER + mark[1:])
    before, user, question = chat.rpartition(USER)
    if not user:
        raise FatalModelError(
            "the chat template has no turn of the user as MiniCPM-o 2.6 knows it; copy its "
            "tokenizer_config.json anew"
        )
    return f"{before}{user}{INTRODUCTION}{END}{user}{marks}{question}"


def _mark(item: object) -> str:
    if isinstance(item, str):
        return item
    return SOUND if isinstance(item, np.ndarray) else PICTURE


def _count(item: object, picture_tokens: int) -> int:
    return len(item) // SAMPLES_PER_TOKEN if isinstance(item, np.ndarray) else picture_tokens
