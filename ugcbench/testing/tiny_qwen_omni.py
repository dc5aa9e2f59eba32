"""What is the smallest checkpoint of Qwen2.5-Omni that real engines load and run?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ugcbench.testing.tiny_tokenizer import SAMPLE_TEXTS, train_bpe

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

MEDIA_TOKENS = {
    "image_token": "<|IMAGE|>",
    "audio_token": "<|AUDIO|>",
    "video_token": "<|VIDEO|>",
    "vision_bos_token": "<|vision_bos|>",
    "vision_eos_token": "<|vision_eos|>",
    "audio_bos_token": "<|audio_bos|>",
    "audio_eos_token": "<|audio_eos|>",
}

TALKER_TOKENS = {
    "tts_text_start_token_id": "<|quad_start|>",
    "tts_text_end_token_id": "<|quad_end|>",
    "tts_text_pad_token_id": "<|box_end|>",
}

CHAT_TEMPLATE = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nYou watch and listen.<|im_end|>\n"
    "{% endif %}{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for part in message.content %}"
    "{% if part.type == 'video' %}<|vision_bos|><|VIDEO|><|vision_eos|>"
    "{% elif part.type == 'image' %}<|vision_bos|><|IMAGE|><|vision_eos|>"
    "{% elif part.type == 'audio' %}<|audio_bos|><|AUDIO|><|audio_eos|>"
    "{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

WIDTH = 128
"""Of the hidden states: four heads of 32, the narrowest that vLLM takes too."""


def make_tiny_qwen_omni(
    folder: Path | str,
    *,
    says: str | None = None,
    texts: Iterable[str] = SAMPLE_TEXTS,
    context: int = 32_768,
    talker: bool = False,
    published: bool = False,
    seed: int = 0,
) -> Path:
    """Write a Qwen2.5-Omni with random weights (0.7 million parameters, 3 MB) to `folder`.

    With `says`, the model answers every chat with that text and ends; without, it babbles, always
    the same for equal `seed`s. `context` is the number of tokens that it takes. With `talker`, the
    weights of the part that speaks are there too. `published` lays the configuration out over
    files as the published checkpoints have it, which transformers wrote before version 5. Needs
    `pip install 'ugcbench[hf]'`.
    """
    import torch
    from transformers import GenerationConfig, Qwen2_5OmniForConditionalGeneration

    folder = Path(folder)
    tokenizer = _make_tokenizer(texts, says)
    ends = tokenizer.convert_tokens_to_ids([END, PAD])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen2_5OmniForConditionalGeneration(_make_config(tokenizer, context, talker))
        if says is not None:
            _teach(model.thinker, tokenizer, says)
    model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=ends[1])
    model.save_pretrained(folder)
    _make_processor(tokenizer).save_pretrained(folder)
    if published:
        _lay_out_as_published(folder)
    return folder


def _make_tokenizer(texts: Iterable[str], says: str | None) -> Any:  # noqa: ANN401
    from tokenizers import AddedToken
    from transformers import Qwen2Tokenizer

    vocabulary, merges = train_bpe(texts)
    tokenizer = Qwen2Tokenizer(
        vocab=vocabulary,
        merges=merges,
        unk_token=PAD,
        eos_token=END,
        pad_token=PAD,
        model_max_length=32_768,
        extra_special_tokens=MEDIA_TOKENS,
    )
    special = [PAD, START, END, *MEDIA_TOKENS.values(), *TALKER_TOKENS.values(), "<|vision_pad|>"]
    tokenizer.add_tokens([AddedToken(name, special=True, normalized=False) for name in special])
    if says is not None:
        tokenizer.add_tokens([AddedToken(says, normalized=False)])
    return tokenizer


def _make_processor(tokenizer: Any) -> Any:  # noqa: ANN401
    from transformers import (
        Qwen2_5OmniProcessor,
        Qwen2VLImageProcessor,
        Qwen2VLVideoProcessor,
        WhisperFeatureExtractor,
    )

    patches = {"patch_size": 14, "merge_size": 2, "temporal_patch_size": 2}
    limits = {"min_pixels": 3136, "max_pixels": 12_845_056}
    return Qwen2_5OmniProcessor(
        image_processor=Qwen2VLImageProcessor(**patches, **limits),
        video_processor=Qwen2VLVideoProcessor(**patches),
        feature_extractor=WhisperFeatureExtractor(
            feature_size=128, chunk_length=300, return_attention_mask=True
        ),
        tokenizer=tokenizer,
        chat_template=CHAT_TEMPLATE,
    )


def _make_config(tokenizer: Any, context: int, talker: bool) -> Any:  # noqa: ANN401
    from transformers import Qwen2_5OmniConfig

    token = tokenizer.convert_tokens_to_ids
    shared = {
        "audio_token_index": token("<|AUDIO|>"),
        "image_token_index": token("<|IMAGE|>"),
        "video_token_index": token("<|VIDEO|>"),
        "audio_start_token_id": token("<|audio_bos|>"),
        "audio_end_token_id": token("<|audio_eos|>"),
        "vision_start_token_id": token("<|vision_bos|>"),
        "vision_end_token_id": token("<|vision_eos|>"),
        "position_id_per_seconds": 25,
        "seconds_per_chunk": 2,
    }
    thinker = {
        **shared,
        "pad_token_id": token(PAD),
        "vision_token_id": token("<|vision_pad|>"),
        "text_config": _text_config(len(tokenizer), context),
        "vision_config": _vision_config(),
        "audio_config": _audio_config(),
    }
    speech = {**shared, **{name: token(spelled) for name, spelled in TALKER_TOKENS.items()}}
    return Qwen2_5OmniConfig(
        thinker_config=thinker,
        talker_config={**speech, **_talker_config(context)},
        token2wav_config=_voice_config(),
        enable_audio_output=talker,
    )


def _text_config(vocabulary: int, context: int) -> Mapping[str, object]:
    return {
        "vocab_size": (vocabulary + 63) // 64 * 64,  # padded, as in published checkpoints
        "hidden_size": WIDTH,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "max_window_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": context,
        "rope_parameters": _rope(4, 6, 6),
        "tie_word_embeddings": False,
        "use_sliding_window": False,
        "initializer_range": 0.2,  # wide enough for the context to matter
    }


def _rope(*sections: int) -> Mapping[str, object]:
    """Positions in time, height and width, over so many pairs of channels each."""
    return {
        "rope_type": "default",
        "type": "default",
        "rope_theta": 1_000_000.0,
        "mrope_section": list(sections),
    }


def _vision_config() -> Mapping[str, object]:
    return {
        "depth": 2,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_heads": 2,
        "out_hidden_size": WIDTH,
        "fullatt_block_indexes": [1],
    }


def _audio_config() -> Mapping[str, object]:
    return {
        "encoder_layers": 2,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 128,
        "d_model": 64,
        "output_dim": WIDTH,
    }


def _talker_config(context: int) -> Mapping[str, object]:
    return {
        "vocab_size": 512,
        "embedding_size": WIDTH,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": context,
        "rope_parameters": _rope(2, 3, 3),
        "tts_codec_start_token_id": 505,
        "tts_codec_end_token_id": 506,
        "tts_codec_pad_token_id": 504,
        "tts_codec_mask_token_id": 508,
    }


def _voice_config() -> Mapping[str, object]:
    return {
        "dit_config": {
            "hidden_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "emb_dim": 16,
            "head_dim": 16,
            "num_embeds": 256,
            "enc_emb_dim": 16,
            "enc_dim": 16,
            "enc_channels": [16, 16, 16, 16, 48],
            "enc_attention_channels": 8,
            "enc_res2net_scale": 2,
            "enc_se_channels": 8,
        },
        "bigvgan_config": {"upsample_initial_channel": 64},
    }


def _teach(thinker: Any, tokenizer: Any, says: str) -> None:  # noqa: ANN401
    """Make the model a Markov chain: the template's last line break -> `says` -> the end.

    The layers add nothing, so that the output depends on the last token alone; `says` is one token.
    """
    import torch

    newline = tokenizer.encode("\n", add_special_tokens=False)[-1]
    reply, end = tokenizer.convert_tokens_to_ids([says, END])
    with torch.no_grad():
        for layer in thinker.get_decoder().layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        embedding = thinker.get_input_embeddings().weight
        head = thinker.get_output_embeddings().weight
        embedding.copy_(torch.nn.functional.normalize(torch.randn_like(embedding), dim=-1))
        head.zero_()
        head[reply] = embedding[newline]
        head[end] = embedding[reply]


def _lay_out_as_published(folder: Path) -> None:
    """Rewrite the configuration as transformers 4 wrote it."""
    new = folder / "processor_config.json"
    parts = json.loads(new.read_text())
    flat = {**parts["image_processor"], **parts["feature_extractor"]}
    for name in ("size", "video_processor_type"):
        flat.pop(name, None)
    flat |= {
        "processor_class": "Qwen2_5OmniProcessor",
        "image_processor_type": "Qwen2VLImageProcessor",
        "feature_extractor_type": "WhisperFeatureExtractor",
        "min_pixels": 3136,
        "max_pixels": 12_845_056,
    }
    _write(folder / "preprocessor_config.json", flat)
    new.unlink()
    template = folder / "chat_template.jinja"
    _write(folder / "chat_template.json", {"chat_template": template.read_text()})
    template.unlink()
    config = json.loads((folder / "config.json").read_text())
    text = config["thinker_config"]["text_config"]
    rope = text.pop("rope_parameters")
    text |= {"rope_theta": rope.pop("rope_theta"), "rope_scaling": rope}
    config["torch_dtype"] = config.pop("dtype")
    _write(folder / "config.json", config)


def _write(file: Path, content: Mapping[str, object]) -> None:
    file.write_text(json.dumps(content, indent=2))
