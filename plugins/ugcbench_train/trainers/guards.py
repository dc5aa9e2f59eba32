"""Does the model get what it is to be trained on? Checked before the first step, as hard errors."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import Trainer, TrainerCallback

from ugcbench.codecs import Codec, Example, Part
from ugcbench.errors import PreflightError
from ugcbench_train.recipe import Recipe
from ugcbench_train.rows import Row
from ugcbench_train.trainers.examples import Examples, Survey
from ugcbench_train.trainers.passes import resting, to_device
from ugcbench_train.trainers.sft import IGNORED, CaptionCollator

LEAST_CHANGE = 1e-4
"""The least by which some log-probability must move when pictures or sound are taken away. With a
random model of 0.7 million parameters it is about 0.1; without the media it is 0."""

WITHIN_SECONDS = 1.0
"""Sound that is shorter gives no token to some models, and few to any."""

PROBE = "The clip shows"
"""What is scored where a row has no caption."""


def check_rows(recipe: Recipe, rows: Sequence[Row]) -> None:
    """Raise `PreflightError` for rows that lack what the stage needs."""
    bare = [row.id for row in rows if row.caption is None]
    if bare:
        use = "learned" if recipe.stage == "sft" else "compared with by the rewards"
        raise PreflightError(
            f"{len(bare)} of {len(rows)} rows have no caption, which is to be {use}; the first is "
            f"{bare[0]}: write captions with `ugcbench distill`, or leave the rows out"
        )


def check_sound(recipe: Recipe, found: Survey) -> None:
    """Raise `PreflightError` where sound is promised and no clip has any, or clips differ in it on
    a strategy that can't bear it.
    """
    if not recipe.media.audio:
        return
    usable = [finding for finding in found.findings if finding.problem is None]
    heard = sum(finding.heard > 0 for finding in usable)
    if not heard:
        raise PreflightError(
            f"none of {len(usable)} clips has sound, but media.audio is true; say "
            "--set media.audio=false if that is meant, or look at the files with `ffprobe`"
        )
    if heard < len(usable) and recipe.launch.strategy in ("zero3", "fsdp"):
        raise PreflightError(
            f"{len(usable) - heard} of {len(usable)} clips are silent; processes that share "
            f"weights by {recipe.launch.strategy} would wait for each other's sound for ever: take "
            "launch.strategy=zero2, or leave those rows out"
        )


def check_example(examples: Examples, number: int) -> None:
    """Raise `PreflightError` unless a row's clip reached its placeholders, and its sound too."""
    row, example = examples.rows[number], examples[number]
    media = examples.watch(row)
    if not example.seen:
        raise PreflightError(f"the prompt of {row.id} has no place for the clip's pictures")
    seconds = 0.0 if media.audio is None else media.receipt.audio_seconds
    if seconds >= WITHIN_SECONDS and not example.heard:
        raise PreflightError(
            f"{seconds:.1f} s of sound of {row.id} gave no token; this version of transformers "
            "takes sound in another way: install one that pyproject's extra `train` names"
        )


def check_labels(examples: Examples, numbers: Sequence[int]) -> None:
    """Raise `PreflightError` unless exactly the captions and their ends are learned."""
    codec = examples.codec
    batch = CaptionCollator(examples)([{"row": number} for number in numbers])
    for number, labels in zip(numbers, batch["labels"].tolist(), strict=True):
        learned = [label for label in labels if label != IGNORED]
        row, said = examples.rows[number], codec.decode(learned[:-1])
        if learned[-1:] != [codec.stops[0]] or _plain(said) != _plain(row.caption or ""):
            raise PreflightError(
                f"of {row.id} {said!r} would be learned instead of its caption; "
                "the tokenizer doesn't give back what it is given"
            )


def check_bans(banned: Mapping[str, Any], codec: Codec) -> None:
    """Raise `PreflightError` unless no media token can be sampled."""
    found = set(banned.get("suppress_tokens") or banned.get("logit_bias") or ())
    if missing := set(codec.media_tokens) - found:
        raise PreflightError(
            f"{len(missing)} media tokens could be sampled, such as {min(missing)}; the model "
            "would look for the clips that they announce"
        )


class MediaGuard(TrainerCallback):  # type: ignore[misc]
    """Stops a training whose model takes no notice of pictures or of sound."""

    def __init__(self, examples: Examples, number: int) -> None:
        self._examples = examples
        self._number = number
        self._trainer: Trainer | None = None
        self.changes: dict[Part, float] = {}
        """By how much log-probabilities of the caption moved when a part was taken away."""

    def watch(self, trainer: Trainer) -> None:
        """Look at the model of `trainer` once it is set up."""
        self._trainer = trainer
        trainer.add_callback(self)

    def on_train_begin(self, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """Compare the caption's log-probabilities with and without; raises `PreflightError`."""
        assert self._trainer is not None
        example = self._examples[self._number]
        caption = self._examples.rows[self._number].caption or PROBE
        self.changes = measure_changes(self._trainer, self._examples.codec, example, caption)
        for part, change in self.changes.items():
            if change < LEAST_CHANGE:
                raise PreflightError(
                    f"without {part} the model says the same: log-probabilities move by "
                    f"{change:.1e}; {part} of {self._examples.rows[self._number].id} don't reach "
                    "it. Install the versions that pyproject's extra `train` names"
                )


def measure_changes(
    trainer: Trainer, codec: Codec, example: Example, caption: str
) -> dict[Part, float]:
    """The largest change of a caption token's log-probability without pictures, and without sound
    if there is some.
    """
    parts: list[Part] = ["pictures", "sound"] if example.heard else ["pictures"]
    model = trainer.model_wrapped
    with resting(model), torch.no_grad(), trainer.accelerator.autocast():
        full = score(model, codec, example, caption)
        reduced = {
            part: score(model, codec, codec.without(example, part), caption) for part in parts
        }
    return {part: float((chances - full).abs().max()) for part, chances in reduced.items()}


def score(model: Any, codec: Codec, example: Example, caption: str) -> torch.Tensor:  # noqa: ANN401
    """The log-probabilities of a caption's tokens and its end (tokens,), as TRL computes them."""
    reply = codec.encode_reply(caption)
    device = next(model.parameters()).device
    tokens = torch.tensor([[*example.tokens, *reply]], device=device)
    labels = tokens.clone()
    labels[:, : -len(reply)] = IGNORED
    scored = model(
        input_ids=tokens,
        attention_mask=torch.ones_like(tokens),
        labels=labels,
        fused_lm_head=True,
        **to_device(codec.join([example]), device),
    )
    chances: torch.Tensor = scored.log_probs[0, -len(reply) :].float()
    return chances


def _plain(text: str) -> str:
    """A text as tokenizers keep it: composed, and without what breaks control tokens up."""
    return unicodedata.normalize("NFC", text).replace("\N{WORD JOINER}", "")
