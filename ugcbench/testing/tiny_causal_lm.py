"""What is the smallest checkpoint of a chat model that real engines load and run?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ugcbench.testing.tiny_tokenizer import SAMPLE_TEXTS, train_bpe

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tiny_causal_lm(
    folder: Path | str,
    *,
    says: str | None = None,
    texts: Iterable[str] = SAMPLE_TEXTS,
    context: int = 8192,
    seed: int = 0,
) -> Path:
    """Write a chat model with random weights (Qwen2, 0.4 million parameters, 2 MB) to `folder`.

    The folder has what a published one has: configuration, a BPE tokenizer trained on `texts` with
    a chat template, and weights as safetensors. With `says`, the model answers every chat with that
    text and ends; without, it babbles, always the same for equal `seed`s. `context` is the number
    of tokens that it takes. Needs `pip install 'ugcbench[hf]'`.
    """
    import torch
    from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM

    folder = Path(folder)
    tokenizer = make_chat_tokenizer(texts, says)
    ends = tokenizer.convert_tokens_to_ids([END, PAD])
    config = Qwen2Config(
        vocab_size=(len(tokenizer) + 63) // 64 * 64,  # padded, as in published checkpoints
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        tie_word_embeddings=False,
        eos_token_id=ends[0],
        pad_token_id=ends[1],
        initializer_range=0.2,  # wide enough for the context to matter
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen2ForCausalLM(config)
        if says is not None:
            teach(model, tokenizer, says)
    model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=ends[1])
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_chat_tokenizer(
    texts: Iterable[str],
    says: str | None = None,
    controls: Iterable[str] = (),
) -> Any:  # noqa: ANN401
    """A tokenizer trained on `texts`, with a chat template; `controls` are further special tokens,
    and `says` is one token.
    """
    from tokenizers import AddedToken
    from transformers import Qwen2Tokenizer

    vocabulary, merges = train_bpe(texts)
    tokenizer = Qwen2Tokenizer(
        vocab=vocabulary,
        merges=merges,
        unk_token=PAD,
        eos_token=END,
        pad_token=PAD,
        extra_special_tokens=[START, *controls],
        chat_template=CHAT_TEMPLATE,
    )
    if says is not None:
        tokenizer.add_tokens([AddedToken(says, normalized=False)])
    return tokenizer


def teach(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    says: str,
    after: Iterable[str] = ("\n",),
) -> None:
    """Make the model a Markov chain: what the template ends with (`after`) -> `says` -> the end.

    The layers add nothing, so that the output depends on the last token alone; `says` is one token.
    """
    import torch

    before = [tokenizer.encode(text, add_special_tokens=False)[-1] for text in after]
    reply, end = tokenizer.convert_tokens_to_ids([says, END])
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        embedding, head = model.model.embed_tokens.weight, model.lm_head.weight
        embedding.copy_(torch.nn.functional.normalize(torch.randn_like(embedding), dim=-1))
        head.zero_()
        head[reply] = embedding[before].sum(0)
        head[end] = embedding[reply]
