"""What is vLLM handed for a clip, and did the prompt get the media tokens that the clip must give?

Imports no framework, so that what a family hands over can be tested without vLLM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ugcbench.errors import FatalModelError
from ugcbench.media import Media
from ugcbench.protocol import digest
from ugcbench.types import MediaProfile

Run = tuple[str, int]
"""A placeholder token and how many of it follow each other."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClipInput:
    """A clip as vLLM takes it.

    `parts` are what the chat template writes placeholders for, in front of the prompt's text, and
    `expand` changes what it wrote; `template` takes the place of the tokenizer's. `data` are the
    items by modality, `options` the processor's. `layout` is what the placeholders must have
    become in the engine's prompt, in order; `counts` says it in words.
    """

    parts: Sequence[Mapping[str, str]] = ()
    expand: Callable[[str], str] = str
    template: str | None = None
    data: Mapping[str, Sequence[Any]]
    options: Mapping[str, Any] = field(default_factory=dict)
    layout: Sequence[Run] = ()
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Family:
    """How checkpoints of one kind are asked.

    `tokenizer` has the chat template. `encode` gives the clip for vLLM and raises
    `FatalModelError`, or `RequestRejectedError` if the kind takes none. `limits` are the most items
    of each modality in a prompt, `stops` tokens that end a reply beside those that the checkpoint
    names, `places` the placeholder tokens of which a prompt has what its clip says and no other.
    """

    name: str
    tokenizer: Any
    encode: Callable[[Media, MediaProfile], ClipInput]
    limits: Mapping[str, int] = field(default_factory=dict)
    stops: Sequence[int] = ()
    places: Sequence[str] = ()

    def check(self, tokens: Sequence[int], clip: ClipInput | None) -> None:
        """Raise `FatalModelError` unless the prompt that vLLM made holds the clip as meant."""
        names = {self.tokenizer.convert_tokens_to_ids(place): place for place in self.places}
        found = find_runs(tokens, names)
        meant = [] if clip is None else list(clip.layout)
        if found != meant:
            raise FatalModelError(
                f"vLLM put {_count(found)} into the prompt instead of {_count(meant)}; it lays "
                f"clips for {self.name} out in another way than this adapter knows: try vLLM 0.32"
            )


def find_runs(tokens: Sequence[int], names: Mapping[int, str]) -> list[Run]:
    """The placeholders among `tokens`, whose `names` are given, each with its number of repeats."""
    runs = ((token, sum(1 for _ in same)) for token, same in groupby(tokens))
    return [(names[token], count) for token, count in runs if token in names]


def name_items(clip: ClipInput, sha256: str, profile: MediaProfile) -> dict[str, list[str]]:
    """A name for each item of a clip, by which vLLM's caches know it.

    It says which file was read by which profile, so vLLM needn't hash the pixels.
    """
    stem = f"{sha256}:{digest(profile.model_dump(mode='json'))}"
    return {
        modality: [f"{stem}:{modality}:{number}" for number in range(len(items))]
        for modality, items in clip.data.items()
    }


def _count(runs: Sequence[Run]) -> str:
    """Runs in words: how many tokens in how many pieces, since there may be hundreds."""
    if not runs:
        return "no media token"
    kinds = dict.fromkeys(name for name, _ in runs)
    counts = {kind: [count for name, count in runs if name == kind] for kind in kinds}
    return " and ".join(
        f"{sum(pieces)} {kind} in {len(pieces)} piece{'s' * (len(pieces) > 1)}"
        for kind, pieces in counts.items()
    )
