"""How is the code that comes with MiniCPM-o made to prepare a conversation, and no more?

Its `chat` reads the messages, prepares the model's inputs and decodes by rules of its own (three
beams and a penalty, unless it samples), and turns tokens into text without those of number 0. Here
it is stopped where it would begin to decode: first to count the inputs, because it drops what it
doesn't know in silence, then to get their embeddings.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers.generation import GenerateDecoderOnlyOutput

from ugcbench.errors import FatalModelError, RequestRejectedError
from ugcbench_models.local.minicpm_o_units import UNIT

WRITTEN_FOR = "4.44"
"""The version of transformers that the published code runs on. Source: its model card."""

MISFITS = (ImportError, AttributeError, TypeError)
"""What code for another version of transformers runs into."""


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What `chat` hands to the model's `generate`: `arguments`, of which `tokens` are the prompt.

    `units`, `pictures`, `picture_tokens` and `sound_tokens` are counted in them.
    """

    arguments: Mapping[str, Any]
    tokens: Sequence[int]
    units: int
    pictures: int
    picture_tokens: int
    sound_tokens: int


def collect_inputs(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    messages: Sequence[Mapping[str, Any]],
    longest: int,
) -> Inputs:
    """The inputs of a conversation, not for several threads at once.

    Raises `RequestRejectedError` for one of more than `longest` tokens, `FatalModelError` if the
    code doesn't work as the published one does.
    """
    collected: dict[str, Any] = {}

    def collect(**arguments: Any) -> tuple[list[str], None]:  # noqa: ANN401
        collected.update(arguments)
        return [""], None

    with _stand_in(model, collect):
        model.chat(
            msgs=list(messages),
            tokenizer=tokenizer,
            max_inp_length=longest + 1,  # what is longer is cut off, at the question
            omni_input=True,
            max_slice_nums=1,
            use_image_id=False,
            use_tts_template=False,
            generate_audio=False,
            return_dict=True,
            sampling=False,
            num_beams=1,
            repetition_penalty=1.0,
        )
    return _count(collected, tokenizer, longest)


def embed(model: Any, inputs: Inputs) -> torch.Tensor:  # noqa: ANN401
    """The embeddings of a conversation's tokens, pictures and sound, (tokens, width)."""
    collected: dict[str, Any] = {}

    def collect(**arguments: Any) -> GenerateDecoderOnlyOutput:  # noqa: ANN401
        collected.update(arguments)
        return GenerateDecoderOnlyOutput(sequences=torch.tensor([[arguments["eos_token_id"][0]]]))

    with _stand_in(model.llm, collect):
        # The class's, for `collect_inputs` may be replacing the object's on another thread.
        type(model).generate(model, **inputs.arguments)
    embedded = collected.get("inputs_embeds")
    if embedded is None or embedded.shape[:2] != (1, len(inputs.tokens)):
        raise _changed("doesn't give its language model an embedding for each token")
    made: torch.Tensor = embedded[0]
    return made


def digest_code(folder: Path) -> str:
    """A short hash of a repository's code, by which results say what ran."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def blame_version(name: str) -> Iterator[None]:
    """Say what to install if the code fails on a version it wasn't written for."""
    try:
        yield
    except MISFITS as error:
        fits = transformers.__version__.startswith(f"{WRITTEN_FOR}.")
        if fits and not isinstance(error, ImportError):
            raise
        reason = str(error).strip().partition("\n")[0]
        advice = (
            f"; it was written for {WRITTEN_FOR}: in an environment of its own, type "
            "pip install 'ugcbench[minicpm-o]'"
        )
        raise FatalModelError(
            f"the code that comes with {name} doesn't run on transformers "
            f"{transformers.__version__} ({reason}){'' if fits else advice}"
        ) from error


@contextlib.contextmanager
def _stand_in(owner: Any, function: Any) -> Iterator[None]:  # noqa: ANN401
    """Let `function` stand for an object's `generate`."""
    owner.generate = function
    try:
        yield
    finally:
        del owner.generate


def _count(arguments: Mapping[str, Any], tokenizer: Any, longest: int) -> Inputs:  # noqa: ANN401
    try:
        tokens = arguments["input_ids"][0].tolist()
        pictures, sounds = arguments["image_bound"][0], arguments["audio_bounds"][0]
    except (KeyError, IndexError):
        raise _changed("doesn't say where it puts pictures and sound") from None
    if len(tokens) > longest:
        raise RequestRejectedError(
            f"clip and prompt have more than the {longest} tokens that the model takes with the "
            "reply; use a profile with fewer frames, or shorter clips"
        )
    return Inputs(
        arguments=arguments,
        tokens=tokens,
        units=tokenizer.decode(tokens).count(UNIT),
        pictures=len(pictures),
        picture_tokens=sum(int(end - start) for start, end in pictures),
        sound_tokens=sum(int(end - start) for start, end in sounds),
    )


def _changed(what: str) -> FatalModelError:
    return FatalModelError(
        f"the code that comes with the checkpoint {what}, as the published one does; give the "
        "option revision= with a commit of openbmb/MiniCPM-o-2_6"
    )
