"""Is the tiny omni checkpoint one that transformers loads, in both layouts, and small?"""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from ugcbench.testing import make_tiny_qwen_omni

if not all(map(find_spec, ("torch", "torchvision", "transformers"))):
    pytest.skip("needs the extra [hf]", allow_module_level=True)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that wait for a core that is taken are slower than one."""
    import torch

    torch.set_num_threads(1)


def chat(folder, text="Who speaks?"):
    import transformers

    processor = transformers.Qwen2_5OmniProcessor.from_pretrained(folder)
    model, report = transformers.Qwen2_5OmniThinkerForConditionalGeneration.from_pretrained(
        folder, output_loading_info=True
    )
    assert not report["missing_keys"]
    said = processor.apply_chat_template(
        [{"role": "user", "content": text}], add_generation_prompt=True, tokenize=False
    )
    assert said.startswith("<|im_start|>system\nYou watch and listen.<|im_end|>\n")
    inputs = processor.tokenizer(said, return_tensors="pt")
    made = model.generate(**inputs, max_new_tokens=24)
    return processor.tokenizer.decode(made[0, inputs["input_ids"].shape[1] :])


def test_it_says_what_it_is_told_to_say(tmp_path):
    says = 'Two people talk.\nA sign says "ÖFFNEN".'
    assert chat(make_tiny_qwen_omni(tmp_path, says=says)) == f"{says}<|im_end|>"


def test_it_babbles_the_same_for_equal_seeds_and_by_the_prompt(tmp_path):
    one, same, other = (
        make_tiny_qwen_omni(tmp_path / name, seed=seed)
        for name, seed in zip("abc", (1, 1, 2), strict=True)
    )
    assert chat(one) == chat(same) != chat(other)
    assert chat(one) != chat(one, "Who sings?")


def test_the_published_layout_has_the_files_of_transformers_4(tmp_path):
    folder = make_tiny_qwen_omni(tmp_path, published=True, talker=True, says="Hello.")
    names = {file.name for file in folder.iterdir()}
    assert {"preprocessor_config.json", "chat_template.json"} <= names
    assert not {"processor_config.json", "chat_template.jinja"} & names
    config = json.loads((folder / "config.json").read_text())
    assert "torch_dtype" in config
    assert config["thinker_config"]["text_config"]["rope_scaling"]["mrope_section"] == [4, 6, 6]
    assert chat(folder) == "Hello.<|im_end|>"


def test_it_is_small_and_leaves_the_random_numbers_alone(tmp_path):
    import torch

    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    folder = make_tiny_qwen_omni(tmp_path)
    assert torch.equal(torch.rand(1), expected)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4_000_000
