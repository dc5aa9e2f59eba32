"""How does the stand-in for MiniCPM-o 2.6 take a conversation?

`make_tiny_minicpm_o` copies this file beside the weights, and it runs from there, as the code that
comes with the published checkpoint does; so it needs nothing of ugcbench. Classes, arguments and
the names of what is handed on are those of https://huggingface.co/openbmb/MiniCPM-o-2_6, and so is
what a second of sound and a too long conversation become. Pictures and sound enter a real, tiny
Qwen2 by one layer each. It refuses what the published code drops in silence, and remembers what it
was given in `conversations`.
"""
# ruff: noqa: ANN401 - tokenizers and what they are given have no types of their own

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from transformers import PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

PICTURE, SOUND = "(<image>./</image>)", "(<audio>./</audio>)"
PICTURE_ENDS = ("<image>", "</image>")
SOUND_ENDS = ("<|audio_start|>", "<|audio_end|>")
SPEECH_START, SPEECH_END = "<|tts_bos|>", "<|tts_eos|>"
PLACE = "<unk>"
CONTROLS = (*PICTURE_ENDS, *SOUND_ENDS, SPEECH_START, SPEECH_END, PLACE, "<unit>", "</unit>")
"""What its vocabulary has beside that of the chat model."""

SAMPLES_PER_TOKEN = 640
SAMPLES_PER_CHUNK = 16_000
ROLES = ("system", "user", "assistant")
SAMPLING: dict[str, float] = {"do_sample": True, "top_p": 0.8, "top_k": 100, "temperature": 0.7}
BEAMS: dict[str, float] = {"num_beams": 3, "repetition_penalty": 1.2}
OMNI = (
    "You are a helpful assistant. "
    "You can accept video, audio and text input and output voice and text. "
)


class MiniCPMOConfig(Qwen2Config):  # type: ignore[misc]
    """Qwen2's, and `query_num`, the tokens of a picture."""

    model_type = "minicpmo"

    def __init__(
        self,
        query_num: int = 4,
        init_vision: bool = True,
        init_audio: bool = True,
        init_tts: bool = True,
        **others: Any,
    ) -> None:
        self.query_num = query_num
        self.init_vision, self.init_audio, self.init_tts = init_vision, init_audio, init_tts
        super().__init__(**others)


@dataclass
class OmniOutput:
    """What `chat` returns if it is asked for more than the text."""

    text: str
    spk_embeds: Any = None
    audio_wav: Any = None
    sampling_rate: int | None = None


