"""Does teacher forcing learn exactly the captions, from pictures and sound?"""

from __future__ import annotations

import asyncio

import pytest

from ugcbench.types import MediaProfile, Prompt, Sampling

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"),
]


def ask_model(folder, rows):
    """What the evaluation's adapter says about the rows' clips with a checkpoint."""
    from ugcbench import Registry
    from ugcbench.plugins import create

    asked = [
        Prompt(
            task="t",
            sample_id=row.id,
            text=row.prompt,
            media=row.video,
            profile=MediaProfile(),
            sampling=Sampling(max_tokens=64),
        )
        for row in rows
    ]

    async def ask():
        model = create(Registry().model("ugc-videocaptioner-3b"), {"path": str(folder)})
        replies = [await model.generate(prompt) for prompt in asked]
        await model.close()
        return [reply.text for reply in replies]

    return asyncio.run(ask())


def test_four_clips_are_learned_by_heart(make_recipe, small_rows):
    from ugcbench_train.trainers.training import train

    recipe = make_recipe(
        optimizer={"max_steps": 60, "batch": 4, "warmup": 0, "schedule": "constant"},
    )
    final = train(recipe, small_rows)
    assert final == recipe.output / "final"
    assert ask_model(final, small_rows) == [row.caption for row in small_rows]


def test_labels_are_the_caption_and_its_end(examples):
    from ugcbench_train.trainers.sft import IGNORED, CaptionCollator

    codec = examples.codec
    batch = CaptionCollator(examples)([{"row": number} for number in range(4)])
    for number, labels in enumerate(batch["labels"].tolist()):
        learned = [label for label in labels if label != IGNORED]
        text = codec.processor.tokenizer.decode(learned)
        assert text == examples.rows[number].caption + "<|im_end|>"
        start = len(examples[number].tokens)
        assert labels[:start] == [IGNORED] * start
        tokens = batch["input_ids"][number].tolist()
        assert tokens[start : start + len(learned)] == learned
        assert batch["attention_mask"][number].sum() == start + len(learned)


def sum_of_logs(codec, example, caption):
    """-log p of a caption's tokens and its end, added up by hand."""
    import torch

    model = codec.load().eval()
    reply = codec.encode_reply(caption)
    tokens = torch.tensor([[*example.tokens, *reply]])
    with torch.no_grad():
        scores = model(
            input_ids=tokens, attention_mask=torch.ones_like(tokens), **codec.join([example])
        ).logits[0]
    chances = torch.log_softmax(scores.double(), -1)
    first = len(example.tokens)
    return -sum(float(chances[first + place - 1, token]) for place, token in enumerate(reply)), len(
        reply
    )


@pytest.mark.parametrize("normalisation", ["tokens", "captions"])
def test_the_loss_is_that_of_the_paper(make_recipe, examples, normalisation):
    """Eq. 1-2: the sum over a caption's tokens, and its mean over captions; or over tokens.

    The four captions, of different lengths and one about a silent clip, come in two batches of a
    step.
    """
    from transformers import TrainerCallback

    from ugcbench_train.trainers.training import train

    losses = []

    class Listen(TrainerCallback):
        def on_log(self, *_, logs, **__):
            losses.append(logs.get("loss"))

    recipe = make_recipe(
        sft={"normalisation": normalisation},
        optimizer={"batch": 2, "accumulation": 2, "max_steps": 1},
    )
    train(recipe, examples.rows, callbacks=[Listen()])
    sums = [
        sum_of_logs(examples.codec, examples[number], row.caption)
        for number, row in enumerate(examples.rows)
    ]
    nats, tokens = map(sum, zip(*sums, strict=True))
    expected = nats / (tokens if normalisation == "tokens" else len(sums))
    assert losses[0] == pytest.approx(expected, rel=1e-5)


def test_frozen_towers_stay_and_adapters_are_merged(make_recipe, small_rows, tiny_omni):
    import torch

    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec
    from ugcbench_train.trainers.training import train

    before = QwenOmniCodec(model="none/none", path=str(tiny_omni)).load().state_dict()
    lora = {"rank": 4, "alpha": 8, "dropout": 0.1}
    moved = {}
    for name, tuning in (
        ("full", {"freeze": ("vision",)}),
        ("lora", {"lora": lora, "freeze": ("audio",), "gradient_checkpointing": True}),
    ):
        recipe = make_recipe(tuning=tuning, output=str(tiny_omni.parent / name))
        final = train(recipe, small_rows)
        after = QwenOmniCodec(model="none/none", path=str(final)).load().state_dict()
        assert after.keys() == before.keys()
        moved[name] = {k for k in after if not torch.equal(after[k], before[k])}
    assert not any("visual" in name for name in moved["full"])
    assert any("audio_tower" in name for name in moved["full"])
    assert any("lm_head" in name for name in moved["full"])
    assert not any("audio_tower" in name for name in moved["lora"])
    assert any("visual" in name for name in moved["lora"])
    assert all(name.endswith("weight") for name in moved["lora"]), "no bias has an adapter"
