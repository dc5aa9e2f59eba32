"""Which checkpoints are complete, and how does a training go on from one, bit by bit?

transformers writes a checkpoint in place, file by file. A kill or a full disk leaves a folder that
looks like one. So the list of its files is written last, and only what agrees with its list counts.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import Trainer

from ugcbench.codecs import Codec
from ugcbench.errors import RunError

LIST = "complete.json"
"""The file that makes a checkpoint complete: names and sizes of all others, and their step."""

ADAPTER = "adapter_config.json"
PREFIX = "checkpoint-"


def find_last(folder: Path) -> Path | None:
    """The complete checkpoint with most steps in `folder`, or None."""
    return next((found for found in _newest_first(folder) if is_complete(found)), None)


def is_complete(checkpoint: Path) -> bool:
    """Whether all files of a checkpoint are there as they were written."""
    try:
        sizes: Mapping[str, int] = json.loads((checkpoint / LIST).read_bytes())["files"]
    except (OSError, ValueError, KeyError):
        return False
    return sizes == _sizes(checkpoint)


def drop_incomplete(folder: Path) -> list[str]:
    """Remove what a training that was cut off has left; returns the names."""
    torn = [found for found in _newest_first(folder) if not is_complete(found)]
    for checkpoint in torn:
        shutil.rmtree(checkpoint)
    return [checkpoint.name for checkpoint in torn]


def export(codec: Codec, checkpoint: Path, folder: Path) -> Path:
    """Write a checkpoint as a directory that the evaluation loads.

    Weights come in the type of the model that the training began with; adapters are merged into
    it. `folder` appears when it is complete. Needs as much host memory as the weights.
    """
    partial = folder.with_name(f"{folder.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    if (checkpoint / ADAPTER).is_file():
        from peft import PeftModel

        # In single precision, so that the small adapters are not rounded before they are added.
        adapted = PeftModel.from_pretrained(codec.load("float32"), checkpoint)
        model = adapted.merge_and_unload().to(getattr(torch, codec.dtype))
    else:
        model = codec.load(codec.dtype, checkpoint)
    with explaining(folder, "the trained model"):
        codec.save(model, partial)
    if folder.exists():
        shutil.rmtree(folder)
    return partial.rename(folder)


class Resumable(Trainer):  # type: ignore[misc]
    """A trainer whose checkpoints are complete or not taken for one, and restore every weight.

    `codec` loads and saves the model; the `keep` latest checkpoints stay, all for None.
    """

    codec: Codec
    keep: int | None = None

    def _save(
        self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None
    ) -> None:
        """Write the weights so that the evaluation loads them too; adapters as PEFT does."""
        if self._is_adapted:
            super()._save(output_dir, state_dict)
        elif self.args.should_save:
            self.codec.save(self.model, Path(output_dir or self.args.output_dir), state_dict)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:  # noqa: ANN401
        """Write a checkpoint and then its list; raises `RunError` if that fails."""
        folder = Path(self.args.output_dir)
        checkpoint = folder / f"{PREFIX}{self.state.global_step}"
        if self.args.should_save and checkpoint.exists() and not is_complete(checkpoint):
            shutil.rmtree(checkpoint)
        with explaining(checkpoint, "a checkpoint", lambda: find_last(folder)):
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                _complete(checkpoint, self.state.global_step)
                self._drop_old(folder)

    def _load_from_checkpoint(
        self,
        resume_from_checkpoint: str,
        model: Any = None,  # noqa: ANN401
    ) -> None:
        """Restore every weight.

        transformers (5.21 to 5.23) looks the published names of a checkpoint up among its own,
        finds none, and goes on with the weights it began with.
        """
        if self._is_adapted or self.is_deepspeed_enabled or self.is_fsdp_enabled:
            super()._load_from_checkpoint(resume_from_checkpoint, model)
            return
        target = self.accelerator.unwrap_model(self.model if model is None else model)
        kind = str(target.dtype).removeprefix("torch.")
        stored = self.codec.load(kind, Path(resume_from_checkpoint))
        target.load_state_dict(stored.state_dict(), strict=True)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """None: what was trained, and how, stands in the run's own record."""

    @property
    def _is_adapted(self) -> bool:
        return hasattr(self.accelerator.unwrap_model(self.model), "peft_config")

    def _drop_old(self, folder: Path) -> None:
        complete = [found for found in _newest_first(folder) if is_complete(found)]
        for checkpoint in complete[self.keep :] if self.keep else []:
            shutil.rmtree(checkpoint)


@contextmanager
def explaining(
    folder: Path, what: str, last: Callable[[], Path | None] = lambda: None
) -> Iterator[None]:
    """Turn a failed write of `what` into one line, and leave nothing half written behind.

    `last` finds the checkpoint to go on from. Raises `RunError` for an error of the disk.
    """
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        if not _is_disk_error(error):
            raise
        shutil.rmtree(folder, ignore_errors=True)
        kept = f"; the last complete one is {found}" if (found := last()) else ""
        reason = str(error).strip().partition("\n")[0]
        raise RunError(
            f"{what} can't be written to {folder} ({reason}){kept}; free some space on the disk "
            "and type the command again with --resume"
        ) from error


def _is_disk_error(error: Exception) -> bool:
    """PyTorch raises a plain RuntimeError out of its own writer."""
    if isinstance(error, OSError | SafetensorError):
        return True
    words = ("writing file", "unexpected pos", "PytorchStreamWriter", "iostream error")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)


def _complete(checkpoint: Path, step: int) -> None:
    """Write the list, durably, after all that it lists."""
    partial = checkpoint.parent / f".{checkpoint.name}.{LIST}"
    with partial.open("w", encoding="utf-8") as file:
        json.dump({"step": step, "files": _sizes(checkpoint)}, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(checkpoint / LIST)


def _sizes(checkpoint: Path) -> dict[str, int]:
    return {
        str(file.relative_to(checkpoint)): file.stat().st_size
        for file in sorted(checkpoint.rglob("*"))
        if file.is_file() and file.name != LIST
    }


def _newest_first(folder: Path) -> list[Path]:
    found = [path for path in folder.glob(f"{PREFIX}*") if path.is_dir()]
    steps = {path: path.name.removeprefix(PREFIX) for path in found}
    numbered = [path for path in found if steps[path].isdigit()]
    return sorted(numbered, key=lambda path: int(steps[path]), reverse=True)
