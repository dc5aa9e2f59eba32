"""How large is the model that is to be trained?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ugcbench.specs import ModelSpec
from ugcbench.types import Frozen

SPEAKING = ("talker.", "token2wav.")
"""Parts of a checkpoint that turn text into a voice; they are neither loaded nor trained."""


class ModelSize(Frozen):
    """Parameters and shapes of the part of a model that is trained.

    `parameters` counts all of them, `vision` and `audio` those of the towers. The language model
    has `layers` of `hidden` width, with `intermediate` in its feed-forward part and `keys` in its
    keys (and as many in its values); its head scores `vocabulary` tokens. `source` says from where
    this is known.
    """

    source: str
    parameters: int
    vision: int
    audio: int
    layers: int
    hidden: int
    intermediate: int
    keys: int
    vocabulary: int

    @property
    def language(self) -> int:
        """Parameters of the language model alone."""
        return self.parameters - self.vision - self.audio

    def adapters(self, rank: int) -> int:
        """Parameters of low-rank adapters beside all linear layers of the language model."""
        attention = 4 * self.hidden + 2 * (self.hidden + self.keys)
        return self.layers * rank * (attention + 3 * (self.hidden + self.intermediate))


KNOWN = {
    "Qwen/Qwen2.5-Omni-3B": ModelSize(
        source="the published sizes of Qwen2.5-Omni-3B",
        parameters=4_703_464_448,
        vision=668_684_288,
        audio=637_676_544,
        layers=36,
        hidden=2048,
        intermediate=11008,
        keys=256,
        vocabulary=151_936,
    ),
    "Qwen/Qwen2.5-Omni-7B": ModelSize(
        source="the published sizes of Qwen2.5-Omni-7B",
        parameters=8_931_813_888,
        vision=676_550_144,
        audio=639_647_232,
        layers=28,
        hidden=3584,
        intermediate=18944,
        keys=512,
        vocabulary=152_064,
    ),
}
"""Published models by their id on the hub, without the part that speaks."""

TUNED_FROM = {"openinterx/UGC-VideoCaptioner": "Qwen/Qwen2.5-Omni-3B"}


def find_size(spec: ModelSpec, path: Path | None, revision: str | None = None) -> ModelSize | None:
    """The size of a checkpoint by its files where they are at hand, else by its name, else None."""
    hub_id = str(spec.options.get("model", ""))
    folder = path or _find_downloaded(hub_id, revision)
    size = _read_size(folder) if folder else None
    return size or KNOWN.get(TUNED_FROM.get(hub_id, hub_id))


def _find_downloaded(hub_id: str, revision: str | None) -> Path | None:
    """The folder of a checkpoint that was downloaded before."""
    try:
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError
    except ModuleNotFoundError:
        return None
    try:
        found = try_to_load_from_cache(hub_id, "config.json", revision=revision)
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def _read_size(folder: Path) -> ModelSize | None:
    """What configuration and headers say; None where they are incomplete or of another kind."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        text = _text_config(config)
        heads = text["num_attention_heads"]
        shape = {
            "layers": text["num_hidden_layers"],
            "hidden": text["hidden_size"],
            "intermediate": text["intermediate_size"],
            "keys": text["hidden_size"] // heads * text.get("num_key_value_heads", heads),
            "vocabulary": text["vocab_size"],
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    counts = Counter[str]()
    for name, count in _weights(folder):
        counts[_part_of(name)] += count
    if not counts:
        return None
    towers = {"vision": counts["vision"], "audio": counts["audio"]}
    return ModelSize(source=f"the files in {folder}", parameters=counts.total(), **towers, **shape)


def _text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configuration of the language model, however deep it lies."""
    for inner in ("thinker_config", "text_config"):
        config = config.get(inner, config)
    return config


def _part_of(weight: str) -> str:
    return "vision" if "visual" in weight else "audio" if "audio" in weight else "language"


def _weights(folder: Path) -> Iterator[tuple[str, int]]:
    """Names and numbers of parameters of all weights that are trained."""
    try:
        from safetensors import safe_open
    except ModuleNotFoundError:
        return
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as weights:
            for name in weights.keys():  # noqa: SIM118 - it can't be iterated itself
                if name.startswith(SPEAKING):
                    continue
                count = 1
                for side in weights.get_slice(name).get_shape():
                    count *= side
                yield name, count
