"""Do the private methods of TRL and transformers that trainers override still mean the same?

TRL's minor version is fixed. When it is raised, what fails here says what to look at.
"""

from __future__ import annotations

import inspect

import pytest

TRAINER = ("_save", "_save_checkpoint", "_load_from_checkpoint", "_get_num_items_in_batch")
GRPO = (
    "_get_train_sampler",
    "_generate_and_score_completions",
    "_tokenize_prompts",
    "_generate_single_turn",
    "_calculate_rewards",
    "_compute_loss",
    "_get_per_token_logps_and_entropies",
    "log",
)


def parameters(method):
    return list(inspect.signature(method).parameters)


@pytest.mark.parametrize("name", GRPO)
def test_what_group_sampling_overrides_is_there(name):
    from trl import GRPOTrainer

    from ugcbench_train.trainers.grpo import GroupTrainer

    assert name in vars(GroupTrainer)
    ours, theirs = parameters(getattr(GroupTrainer, name)), parameters(getattr(GRPOTrainer, name))
    named = [each for each in ours if each not in ("others", "more")]
    assert theirs[: len(named)] == named


@pytest.mark.parametrize("name", TRAINER)
def test_what_all_trainers_override_is_there(name):
    from transformers import Trainer

    from ugcbench_train.trainers.checkpoints import Resumable
    from ugcbench_train.trainers.sft import CaptionTrainer

    owner = CaptionTrainer if name in vars(CaptionTrainer) else Resumable
    assert name in vars(owner)
    assert parameters(getattr(owner, name)) == parameters(getattr(Trainer, name))


def test_trl_still_has_no_road_for_clips():
    """Once it has one, the detour may be dropped."""
    from trl import GRPOTrainer

    names = parameters(GRPOTrainer._get_per_token_logps_and_entropies)
    assert not [name for name in names if "video" in name or "audio" in name or "features" in name]


def test_trl_permutes_and_slices_lists_beside_tensors():
    import torch
    from trl.trainer.utils import shuffle_sequence_dict, split_tensor_dict

    batch = shuffle_sequence_dict({"rows": torch.arange(8), "clips": list(range(8))})
    assert batch["rows"].tolist() == batch["clips"] != list(range(8))
    parts = split_tensor_dict(batch, 4)
    assert [part["rows"].tolist() for part in parts] == [part["clips"] for part in parts]


def test_orders_of_epochs_can_be_set_through_accelerate():
    from accelerate.data_loader import prepare_data_loader
    from torch.utils.data import DataLoader
    from trl.trainer.utils import RepeatSampler

    told = []
    sampler = RepeatSampler(list(range(4)), mini_repeat_count=1, seed=0)
    sampler.set_epoch = told.append
    loader = prepare_data_loader(DataLoader(list(range(4)), batch_size=2, sampler=sampler))
    loader.set_epoch(3)
    assert told == [3]


def test_the_fused_head_scores_as_the_model_does(tiny_omni, small_rows):
    import torch
    from trl.trainer.utils import add_fused_lm_head

    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec
    from ugcbench_train.recipe import Media
    from ugcbench_train.trainers.examples import Examples
    from ugcbench_train.trainers.guards import score

    codec = QwenOmniCodec(model="none/none", path=str(tiny_omni))
    example = Examples(codec, Media(), small_rows)[0]
    caption = small_rows[0].caption
    reply = codec.encode_reply(caption)
    model = codec.load().eval()
    tokens = torch.tensor([[*example.tokens, *reply]])
    with torch.no_grad():
        scores = model(
            input_ids=tokens, attention_mask=torch.ones_like(tokens), **codec.join([example])
        ).logits[0, -len(reply) - 1 : -1]
        plain = scores.log_softmax(-1)[torch.arange(len(reply)), torch.tensor(reply)]
        add_fused_lm_head(model)
        assert (score(model, codec, example, caption) - plain).abs().max() < 1e-4
