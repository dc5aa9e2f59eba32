"""What is the smallest vocabulary in which any text can be written?"""

from __future__ import annotations

import json
from collections.abc import Iterable

SAMPLE_TEXTS = (
    "You compare a candidate description of a short video with a reference.",
    "A woman speaks in a kitchen while music plays; the text on the screen says hello.",
    '{"audio": 4, "visual": 5, "details": 3, "score": 2, "consistent": "yes", "reason": "fine"}',
    "0 1 2 3 4 5 6 7 8 9 A B C D E F",
)
"""What the merges are learned from by default."""


def train_bpe(
    texts: Iterable[str] = SAMPLE_TEXTS, size: int = 400
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges of a byte-level BPE of at most `size` tokens, as Qwen2's tokenizer and
    those of its relatives take them.

    The training takes milliseconds. Needs `pip install 'ugcbench[hf]'`.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*texts] * 2, trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    return trained["vocab"], [(left, right) for left, right in trained["merges"]]
