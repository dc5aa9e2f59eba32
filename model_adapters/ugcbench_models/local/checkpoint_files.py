"""Where do a checkpoint's files lie, and what is wrong with them, in one line?

No framework is imported here, so that a mistyped name is answered at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ugcbench.errors import FatalModelError

INDEX = "model.safetensors.index.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
NEEDED = ("*.json", "*.safetensors", "*.jinja", "*.model", "*.txt")
"""What is downloaded: never pickled weights, which can run code when they are opened."""

NOT_NEEDED = ("*/*", "consolidated*")
"""Of these: other formats of the same weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Which checkpoint, and how it is to be loaded.

    `name` is a directory or the id of a repository on the hub, `revision` a commit, tag or branch
    there. `trusted` says whether code that comes with it may run.
    """

    name: str
    revision: str | None = None
    dtype: str = "auto"
    device: str = "auto"
    trusted: bool = False


def find_checkpoint(source: Source) -> Path:
    """The directory with the checkpoint's files, downloaded from the hub unless it is here.

    Raises `FatalModelError` if there is none, or if weights are missing or pickled.
    """
    folder = Path(source.name).expanduser()
    if not folder.is_dir():
        folder = _download(source)
    _check_weights(folder)
    return folder


def read_config(folder: Path) -> Mapping[str, Any]:
    """What config.json says of the checkpoint in `folder`; raises `FatalModelError`."""
    file = folder / "config.json"
    try:
        config = json.loads(file.read_bytes())
    except ValueError as error:
        raise FatalModelError(f"{file} can't be read ({error}); copy it anew") from None
    if not isinstance(config, dict):
        raise FatalModelError(f"{file} holds no JSON object; copy it anew")
    return config


def check_kind(source: Source, folder: Path, title: str, *kinds: str) -> None:
    """Raise `FatalModelError` unless the checkpoint in `folder` is of one of `kinds`.

    They are what config.json calls `model_type`; `title` names them all.
    """
    found = read_config(folder).get("model_type")
    if found not in kinds:
        raise FatalModelError(
            f"{source.name} is no {title}, but {found or 'a model of no kind'} by its config.json; "
            "correct the path, or run it by another model's name (`ugcbench list models`)"
        )


def _download(source: Source) -> Path:
    import huggingface_hub
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(source.name)
    except ValueError:
        raise FatalModelError(f"there is no directory {source.name}; check the path") from None
    patterns = [*NEEDED, "*.py"] if source.trusted else list(NEEDED)
    try:
        return Path(
            huggingface_hub.snapshot_download(
                source.name,
                revision=source.revision,
                allow_patterns=patterns,
                ignore_patterns=list(NOT_NEEDED),
            )
        )
    except Exception as error:
        raise FatalModelError(_explain(source, error)) from error


def _explain(source: Source, error: Exception) -> str:
    from huggingface_hub import errors

    name = source.name
    match error:
        case errors.GatedRepoError():
            return (
                f"{name} is given out on request only: ask on https://huggingface.co/{name}, then "
                "type `hf auth login`"
            )
        case errors.RevisionNotFoundError():
            return f"{name} has no revision {source.revision!r} on the hub; check the option"
        case errors.RepositoryNotFoundError():
            return (
                f"there is neither a directory {name} here nor a repository of that name on the "
                "hub; check the name, or type `hf auth login` if it is private"
            )
        case errors.LocalEntryNotFoundError() | errors.OfflineModeIsEnabled():
            return (
                f"there is no directory {name}, and the hub can't be asked for a repository of "
                "that name: check the path, connect, or unset HF_HUB_OFFLINE"
            )
    reason = (str(error).strip() or type(error).__name__).partition("\n")[0]
    return f"{name} can't be downloaded: {reason}; try again later"


def _check_weights(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise FatalModelError(f"{folder} is no checkpoint: it has no config.json; check the path")
    if (folder / INDEX).is_file():
        _check_shards(folder)
    elif not any(folder.glob("*.safetensors")):
        raise FatalModelError(_say_what_is_there_instead(folder))


def _check_shards(folder: Path) -> None:
    try:
        shards = set(json.loads((folder / INDEX).read_bytes())["weight_map"].values())
    except (ValueError, KeyError, AttributeError) as error:
        raise FatalModelError(f"{folder / INDEX} can't be read ({error}); copy it anew") from None
    missing = sorted(name for name in shards if not (folder / name).is_file())
    if missing:
        raise FatalModelError(
            f"{len(missing)} of {len(shards)} weight files are missing in {folder}, such as "
            f"{missing[0]}; copy or download them"
        )


def _say_what_is_there_instead(folder: Path) -> str:
    pickles = sorted(file for pattern in PICKLES for file in folder.glob(pattern))
    if not pickles:
        return f"there is no weight file (*.safetensors) in {folder}; copy or download it"
    return (
        f"{folder} has its weights only as pickle ({pickles[0].name}), which can run code when it "
        "is opened; take a checkpoint with *.safetensors, or, if you trust this one, convert it by "
        f"""`python -c "from transformers import AutoModelForCausalLM as M; M.from_pretrained("""
        f"""'{folder}', use_safetensors=False).save_pretrained('{folder}')"`"""
    )