class MiniCPMO(PreTrainedModel):  # type: ignore[misc]
    """A chat model that sees and hears a little."""

    config_class = MiniCPMOConfig
    _supports_sdpa = True
    terminators = ("<|im_end|>", "<|endoftext|>")

    def __init__(self, config: MiniCPMOConfig) -> None:
        super().__init__(config)
        self.llm = Qwen2ForCausalLM(config)
        self.picture = nn.Linear(3, config.hidden_size)
        self.sound = nn.Linear(SAMPLES_PER_TOKEN, config.hidden_size)
        self.conversations: list[list[Any]] = []
        self.post_init()

    def get_sys_prompt(
        self, ref_audio: Any = None, mode: str = "default", language: str = "zh"
    ) -> dict[str, Any]:
        """The message that comes before pictures and sound."""
        if (ref_audio, mode, language) != (None, "omni", "en"):
            raise ValueError("only the English message for pictures and sound is known here")
        return {"role": "user", "content": [OMNI]}

    def chat(
        self,
        *,
        msgs: Sequence[Mapping[str, Any]],
        tokenizer: Any,
        max_new_tokens: int = 2048,
        max_inp_length: int = 32768,
        sampling: bool = True,
        omni_input: bool = False,
        max_slice_nums: int | None = None,
        use_image_id: bool | None = None,
        use_tts_template: bool = False,
        generate_audio: bool = False,
        return_dict: bool = False,
        **decoding: float,
    ) -> OmniOutput | str:
        """Answer one conversation; without `sampling` by three beams, unless told otherwise."""
        if generate_audio or (max_slice_nums, use_image_id) != (1, False):
            raise ValueError("only written answers to pictures of a video are known here")
        self.conversations.append(list(msgs))
        written, pictures, sounds = read_messages(msgs, "" if omni_input else "\n")
        template = tokenizer.chat_template
        if use_tts_template or sounds:
            template = template.replace("assistant\n", "assistant\n" + SPEECH_START)
        text = tokenizer.apply_chat_template(
            written, tokenize=False, add_generation_prompt=True, chat_template=template
        )
        text = fill_in(text, [self.config.query_num] * len(pictures), list(map(count, sounds)))
        tokens = tokenizer(text, add_special_tokens=False)["input_ids"][:max_inp_length]
        answers, _ = self.generate(
            input_ids=torch.tensor([tokens], dtype=torch.int32, device=self.device),
            pixel_values=[pictures],
            audio_features=[sounds],
            image_bound=[find_bounds(tokens, tokenizer, PICTURE_ENDS)],
            audio_bounds=[find_bounds(tokens, tokenizer, SOUND_ENDS)],
            attention_mask=torch.ones(1, len(tokens), dtype=torch.bool, device=self.device),
            tokenizer=tokenizer,
            max_new_tokens=max_new_tokens,
            **choose_decoding(sampling, decoding),
        )
        return OmniOutput(answers[0]) if return_dict else answers[0]

    def generate(
        self,
        *,
        input_ids: torch.Tensor,
        pixel_values: Sequence[Sequence[Image.Image]],
        audio_features: Sequence[Sequence[Any]],
        image_bound: Sequence[torch.Tensor],
        audio_bounds: Sequence[torch.Tensor],
        attention_mask: torch.Tensor,
        tokenizer: Any,
        **decoding: Any,
    ) -> tuple[list[str], Any]:
        """Put pictures and sound into their places, and let the language model go on."""
        with torch.inference_mode():
            embedded = self.llm.get_input_embeddings()(input_ids)
            _place(embedded[0], image_bound[0], map(self._see, pixel_values[0]))
            _place(embedded[0], audio_bounds[0], map(self._hear, audio_features[0]))
            outputs = self.llm.generate(
                inputs_embeds=embedded,
                attention_mask=attention_mask,
                pad_token_id=0,
                eos_token_id=[tokenizer.convert_tokens_to_ids(end) for end in self.terminators],
                output_hidden_states=True,
                return_dict_in_generate=True,
                **decoding,
            )
        return [self._write(row, tokenizer) for row in outputs.sequences], outputs

    def _write(self, row: torch.Tensor, tokenizer: Any) -> str:
        """The text of a row; as in the published code, token 0 is taken for padding."""
        row = row[row != 0]
        ends = [tokenizer.convert_tokens_to_ids(end) for end in self.terminators]
        text = tokenizer.decode(row[:-1] if row[-1] in ends else row)
        return str(text).replace(SPEECH_END, "")

    def _see(self, picture: Image.Image) -> torch.Tensor:
        pixels = torch.from_numpy(np.asarray(picture, dtype=np.float32) / 255).permute(2, 0, 1)
        grid = nn.functional.adaptive_avg_pool2d(pixels, (self.config.query_num // 2, 2))
        weight = self.picture.weight
        seen: torch.Tensor = self.picture(grid.flatten(1).T.to(weight.device, weight.dtype))
        return seen

    def _hear(self, sound: Any) -> torch.Tensor:
        whole = torch.from_numpy(sound[: count(sound) * SAMPLES_PER_TOKEN].copy())
        weight = self.sound.weight
        heard: torch.Tensor = self.sound(
            whole.view(-1, SAMPLES_PER_TOKEN).to(weight.device, weight.dtype)
        )
        return heard


def choose_decoding(sampling: bool, wanted: Mapping[str, float]) -> dict[str, float]:
    """The code's habits, and what is wanted instead of them.

    Raises `TypeError` for what the published code doesn't know, and would drop.
    """
    unknown = wanted.keys() - {*SAMPLING, *BEAMS}
    if unknown:
        raise TypeError(f"chat() got unexpected arguments: {', '.join(sorted(unknown))}")
    habits = SAMPLING if sampling else BEAMS
    return habits | {name: wanted[name] for name in habits.keys() & wanted.keys()}


def read_messages(
    msgs: Sequence[Mapping[str, Any]], between: str
) -> tuple[list[dict[str, str]], list[Image.Image], list[Any]]:
    """The messages with placeholders, their pictures and their sounds."""
    written: list[dict[str, str]] = []
    pictures: list[Image.Image] = []
    sounds: list[Any] = []
    for message in msgs:
        if message["role"] not in ROLES or not isinstance(message["content"], list):
            raise TypeError(f"not a message: {message}")
        parts = [take(item, pictures, sounds) for item in message["content"]]
        written.append({"role": message["role"], "content": between.join(parts)})
    return written, pictures, sounds


def take(item: object, pictures: list[Image.Image], sounds: list[Any]) -> str:
    """What an item is in the text; raises `TypeError` for what the published code would drop."""
    if isinstance(item, str):
        return item
    if isinstance(item, Image.Image) and item.mode == "RGB":
        pictures.append(item)
        return PICTURE
    if isinstance(item, np.ndarray) and item.dtype == np.float32 and item.ndim == 1:
        if not 0 < len(item) <= SAMPLES_PER_CHUNK:
            raise TypeError(f"a unit holds up to a second of sound, not {len(item)} samples")
        sounds.append(item)
        return SOUND
    raise TypeError(f"neither text nor an RGB picture nor sound: {item!r}")


def count(sound: Sequence[float]) -> int:
    """The tokens of a sound: a spectrum every 160 samples, halved twice."""
    halved = (-(-len(sound) // 160) - 1) // 2 + 1
    return (halved - 2) // 2 + 1


def fill_in(text: str, pictures: list[int], sounds: list[int]) -> str:
    """The text with as many places as each picture and sound has tokens."""
    kinds = {PICTURE: (iter(pictures), PICTURE_ENDS), SOUND: (iter(sounds), SOUND_ENDS)}

    def write(match: re.Match[str]) -> str:
        counts, (start, end) = kinds[match[0]]
        return start + PLACE * next(counts) + end

    return re.sub("|".join(map(re.escape, kinds)), write, text)


def find_bounds(tokens: Sequence[int], tokenizer: Any, ends: tuple[str, str]) -> torch.Tensor:
    """Where the places begin and end, (spans, 2)."""
    start, end = tokenizer.convert_tokens_to_ids(list(ends))
    starts = [place + 1 for place, token in enumerate(tokens) if token == start]
    stops = [place for place, token in enumerate(tokens) if token == end]
    return torch.tensor(list(zip(starts, stops, strict=False)), dtype=torch.long).view(-1, 2)


def _place(embedded: torch.Tensor, bounds: torch.Tensor, inputs: Iterable[torch.Tensor]) -> None:
    for (start, end), made in zip(bounds.tolist(), inputs, strict=True):
        embedded[start:end] = made
