"""What is the smallest repository that an adapter for MiniCPM-o 2.6 loads and runs?"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from ugcbench.testing.tiny_causal_lm import END, PAD, make_chat_tokenizer, teach
from ugcbench.testing.tiny_tokenizer import SAMPLE_TEXTS

CODE = "modeling_minicpmo"


def make_tiny_minicpm_o(
    folder: Path | str,
    *,
    says: str | None = None,
    texts: Iterable[str] = SAMPLE_TEXTS,
    context: int = 8192,
    seed: int = 0,
) -> Path:
    """Write a repository with random weights and code of its own to `folder`.

    The code is the project's (`ugcbench.testing.minicpm_o_code`) and follows the published calling
    convention; it runs only where it is trusted. With `says`, the model answers every conversation
    with that text and ends; without, it babbles, by what it sees and hears and always the same for
    equal `seed`s. `context` is the number of tokens that it takes. Needs
    `pip install 'ugcbench[hf]'`.
    """
    import torch

    from ugcbench.testing import minicpm_o_code as code

    folder = Path(folder)
    tokenizer = make_chat_tokenizer(texts, says, code.CONTROLS)
    end, pad = tokenizer.convert_tokens_to_ids([END, PAD])
    config = code.MiniCPMOConfig(
        vocab_size=(len(tokenizer) + 63) // 64 * 64,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        tie_word_embeddings=False,
        eos_token_id=end,
        pad_token_id=pad,
        initializer_range=0.2,  # wide enough for the context to matter
        auto_map={"AutoConfig": f"{CODE}.MiniCPMOConfig", "AutoModel": f"{CODE}.MiniCPMO"},
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = code.MiniCPMO(config)
        if says is not None:
            teach(model.llm, tokenizer, says, after=("\n", code.SPEECH_START))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    shutil.copy(code.__file__, folder / f"{CODE}.py")
    return folder
