"""Does a model in training answer an evaluation as its checkpoint will?"""

from __future__ import annotations

import asyncio
import contextlib
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

if not all(map(find_spec, ("torch", "torchvision", "trl", "xgrammar", "yaml"))):
    pytest.skip("needs the extra [train]", allow_module_level=True)

from ugcbench import Registry
from ugcbench.errors import FatalModelError, MediaError
from ugcbench.plugins import create
from ugcbench.protocol import PROFILES
from ugcbench.types import Prompt, Sampling
from ugcbench_train.callbacks.answering import answer_in_place
from ugcbench_train.callbacks.evaluation import EvaluationCallback
from ugcbench_train.callbacks.trained_model import TrainedModel
from ugcbench_train.recipe_files import load_recipe
from ugcbench_train.trainers.examples import open_codec

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def recipe(tiny_omni, tmp_path_factory):
    output = tmp_path_factory.mktemp("evaluated") / "training"
    evaluation = "evaluation={every: 2, dataset: mini, subset: 2, judge: lexical}"
    ours = ["launch={processes: 1}", f"path={tiny_omni}", f"output={output}", evaluation]
    return load_recipe("sft-1k", ours)


@pytest.fixture(scope="module")
def codec(recipe):
    return open_codec(recipe)


@pytest.fixture(scope="module")
def weights(codec):
    return codec.load().eval()


def ask(media, text="Describe the video.", tokens=10, **more):
    sampling = Sampling(max_tokens=tokens, **more.pop("sampling", {}))
    asked = {"task": "t", "sample_id": text, "media": media, "profile": PROFILES["paper"]}
    return Prompt(**asked, text=text, sampling=sampling, **more)


async def answers(model, prompts):
    try:
        return await asyncio.gather(*map(model.generate, prompts))
    finally:
        await model.close()


async def test_it_says_what_the_adapter_says(tiny_omni, codec, weights, mini_clips):
    prompts = [ask(clip, "word " * number) for number, clip in enumerate(mini_clips[:5], start=1)]
    prompts += [ask(None, "No clip."), ask(mini_clips[0], tokens=3)]
    ours = await answers(TrainedModel(codec, weights, name="now", batch=3), prompts)
    spec = Registry().model("ugc-videocaptioner-3b")
    theirs = await answers(create(spec, {"path": str(tiny_omni)}), prompts)
    assert [reply.text for reply in ours] == [reply.text for reply in theirs]
    assert [reply.finish for reply in ours] == [reply.finish for reply in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.usage.input_tokens == other.usage.input_tokens
        assert mine.usage.output_tokens == other.usage.output_tokens
    assert {reply.model for reply in ours} == {"now"}


async def test_without_sound_it_gets_less(codec, weights, mini_clips):
    prompts = [ask(mini_clips[0])]
    (heard,) = await answers(TrainedModel(codec, weights, name="now"), prompts)
    (deaf,) = await answers(TrainedModel(codec, weights, name="now", audio=False), prompts)
    assert deaf.usage.input_tokens < heard.usage.input_tokens


async def test_random_numbers_of_the_training_stay_as_they_are(codec, weights, mini_clips):
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    prompts = [ask(mini_clips[0], sampling={"temperature": 1.0})]
    await answers(TrainedModel(codec, weights, name="now"), prompts)
    assert torch.equal(torch.rand(3), expected)


async def test_what_it_cannot_answer_is_an_error(codec, weights, tmp_path):
    model = TrainedModel(codec, weights, name="now")
    with pytest.raises(FatalModelError, match="free text only"):
        await model.generate(ask(None, output_schema={"type": "object"}))
    with pytest.raises(MediaError):
        await model.generate(ask(str(tmp_path / "none.mp4")))
    await model.close()


class Trainer:
    """As much of a trainer as an evaluation needs."""

    def __init__(self, codec, model):
        self.codec, self.model = codec, model
        self.callbacks = []
        self.add_callback = self.callbacks.append
        self.args = SimpleNamespace(output_dir="unused")
        self.accelerator = SimpleNamespace(
            unwrap_model=lambda model: model,
            autocast=contextlib.nullcontext,
            wait_for_everyone=lambda: None,
            distributed_type="NO",
            state=SimpleNamespace(deepspeed_plugin=None),
        )


def evaluate_at(step, recipe, codec, weights, told, trainer=None):
    callback = EvaluationCallback(
        answer_in_place(codec),
        output=recipe.output / "evaluations",
        tell=told.append,
        **recipe.evaluation.model_dump(),
    )
    trainer = trainer or Trainer(codec, weights)
    callback.watch(trainer)
    assert trainer.callbacks == [callback]
    state = SimpleNamespace(global_step=step, is_world_process_zero=True)
    callback.on_step_end(trainer.args, state, SimpleNamespace(should_log=True))


def test_a_failed_evaluation_stops_no_training(recipe, codec, weights):
    told = []
    folder = recipe.output / "evaluations" / "step-2"
    folder.mkdir(parents=True)
    (folder / "something").touch()
    weights.train()
    evaluate_at(1, recipe, codec, weights, told)
    assert told == []
    evaluate_at(2, recipe, codec, weights, told)
    assert len(told) == 1
    assert told[0].startswith("step 2 could not be evaluated: ")
    assert weights.training
    weights.eval()


@pytest.mark.parametrize(
    "sharded",
    [
        {"distributed_type": "DistributedType.FSDP"},
        {"state": SimpleNamespace(deepspeed_plugin=SimpleNamespace(zero_stage=3))},
    ],
)
def test_a_part_of_the_weights_answers_nothing(recipe, codec, weights, sharded):
    told = []
    trainer = Trainer(codec, weights)
    vars(trainer.accelerator).update(sharded)
    evaluate_at(4, recipe, codec, weights, told, trainer)
    assert "answer_from_checkpoints" in told[0]
