"""How do a checkpoint's files become a model and a tokenizer, by transformers?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
import transformers
from transformers.utils import logging

from ugcbench.errors import FatalModelError
from ugcbench_models.local.checkpoint_files import Source, check_kind, find_checkpoint


@dataclass(slots=True)
class Checkpoint:
    """A loaded model.

    `stops` are the tokens that end a reply, `pad` fills up shorter prompts, `context` is the most
    tokens that prompt and reply may have together, None if unknown.
    """

    model: Any
    tokenizer: Any
    stops: tuple[int, ...]
    pad: int
    context: int | None

    @property
    def width(self) -> int:
        """The number of scores that the model gives for a next token."""
        return int(self.model.get_output_embeddings().weight.shape[0])


def load_causal_lm(source: Source) -> Checkpoint:
    """The model and the tokenizer of a checkpoint that writes text.

    Raises `FatalModelError`, with one line, for whatever is wrong with files, options or memory.
    """
    return load(source, "AutoModelForCausalLM", "AutoTokenizer")[0]


def load(
    source: Source, model_class: str, processor_class: str, kinds: tuple[str, ...] = ()
) -> tuple[Checkpoint, Any]:
    """A checkpoint and its processor, by the names of their classes in transformers.

    The processor may be a tokenizer or have one. `kinds` are a title and what `check_kind` lets
    pass; any kind if not given. Raises `FatalModelError` as `load_causal_lm` does.
    """
    folder = find_checkpoint(source)
    if kinds:
        check_kind(source, folder, *kinds)
    device = choose_device(source.device)
    processor = load_processor(source, folder, processor_class)
    model = load_weights(source, folder, model_class, device)
    return assemble(source, model, getattr(processor, "tokenizer", processor)), processor


def load_processor(source: Source, folder: Path, processor_class: str) -> Any:  # noqa: ANN401
    """The processor or tokenizer of the checkpoint in `folder`; raises `FatalModelError`."""
    with explained(source, folder), quiet():
        processor = getattr(transformers, processor_class).from_pretrained(
            folder, trust_remote_code=source.trusted
        )
    tokenizer = getattr(processor, "tokenizer", processor)
    # Older checkpoints give the template to the processor only.
    tokenizer.chat_template = processor.chat_template or tokenizer.chat_template
    return processor


def load_weights(source: Source, folder: Path, model_class: str, device: torch.device) -> Any:  # noqa: ANN401
    """The model of the checkpoint in `folder`; raises `FatalModelError`."""
    with explained(source, folder), quiet():
        model, report = getattr(transformers, model_class).from_pretrained(
            folder,
            dtype=source.dtype,
            use_safetensors=True,
            trust_remote_code=source.trusted,
            output_loading_info=True,
        )
        check_report(source, report)
        return model.to(device)


def assemble(source: Source, model: Any, tokenizer: Any) -> Checkpoint:  # noqa: ANN401
    """What the engines need to know of a model and its tokenizer.

    The checkpoint's own habits of decoding (sampling, penalties, beams) are dropped: how a reply is
    decoded is the protocol's matter.
    """
    stops = _find_stops(model, tokenizer)
    if not stops:
        raise FatalModelError(
            f"{source.name} names no token that ends a reply; add eos_token_id to its "
            "generation_config.json"
        )
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else stops[0]
    model.generation_config = transformers.GenerationConfig()
    config = model.config
    text_config = config.get_text_config() if hasattr(config, "get_text_config") else config
    context = getattr(text_config, "max_position_embeddings", None)
    return Checkpoint(model, tokenizer, stops, pad, context)


def choose_device(wanted: str) -> torch.device:
    """A torch device; `auto` is the GPU where there is one. Raises `FatalModelError`."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise FatalModelError(f"there is no device {wanted!r}; say cpu, cuda or cuda:1") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise FatalModelError("no GPU is to be seen here; say device=cpu, or look at `nvidia-smi`")
    return device


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' progress bars and hints out of the run's own output."""
    bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


@contextlib.contextmanager
def explained(source: Source, folder: Path) -> Iterator[None]:
    """Turn what transformers raises into one line."""
    try:
        yield
    except FatalModelError:
        raise
    except torch.OutOfMemoryError:
        raise FatalModelError(
            f"{source.name} doesn't fit into the GPU's memory; free some, or say dtype=bfloat16, "
            "device=cpu or a smaller checkpoint"
        ) from None
    except safetensors.SafetensorError as error:
        raise FatalModelError(
            f"a weight file in {folder} is damaged or cut off ({error}); copy or download it anew"
        ) from error
    except ImportError as error:
        missing = error.name or str(error).strip().partition("\n")[0]
        raise FatalModelError(f"{source.name} needs {missing}: pip install it") from error
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).partition("\n")[0]
        if "trust_remote_code" in str(error):
            reason = "it comes with code of its own; if you trust it, say trust_remote_code=true"
        raise FatalModelError(f"{folder} can't be loaded: {reason}") from error


def check_report(source: Source, report: Any) -> None:  # noqa: ANN401
    """Weights that the files don't hold would be filled with random numbers, unnoticed."""
    wrong = sorted(map(str, report["missing_keys"])) + sorted(map(str, report["mismatched_keys"]))
    if wrong:
        raise FatalModelError(
            f"{len(wrong)} weights of {source.name} are missing or have the wrong shape, such as "
            f"{wrong[0]}; the files are incomplete or belong to another kind of model"
        )


def _find_stops(model: Any, tokenizer: Any) -> tuple[int, ...]:  # noqa: ANN401
    named = model.generation_config.eos_token_id
    several = named if isinstance(named, list) else [named]
    known = [stop for stop in (*several, tokenizer.eos_token_id) if stop is not None]
    return tuple(dict.fromkeys(known))
