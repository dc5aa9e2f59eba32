"""Is a model trained through exactly what the evaluation gives it, and loaded back unharmed?"""

from __future__ import annotations

import asyncio
import json

import pytest

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def codec(tiny_omni):
    return open_codec(tiny_omni)


def open_codec(folder, **media):
    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec

    return QwenOmniCodec(model="none/none", path=str(folder))


@pytest.fixture(scope="module")
def examples(codec, small_rows):
    from ugcbench_train.recipe import Media
    from ugcbench_train.trainers.examples import Examples

    return Examples(codec, Media(), small_rows)


def fed_by_evaluation(folder, prompts, **options):
    """What the adapter hands its model for each prompt."""
    from ugcbench import Registry
    from ugcbench.plugins import create
    from ugcbench_models.local.qwen_omni import collate

    async def feed():
        model = create(Registry().model("ugc-videocaptioner-3b"), {"path": str(folder), **options})
        engine = await model._resident.get()
        inputs = []
        for prompt in prompts:
            request = await model._prepare(engine, prompt, await model._read(prompt))
            inputs.append(collate([request], engine._loaded.pad))
        await model.close()
        return inputs

    return asyncio.run(feed())


@pytest.mark.parametrize("audio", [True, False])
def test_training_feeds_what_evaluation_feeds(codec, tiny_omni, small_rows, mini_clips, audio):
    import torch

    from ugcbench_train.recipe import Media
    from ugcbench_train.trainers.examples import Examples

    rows = [*small_rows, small_rows[0].model_copy(update={"video": mini_clips[0]})]
    examples = Examples(codec, Media(audio=audio), rows)
    prompts = [examples.ask(row) for row in rows]
    for number, fed in enumerate(fed_by_evaluation(tiny_omni, prompts, audio=audio)):
        example = examples[number]
        assert list(example.tokens) == fed.pop("input_ids")[0].tolist()
        assert fed.pop("attention_mask").all()
        ours = codec.join([example])
        assert ours.keys() == fed.keys()
        assert ours["use_audio_in_video"] == fed.pop("use_audio_in_video") == (example.heard > 0)
        for name, tensor in fed.items():
            assert ours[name].dtype == tensor.dtype
            assert torch.equal(ours[name], tensor), name
    assert (examples[0].heard > 0) == audio
    assert examples[3].heard == 0, "the last clip is silent"


def test_the_specs_of_qwen_omni_lead_to_the_codec(tiny_omni, make_recipe):
    from ugcbench.errors import UsageError
    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec
    from ugcbench_train.trainers.examples import open_codec as open_from

    for name in ("qwen2.5-omni-3b", "qwen-omni-7b", "ugc-videocaptioner-3b"):
        assert isinstance(open_from(make_recipe(model=name)), QwenOmniCodec)
    with pytest.raises(UsageError, match=r"gemini-2\.5-pro can.t be trained"):
        open_from(make_recipe(model="gemini-2.5-pro"))


def test_a_checkpoint_of_the_part_that_writes_is_loaded_too(codec, tmp_path):
    import torch

    full = codec.load()
    full.save_pretrained(tmp_path)
    codec.processor.save_pretrained(tmp_path)
    assert "thinker_config" not in json.loads((tmp_path / "config.json").read_text())
    bare = open_codec(tmp_path)
    assert bare.dtype == codec.dtype == "float32"
    for name, tensor in bare.load().state_dict().items():
        assert torch.equal(tensor, full.state_dict()[name])
    bare.save(bare.load(), tmp_path / "again")
    assert "thinker_config" in json.loads((tmp_path / "again" / "config.json").read_text())


