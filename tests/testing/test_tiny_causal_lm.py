"""Is the tiny checkpoint one that transformers loads, and does it say what it was told to?"""

from __future__ import annotations

import time
from importlib.util import find_spec

import pytest

from ugcbench.testing import make_tiny_causal_lm, train_bpe

if not all(map(find_spec, ("torch", "transformers"))):
    pytest.skip("needs the extra [hf]", allow_module_level=True)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that wait for a core that is taken are slower than one."""
    import torch

    torch.set_num_threads(1)


def chat(folder, text="Who speaks?"):
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True)
    inputs = tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], add_generation_prompt=True, return_tensors="pt"
    )
    made = model.generate(**inputs, max_new_tokens=24)
    return tokenizer.decode(made[0, inputs["input_ids"].shape[1] :])


def test_it_says_what_it_is_told_to_say(tmp_path):
    says = 'Two people talk.\nA sign says "ÖFFNEN".'
    assert chat(make_tiny_causal_lm(tmp_path, says=says)) == f"{says}<|im_end|>"


def test_it_babbles_the_same_for_equal_seeds_and_by_the_prompt(tmp_path):
    one, same, other = (
        make_tiny_causal_lm(tmp_path / name, seed=seed)
        for name, seed in zip("abc", (1, 1, 2), strict=True)
    )
    assert chat(one) == chat(same) != chat(other)
    assert chat(one) != chat(one, "Who sings?")


def test_it_is_small_quick_and_leaves_the_random_numbers_alone(tmp_path):
    import torch

    make_tiny_causal_lm(tmp_path / "first")  # the first one pays for the imports
    before, started = torch.random.get_rng_state(), time.monotonic()
    folder = make_tiny_causal_lm(tmp_path / "second")
    assert time.monotonic() - started < 5
    assert torch.equal(before, torch.random.get_rng_state())
    assert sum(file.stat().st_size for file in folder.iterdir()) < 3_000_000
    assert (folder / "model.safetensors").is_file()
    assert (folder / "chat_template.jinja").is_file()


def test_any_text_can_be_written_in_the_vocabulary():
    import transformers

    vocabulary, merges = train_bpe(["hello hello", "jello"], size=300)
    assert len(vocabulary) <= 300
    assert all(left + right in vocabulary for left, right in merges)
    tokenizer = transformers.Qwen2Tokenizer(vocab=vocabulary, merges=merges)
    for text in ("hello", "Grüße, 世界 🙂", "\x00\n\t"):
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text
