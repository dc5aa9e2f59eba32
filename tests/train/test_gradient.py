"""Is the gradient of a step with softmax advantages that of the paper's Eq. 3?"""

from __future__ import annotations

from collections import defaultdict

import pytest
from group_training import make_trainer, weigh_by_hand

torch = pytest.importorskip("torch")

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"),
]
TAU = 0.7
LONGEST = 8
"""Tokens of a completion, by which `dr_grpo` divides the sum of Eq. 3."""


@pytest.fixture
def measure_gradients(make_recipe, examples):
    """The gradient of a step's loss, and per completion its weight and that of log pi.

    Completions are cut, so that their lengths differ.
    """
    from ugcbench_train.trainers.grpo import CLIPS, GroupTrainer

    def measure(loss, *, centred):
        found = {}

        class Measured(GroupTrainer):
            def _generate_single_turn(self, *given, **more):
                sampled, *others = super()._generate_single_turn(*given, **more)
                cut = [ids[: LONGEST - place % 4] for place, ids in enumerate(sampled)]
                return cut, *others

            def _compute_loss(self, model, inputs):
                value = super()._compute_loss(model, inputs)
                found["loss"] = gradient(value, model)
                kept = zip(inputs["completion_ids"], inputs["completion_mask"].bool(), strict=True)
                replies = [ids[mask] for ids, mask in kept]
                pairs = list(zip(inputs[CLIPS], replies, strict=True))
                found["weights"] = weights_of(pairs, examples.codec)
                found["each"] = [gradient_of_reply(examples.codec, *pair) for pair in pairs]
                found["lengths"] = {len(reply) for reply in replies}
                return value

        given = {"loss": loss, "advantage": "softmax", "tau": TAU, "centred": centred}
        recipe = make_recipe(
            "grpo",
            grpo={"group": 4, "beta": 0.0, "max_caption_tokens": LONGEST, **given},
            optimizer={"max_steps": 1, "batch": 8},
        )
        trainer = make_trainer(recipe, examples, count_characters, Measured)
        trainer.train()
        assert len(found["lengths"]) > 2
        return found["loss"], torch.tensor(found["weights"]), torch.stack(found["each"])

    return measure


def count_characters(completions, **columns):
    return [float(len(text)) for text in completions]


def weights_of(pairs, codec):
    """Each completion's w, of the group of its clip."""
    groups = defaultdict(list)
    for place, (clip, reply) in enumerate(pairs):
        groups[id(clip)].append((place, float(len(codec.decode(reply.tolist())))))
    weights = {}
    for group in groups.values():
        places, rewards = zip(*group, strict=True)
        assert len(set(rewards)) > 1
        scaled = weigh_by_hand(rewards, TAU)
        weights |= {place: each / len(group) for place, each in zip(places, scaled, strict=True)}
    return [weights[place] for place in range(len(pairs))]


def gradient_of_reply(codec, clip, reply):
    """The gradient of a completion's log pi, alone and by a model of its own."""
    model = codec.load()
    ids = torch.cat([torch.tensor(clip.tokens), reply])[None]
    logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), **codec.join([clip])).logits
    scores = logits[0, len(clip.tokens) - 1 : -1].log_softmax(-1)
    return gradient(scores.gather(1, reply[:, None]).sum(), model)


def gradient(value, model):
    parts = dict(model.named_parameters())
    found = torch.autograd.grad(value, list(parts.values()), retain_graph=True, allow_unused=True)
    flat = [
        (torch.zeros_like(parts[name]) if each is None else each).flatten()
        for name, each in zip(parts, found, strict=True)
    ]
    return torch.cat(flat)


def difference(one, other):
    return ((one - other).norm() / other.norm()).item()


def test_the_gradient_is_that_of_equation_3(measure_gradients):
    """The loss is -sum of w_k log pi, in the mean over two groups, by the longest length."""
    loss, weights, each = measure_gradients("dr_grpo", centred=False)
    assert difference(loss, -(weights @ each) / 2 / LONGEST) < 1e-5
    assert difference(loss, -each.sum(0) / 8 / LONGEST) > 0.1


def test_centred_it_is_that_of_equation_3_less_a_baseline(measure_gradients):
    """The mean of the log pi of a group, whose expected gradient is nothing."""
    loss, weights, each = measure_gradients("dr_grpo", centred=True)
    assert difference(loss, -((weights - 1 / 4) @ each) / 2 / LONGEST) < 1e-5


def test_a_mean_within_each_caption_is_another_gradient(measure_gradients):
    loss, weights, each = measure_gradients("grpo", centred=False)
    along = torch.nn.functional.cosine_similarity(loss, -(weights @ each), 0).item()
    assert along < 0.99
