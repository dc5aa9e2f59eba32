"""Under which rules was a number made?

A protocol is one frozen object: media, sampling, prompts, the rule of each scorer, the judge's
rule and what becomes of an answer that isn't there. Its hash goes with every number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from ugcbench.errors import UnknownNameError
from ugcbench.types import Frozen, MediaProfile, Sampling, Score, Unit

PROFILES: Mapping[str, MediaProfile] = {"paper": MediaProfile()}
"""The media profiles by name."""


class JudgeRule(Frozen):
    """How a judge is asked.

    By JSON schema if `structured`; `reasks` times again after a reply that can't be read; `votes`
    times for each answer, whose median counts if more than half can be read. Of a panel, at least
    `quorum` judges must come to a verdict, by default more than half.
    """

    temperature: float = Field(0.0, ge=0)
    structured: bool = True
    max_tokens: int = Field(1024, ge=1)
    reasks: int = Field(2, ge=0)
    votes: int = Field(1, ge=1)
    quorum: int | None = Field(None, ge=1)

    @model_serializer(mode="wrap")
    def _only_what_is_used(self, serialize: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Rules that came later are left out where they change nothing, so that hashes stay."""
        rules: dict[str, object] = serialize(self)
        unused = {"votes": 1, "quorum": None}
        return {name: value for name, value in rules.items() if unused.get(name, ...) != value}


ASKED_AS = ", asked as "


class Protocol(Frozen):
    """The rules of a benchmark run; compare numbers only where `hash()` agrees.

    `prompts`: our own wording, or the dataset's own question where it has one. `choice`: option
    letter or text in any case (`lenient`), or the option's text to the letter (`exact`). `ngram`:
    which on-screen-text scorer. `missing`: the statuses of a model's answer (never a judge's, never
    a failed call's) that count as a number; all others are left out and show in the coverage.
    Source: UGC-VideoCap paper sections 4.1 and 5, and its released evaluation files.
    """

    name: str
    version: int = 1
    profile: MediaProfile = PROFILES["paper"]
    sampling: Sampling = Sampling()
    prompts: Literal["own", "dataset"] = "own"
    choice: Literal["lenient", "exact"] = "lenient"
    ngram: Literal["v1", "ocr-keep-empty", "ocr-skip-empty"] = "v1"
    judge: JudgeRule = JudgeRule()
    missing: Mapping[Literal["refused", "malformed"], Unit] = {}
    rounding: Literal["none", "two-decimals-of-five"] = "none"

    def hash(self) -> str:
        """Twelve hexadecimal digits that change with any rule."""
        return digest(self.model_dump(mode="json"))

    def scored_by(self, other: Protocol) -> Protocol:
        """The rules for answers that were asked for under these and are scored by `other`'s.

        That is `other` itself where both ask alike; otherwise its name says that they don't.
        """
        asking = {name: getattr(self, name) for name in ("profile", "sampling", "prompts")}
        if all(getattr(other, name) == rule for name, rule in asking.items()):
            return other
        asked = self.name.rpartition(ASKED_AS)[2]
        return other.model_copy(update={**asking, "name": f"{other.name}{ASKED_AS}{asked}"})

    def counted(self, score: Score) -> float | None:
        """The number by which a score enters a mean, or None if it is left out."""
        if score.status == "ok":
            return score.value
        if score.source == "judge" or score.status not in ("refused", "malformed"):
            return None
        return self.missing.get(score.status)


PAPER = Protocol(
    name="paper",
    prompts="dataset",
    choice="exact",
    ngram="ocr-keep-empty",
    judge=JudgeRule(temperature=1.0, structured=False),
    rounding="two-decimals-of-five",
)
"""The rules behind most of the paper's figures."""

PROTOCOLS: Mapping[str, Protocol] = {
    "v1": Protocol(name="v1", missing={"refused": 0.0, "malformed": 0.0}),
    "paper": PAPER,
    # The paper's on-screen-text column of Gemma-3n and MiniCPM-o was made by another scorer.
    "paper-skip-empty": PAPER.model_copy(
        update={"name": "paper-skip-empty", "ngram": "ocr-skip-empty"}
    ),
}
"""The presets by name; `v1` is the default."""


def get_protocol(name: str) -> Protocol:
    """The preset called `name`; raises `UnknownNameError`."""
    if name not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        raise UnknownNameError(f"there is no protocol {name!r}; the protocols are: {known}")
    return PROTOCOLS[name]


def digest(value: object, length: int = 12) -> str:
    """The first `length` hexadecimal digits of the SHA-256 of `value` as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]
