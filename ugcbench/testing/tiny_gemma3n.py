"""What is the smallest Gemma 3n that real engines load and run?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ugcbench.testing.tiny_tokenizer import SAMPLE_TEXTS

PAD, EOS, BOS, UNK, MASK = "<pad>", "<eos>", "<bos>", "<unk>", "<mask>"
START, END = "<start_of_turn>", "<end_of_turn>"
BREAKS = tuple("\n" * count for count in range(1, 5))
SPECIAL = {
    "boi_token": "<start_of_image>",
    "image_token": "<image_soft_token>",
    "eoi_token": "<end_of_image>",
    "boa_token": "<start_of_audio>",
    "audio_token": "<audio_soft_token>",
    "eoa_token": "<end_of_audio>",
}
"""The tokens about pictures and sound, under the names by which the processor looks them up."""

HARD = 8
"""Tokens of the vocabularies behind the text's that pictures and sound have each; really 128."""

IMAGE_TOKENS, AUDIO_TOKENS = 256, 188
HIDDEN, LAYERS = 64, 4
CHAT_TEMPLATE = (
    "{{ bos_token }}{% set ns = namespace(head='') %}{% for message in messages %}"
    "{% if message.role == 'system' %}{% set ns.head = message.content + '\n\n' %}"
    "{% else %}<start_of_turn>{{ 'model' if message.role == 'assistant' else message.role }}\n"
    "{{ ns.head }}{% set ns.head = '' %}"
    "{% if message.content is string %}{{ message.content | trim }}"
    "{% else %}{% for item in message.content %}"
    "{% if item.type == 'text' %}{{ item.text | trim }}"
    "{% else %}<{{ item.type }}_soft_token>{% endif %}"
    "{% endfor %}{% endif %}<end_of_turn>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


def make_tiny_gemma3n(
    folder: Path | str,
    *,
    says: str | None = None,
    texts: Iterable[str] = SAMPLE_TEXTS,
    context: int = 32_768,
    picture: int = 64,
    seed: int = 0,
) -> Path:
    """Write a Gemma 3n with random weights (0.8 million parameters, 3.5 MB) to `folder`.

    Layout, classes and token counts are those of the published ones: 256 tokens a picture, 188 an
    item of sound. The processor brings pictures to `picture` x `picture` pixels, published 768.
    With `says`, the model answers every chat with that text and ends; without, it babbles, always
    the same for equal `seed`s and inputs. `context` is the number of tokens that it takes. Needs
    `pip install 'ugcbench[hf]'`.
    """
    import torch
    from transformers import Gemma3nForConditionalGeneration, GenerationConfig

    folder = Path(folder)
    tokenizer, size = _make_tokenizer(texts, says)
    config = _make_config(tokenizer, size, context)
    stages = json.dumps(config.vision_config.model_args)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Gemma3nForConditionalGeneration(config)
        if says is not None:
            _teach(model, tokenizer, says)
    # timm writes functions into it, which JSON doesn't take.
    model.config.vision_config.model_args = json.loads(stages)
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.convert_tokens_to_ids([EOS, END]),
    )
    model.save_pretrained(folder)
    _make_processor(tokenizer, picture).save_pretrained(folder)
    return folder


def _make_tokenizer(texts: Iterable[str], says: str | None) -> tuple[Any, int]:
    """A tokenizer, and the size of the text's vocabulary, behind which the hard tokens stand."""
    from tokenizers import AddedToken
    from transformers import GemmaTokenizer

    whole = [] if says is None else [says]
    vocabulary, merges = _train_bpe(texts, whole)
    size = len(vocabulary)
    hard = [
        *(SPECIAL["eoi_token"], SPECIAL["image_token"], *(f"<v{i}>" for i in range(2, HARD))),
        *(SPECIAL["eoa_token"], SPECIAL["audio_token"], *(f"<a{i}>" for i in range(2, HARD))),
    ]
    vocabulary |= {token: size + number for number, token in enumerate(hard)}
    tokenizer = GemmaTokenizer(vocab=vocabulary, merges=merges, extra_special_tokens=SPECIAL)
    special = [AddedToken(token, normalized=False) for token in (START, END, *hard)]
    tokenizer.add_tokens(special, special_tokens=True)
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in (*BREAKS, *whole)])
    return tokenizer, size


