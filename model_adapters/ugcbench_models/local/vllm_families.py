"""How is a checkpoint asked, by the kind that its config.json names?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import transformers

from ugcbench.errors import FatalModelError, RequestRejectedError
from ugcbench.media import Media
from ugcbench.types import MediaProfile
from ugcbench_models.local.checkpoint_files import Source, read_config
from ugcbench_models.local.checkpoints import explained, quiet
from ugcbench_models.local.vllm_clips import ClipInput, Family

HOME = "ugcbench_models.local"
FAMILIES: Mapping[str, str] = {
    "qwen2_5_omni": f"{HOME}.vllm_qwen_omni",
    "qwen2_5_omni_thinker": f"{HOME}.vllm_qwen_omni",
    "gemma3n": f"{HOME}.vllm_gemma3n",
    "minicpmo": f"{HOME}.vllm_minicpm_o",
}
"""The kinds that take frames and sound: `model_type` -> the module with `make_family`."""

PICTURE = {"type": "image"}
MOST_PICTURES = 128


def find_family(folder: Path, source: Source) -> Family:
    """How the checkpoint in `folder` is asked.

    One of a kind that isn't known here gets the frames as pictures if its chat template has a place
    for them, and text only otherwise. Raises `FatalModelError` if its files can't be read.
    """
    config = read_config(folder)
    module = FAMILIES.get(str(config.get("model_type")))
    with explained(source, folder), quiet():
        if module is None:
            return _make_unknown(folder, source, config)
        make: Callable[..., Family] = import_module(module).make_family
        return make(folder, source, config)


def _make_unknown(folder: Path, source: Source, config: Mapping[str, Any]) -> Family:
    if "vision_config" in config:
        processor = transformers.AutoProcessor.from_pretrained(
            folder, trust_remote_code=source.trusted
        )
        tokenizer = getattr(processor, "tokenizer", processor)
        template = getattr(processor, "chat_template", None) or tokenizer.chat_template
        tokenizer.chat_template = template
        if template and "image" in template:
            return Family(
                name=source.name,
                tokenizer=tokenizer,
                encode=partial(_give_pictures, source.name),
                limits={"image": MOST_PICTURES},
            )
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=source.trusted)
    return Family(name=source.name, tokenizer=tokenizer, encode=partial(_reject, source.name))


def _give_pictures(name: str, media: Media, profile: MediaProfile) -> ClipInput:
    from PIL import Image

    if media.audio is not None:
        raise FatalModelError(
            f"how {name} takes sound isn't known here; if it is to see the frames only, type "
            "--option audio=false"
        )
    frames = [Image.fromarray(frame) for frame in media.frames]
    return ClipInput(
        parts=[PICTURE] * len(frames), data={"image": frames}, counts="frames as pictures"
    )


def _reject(name: str, media: Media, profile: MediaProfile) -> ClipInput:
    raise RequestRejectedError(f"{name} reads text only and can't be asked about a clip")
