"""Is the tiny Gemma 3n one that transformers loads, and does it say what it was told to?"""

from __future__ import annotations

import time
from importlib.util import find_spec

import numpy as np
import pytest

from ugcbench.testing import make_tiny_gemma3n

if not all(map(find_spec, ("torch", "transformers", "timm", "torchvision"))):
    pytest.skip("needs the extra [hf]", allow_module_level=True)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that wait for a core that is taken are slower than one."""
    import torch

    torch.set_num_threads(1)


def chat(folder, text="Who speaks?", pitch=440.0, stripes=3):
    import transformers

    processor = transformers.AutoProcessor.from_pretrained(folder)
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder, use_safetensors=True)
    sound = np.sin(np.arange(16_000) * 2 * np.pi * pitch / 16_000).astype(np.float32)
    picture = np.where(np.mgrid[:90, :60, :3][0] // stripes % 2, 20, 240).astype(np.uint8)
    content = [
        {"type": "image", "image": picture},
        {"type": "audio", "audio": sound},
        {"type": "text", "text": text},
    ]
    messages = [{"role": "system", "content": "Be terse."}, {"role": "user", "content": content}]
    inputs = processor.apply_chat_template(
        messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    assert (inputs["input_ids"] == model.config.image_token_id).sum() == 256
    assert (inputs["input_ids"] == model.config.audio_token_id).sum() == 188
    made = model.generate(**inputs, max_new_tokens=24)
    return processor.tokenizer.decode(made[0, inputs["input_ids"].shape[1] :])


def test_it_says_what_it_is_told_to_say(tmp_path):
    says = 'Two people talk.\nA sign says "ÖFFNEN".'
    assert chat(make_tiny_gemma3n(tmp_path, says=says)) == f"{says}<end_of_turn>"


def test_it_babbles_the_same_for_equal_seeds_and_by_all_that_it_gets(tmp_path):
    one, same, other = (
        make_tiny_gemma3n(tmp_path / name, seed=seed)
        for name, seed in zip("abc", (1, 1, 2), strict=True)
    )
    said = chat(one)
    assert said == chat(same) != chat(other)
    for changed in ({"text": "Who sings?"}, {"pitch": 990.0}, {"stripes": 15}):
        assert said != chat(one, **changed)


def test_it_is_small_quick_and_leaves_the_random_numbers_alone(tmp_path):
    import torch

    make_tiny_gemma3n(tmp_path / "first")  # the first one pays for the imports
    before, started = torch.random.get_rng_state(), time.monotonic()
    folder = make_tiny_gemma3n(tmp_path / "second", picture=32)
    assert time.monotonic() - started < 5
    assert torch.equal(before, torch.random.get_rng_state())
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4_000_000
    names = {"model.safetensors", "processor_config.json", "chat_template.jinja"}
    assert names < {file.name for file in folder.iterdir()}