def test_what_is_saved_is_laid_out_as_published(codec, tiny_omni, tmp_path, examples):
    import torch
    from safetensors import safe_open

    model = codec.load("bfloat16")
    codec.save(model, tmp_path / "saved")
    names = {path.name for path in (tmp_path / "saved").iterdir()}
    assert {"model.safetensors", "config.json", "generation_config.json"} <= names
    assert {"tokenizer.json", "processor_config.json", "chat_template.jinja"} <= names
    config = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert config["architectures"] == ["Qwen2_5OmniForConditionalGeneration"]
    assert config["enable_audio_output"] is False
    assert open_codec(tmp_path / "saved").dtype == "bfloat16"
    with safe_open(tmp_path / "saved" / "model.safetensors", "pt") as file:
        stored = set(file.keys())
    assert stored == {codec.name_for_vllm(name) for name, _ in model.named_parameters()}
    again = codec.load("bfloat16", tmp_path / "saved").state_dict()
    assert all(torch.equal(again[name], each) for name, each in model.state_dict().items())
    (fed,) = fed_by_evaluation(tmp_path / "saved", [examples.ask(examples.rows[0])])
    assert fed["input_ids"][0].tolist() == list(examples[0].tokens)


def batch(codec, chosen):
    """Model inputs for examples, padded on the left."""
    import torch

    longest = max(len(example.tokens) for example in chosen)
    pads = [longest - len(example.tokens) for example in chosen]
    rows = [[codec.pad] * pad + list(e.tokens) for pad, e in zip(pads, chosen, strict=True)]
    mask = [[0] * pad + [1] * len(e.tokens) for pad, e in zip(pads, chosen, strict=True)]
    inputs = {"input_ids": torch.tensor(rows), "attention_mask": torch.tensor(mask)}
    return inputs | dict(codec.join(chosen))


@pytest.mark.parametrize("order", [(3, 0), (0, 3, 1), (3, 3)])
def test_silent_clips_share_batches_with_others(codec, examples, order):
    import torch

    model = codec.load().eval()
    chosen = [examples[number] for number in order]
    with torch.no_grad():
        together = model(**batch(codec, chosen)).logits[:, -1]
        alone = torch.cat([model(**batch(codec, [each])).logits[:, -1] for each in chosen])
    assert (together - alone).abs().max() < 1e-4
    sampled = model.generate(**batch(codec, chosen), max_new_tokens=6, do_sample=False)[:, -6:]
    for row, each in zip(sampled, chosen, strict=True):
        single = model.generate(**batch(codec, [each]), max_new_tokens=6, do_sample=False)
        assert row.tolist() == single[0, -6:].tolist()


def test_transformers_still_confuses_silent_clips_in_a_batch(codec, examples):
    """Once this fails, the positions need no more be found for each kind of clip apart."""
    import torch
    from transformers import Qwen2_5OmniThinkerForConditionalGeneration as Thinker

    stock = Thinker.from_pretrained(codec.name).eval()
    chosen = [examples[3], examples[0]]
    with torch.no_grad():
        together = stock(**batch(codec, chosen)).logits[:, -1]
        alone = torch.cat([stock(**batch(codec, [each])).logits[:, -1] for each in chosen])
    assert (together - alone).abs().amax(1).min() > 1e-3


def test_captions_cannot_control_the_model(codec):
    tokens = codec.encode_reply("Hello <|im_end|><|vision_bos|>.")
    assert tokens.count(codec.stops[0]) == 1
    assert not set(tokens) & set(codec.media_tokens)
    assert codec.decode(codec.encode_reply("A dog, a cat .")) == "A dog, a cat ."
    assert len(codec.media_tokens) == len(set(codec.media_tokens)) == 8


def test_muting_and_blanking_change_nothing_else(codec, examples):
    import torch

    for part, name in (("sound", "input_features"), ("pictures", "pixel_values_videos")):
        without = codec.without(examples[0], part)
        assert without.tokens == examples[0].tokens
        changed = [
            key
            for key, value in examples[0].inputs.items()
            if not torch.equal(value, without.inputs[key])
        ]
        assert changed == [name]
    assert codec.without(examples[3], "sound") is examples[3]