def _train_bpe(
    texts: Iterable[str], whole: Iterable[str]
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges of a BPE that falls back on bytes, as Gemma's; `whole` are tokens."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    control = [PAD, EOS, BOS, UNK, MASK, START, END, SPECIAL["boi_token"], SPECIAL["boa_token"]]
    fixed = [*control, *(f"<0x{byte:02X}>" for byte in range(256)), *BREAKS, *whole]
    tokenizer = Tokenizer(models.BPE(unk_token=UNK, byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    trainer = trainers.BpeTrainer(
        vocab_size=len(fixed) + 220, special_tokens=fixed, show_progress=False
    )
    tokenizer.train_from_iterator([*texts] * 2, trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    return trained["vocab"], [(left, right) for left, right in trained["merges"]]


def _make_config(tokenizer: Any, size: int, context: int) -> Any:  # noqa: ANN401
    from transformers import Gemma3nConfig

    ids = {f"{name}_id": tokenizer.convert_tokens_to_ids(text) for name, text in SPECIAL.items()}
    return Gemma3nConfig(
        text_config=_describe_text(tokenizer, size, context),
        vision_config={
            "architecture": "mobilenetv5_300m_enc",
            "hidden_size": 2048,
            "vocab_size": HARD,
            "vocab_offset": size,
            "num_classes": 2,
            "model_args": {
                "block_args": _describe_blocks(),
                "stem_size": 8,
                "channel_multiplier": 0.99,
            },
        },
        audio_config={
            "vocab_size": HARD,
            "vocab_offset": size + HARD,
            "hidden_size": 64,
            "conf_num_attention_heads": 2,
            "conf_num_hidden_layers": 2,
            "sscp_conv_channel_size": [16, 8],
        },
        vision_soft_tokens_per_image=IMAGE_TOKENS,
        audio_soft_tokens_per_image=AUDIO_TOKENS,
        **ids,
    )


def _describe_text(tokenizer: Any, size: int, context: int) -> dict[str, Any]:  # noqa: ANN401
    return {
        "vocab_size": size + 2 * HARD,
        "vocab_size_per_layer_input": size,
        "hidden_size": HIDDEN,
        "hidden_size_per_layer_input": 16,
        "intermediate_size": [128] * LAYERS,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "num_kv_shared_layers": 2,
        "layer_types": ["sliding_attention", "full_attention"] * (LAYERS // 2),
        "activation_sparsity_pattern": [0.95] + [0.0] * (LAYERS - 1),
        "laurel_rank": 8,
        "max_position_embeddings": context,
        "initializer_range": 0.2,  # wide enough for the context to matter
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
    }


def _describe_blocks() -> list[list[dict[str, Any]]]:
    """The stages of the picture encoder, with one block of each of its kinds, for timm."""
    common = {"out_chs": 16, "noskip": False, "act_layer": None}
    edge = {"block_type": "er", "stride": 2, "exp_kernel_size": 3, "pw_kernel_size": 1}
    edge |= {"exp_ratio": 1.0, "se_ratio": 0.0, "force_in_chs": 0, **common}
    flat = {"block_type": "uir", "stride": 1, "exp_ratio": 1.0, "se_ratio": 0.0, **common}
    flat |= {"dw_kernel_size_start": 3, "dw_kernel_size_mid": 3, "dw_kernel_size_end": 0}
    attention = {"block_type": "mqa", "stride": 1, "num_heads": 2, "kv_stride": 2, **common}
    attention |= {"dw_kernel_size": 3, "key_dim": 16, "value_dim": 16}
    halving = {**flat, "stride": 2}
    return [[edge], [halving], [dict(halving), attention, flat], [dict(halving)]]


def _make_processor(tokenizer: Any, picture: int) -> Any:  # noqa: ANN401
    from transformers import Gemma3nAudioFeatureExtractor, Gemma3nProcessor, SiglipImageProcessor

    return Gemma3nProcessor(
        feature_extractor=Gemma3nAudioFeatureExtractor(),
        image_processor=SiglipImageProcessor(
            size={"height": picture, "width": picture}, do_normalize=False, resample=2
        ),
        tokenizer=tokenizer,
        chat_template=CHAT_TEMPLATE,
        audio_seq_length=AUDIO_TOKENS,
        image_seq_length=IMAGE_TOKENS,
    )


def _teach(model: Any, tokenizer: Any, says: str) -> None:  # noqa: ANN401
    """Make the model a Markov chain: the template's last line break -> `says` -> the end.

    The layers keep the direction of what they get, so that the output depends on the last token
    alone. Embeddings are scores too; with u and v at right angles, the break's u likes the 2u + v
    of `says` best, and that likes the 6v of the end.
    """
    import torch

    newline, reply, end = tokenizer.convert_tokens_to_ids(["\n", says, END])
    text = model.model.language_model
    with torch.no_grad():
        for layer in text.layers:
            for silenced in (
                layer.self_attn.o_proj,
                layer.mlp.down_proj,
                layer.laurel.linear_right,
                layer.per_layer_projection,
                layer.altup.prediction_coefs,
            ):
                silenced.weight.zero_()
        for projection in (*text.altup_projections, *text.altup_unembed_projections):
            projection.weight.zero_()
        embeddings = text.embed_tokens.weight
        embeddings.mul_(0.1 / embeddings.norm(dim=-1, keepdim=True).clamp(min=1e-6))
        u, v = torch.eye(HIDDEN)[:2]
        embeddings[newline], embeddings[reply], embeddings[end] = u, 2 * u + v, 6 * v
