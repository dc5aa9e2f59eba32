"""Who answers when a model in training is evaluated: its weights as they are, or a checkpoint?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from transformers.trainer_utils import get_last_checkpoint

from ugcbench.codecs import Codec
from ugcbench.errors import RunError, UsageError
from ugcbench.plugins import Registry
from ugcbench_train.callbacks.trained_model import TrainedModel
from ugcbench_train.codec_opening import open_codec_of

Answering = Callable[[Any, str], Mapping[str, Any]]
"""Called with the trainer and a name for results when it is time; returns what `ugcbench.run` is to
know about the model: `{"model": ...}`, any `ugcbench.Model` or a name, with its `options` if any.
"""


def answer_in_place(
    codec: Codec | str,
    *,
    path: str | None = None,
    audio: bool = True,
    batch: int = 8,
    registry: Registry | None = None,
) -> Answering:
    """The weights in training answer; there is no second copy.

    Args:
        codec: how clips and prompts become tokens: the name of a model that can be trained, such
            as qwen2.5-omni-3b, or a `Codec` of your own.
        path: the checkpoint's directory that the training began with, if it is not the hub's.
        audio: whether the model gets the sound.
        batch: how many prompts are answered at once.
        registry: the plugins, by default those that are installed.

    Each process must hold all weights: under FSDP and ZeRO-3 no evaluation comes about, and
    `answer_from_checkpoints` is the way. Raises `UsageError`, `FatalModelError`.

    """
    opened = open_codec_of(codec, path=path, registry=registry) if isinstance(codec, str) else codec

    def answer(trainer: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401
        accelerator = trainer.accelerator
        _check_whole(accelerator)
        model = accelerator.unwrap_model(trainer.model)
        autocast = accelerator.autocast
        return {
            "model": TrainedModel(
                opened, model, name=name, audio=audio, batch=batch, autocast=autocast
            )
        }

    return answer


def answer_from_checkpoints(model: str, **options: object) -> Answering:
    """The trainer's latest checkpoint answers, loaded beside the weights in training.

    `model` is the name of an adapter that takes a directory as its option `path`, such as
    ugc-videocaptioner-3b; `options` are others of its options. What it reads must be in the
    checkpoint: give the trainer the processor as `processing_class`.
    """

    def answer(trainer: Any, _: str) -> Mapping[str, Any]:  # noqa: ANN401
        last = get_last_checkpoint(trainer.args.output_dir)
        if last is None:
            raise RunError(
                f"{trainer.args.output_dir} holds no checkpoint yet; evaluate when one is saved: "
                "leave out `every`"
            )
        return {"model": model, "options": {**options, "path": last}}

    return answer


def _check_whole(accelerator: Any) -> None:  # noqa: ANN401
    """Raise `UsageError` where a process holds only a part of the weights."""
    plugin = getattr(accelerator.state, "deepspeed_plugin", None)
    sharded = getattr(plugin, "zero_stage", 0) == 3
    if sharded or str(accelerator.distributed_type).endswith("FSDP"):
        raise UsageError(
            "the weights are spread over the processes and can't answer in place; evaluate saved "
            "checkpoints by answer_from_checkpoints"
        )
