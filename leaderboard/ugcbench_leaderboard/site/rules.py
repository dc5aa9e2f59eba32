"""Which rules do the protocols fix, and in which do they differ? Read from the protocols."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ugcbench.protocol import PROTOCOLS, Protocol

MEANINGS: Mapping[str, str] = {
    "version": "grows with every change of the preset",
    "profile.name": "how a clip becomes frames and sound",
    "profile.version": "the version of that profile",
    "profile.fps": "frames for each second of a clip",
    "profile.max_frames": "frames at most",
    "profile.max_pixels": "pixels of a frame at most",
    "profile.factor": "sides of a frame are multiples of this",
    "profile.even": "an even number of frames",
    "profile.sample_rate": "samples of sound a second, mono",
    "profile.resize": "how frames are made smaller",
    "sampling.temperature": "how freely the model chooses words; 0: always the likeliest",
    "sampling.top_p": "the share of the likeliest words that the model chooses from",
    "sampling.max_tokens": "tokens of an answer at most",
    "sampling.seed": "of the model's random choices",
    "prompts": "our own wording, or the dataset's own question",
    "choice": "an option's letter or text in any case, or its text to the letter",
    "ngram": "which scorer of text on screen",
    "judge.temperature": "how freely the judge chooses words",
    "judge.structured": "the verdict must follow a schema",
    "judge.max_tokens": "tokens of a verdict at most",
    "judge.reasks": "how often again after a verdict that can't be read",
    "judge.votes": "verdicts for each answer, of which the median counts",
    "judge.quorum": "judges of a panel that must come to a verdict",
    "missing.refused": "what a refused answer counts",
    "missing.malformed": "what an answer counts that can't be read, or is empty",
    "rounding": "how levels of 1 to 5 are rounded before they become points",
}

LEFT_OUT = "left out of the mean; shows in the coverage"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, what it means, and its value under each protocol."""

    name: str
    meaning: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether not all protocols have the same."""
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Preset:
    """A protocol by name, with the hash that goes with its figures."""

    name: str
    hash: str
    used: bool


def list_presets(used: Mapping[str, Protocol]) -> list[tuple[Preset, Protocol]]:
    """The presets, and the other protocols of the table; `used` are those, by their hash."""
    hashes = {protocol.hash() for protocol in PROTOCOLS.values()}
    others = [protocol for key, protocol in sorted(used.items()) if key not in hashes]
    return [
        (Preset(protocol.name, protocol.hash(), protocol.hash() in used), protocol)
        for protocol in (*PROTOCOLS.values(), *others)
    ]


def list_rules(protocols: list[Protocol]) -> list[Rule]:
    """Every rule of the protocols; those in which they differ first."""
    flat = [
        dict(_flat(protocol.model_dump(mode="json", exclude={"name"}))) for protocol in protocols
    ]
    names = dict.fromkeys(name for rules in flat for name in rules)
    found = [
        Rule(name, MEANINGS.get(name, ""), tuple(_text(name, rules) for rules in flat))
        for name in names
    ]
    return sorted(found, key=lambda rule: not rule.differs)


def _flat(rules: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in rules.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _text(name: str, rules: Mapping[str, Any]) -> str:
    value = rules.get(name)
    if value is None:
        return LEFT_OUT if name.startswith("missing.") else "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value)
