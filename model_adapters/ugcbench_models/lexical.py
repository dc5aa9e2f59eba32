"""What can a judge say without reading, by counting common words?

It serves tests and first looks without a key. Its verdicts follow any schema made of levels,
yes/no answers and matched lists, and mean far less than an LLM's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ugcbench.types import Failure, Prediction, Prompt

SOUND = frozenset(
    [
        "voice",
        "voices",
        "speak",
        "speaks",
        "speaking",
        "speaker",
        "say",
        "says",
        "said",
        "saying",
        "sing",
        "sings",
        "sound",
        "sounds",
        "music",
        "musical",
        "melody",
        "song",
        "tone",
        "audio",
        "hear",
        "heard",
        "noise",
        "noises",
        "silent",
        "silence",
        "narrator",
        "narrates",
        "narration",
        "siren",
        "beat",
        "rhythm",
        "loud",
        "quiet",
        "talk",
        "talks",
        "talking",
        "laugh",
        "laughs",
        "laughter",
    ]
)
"""Words that make a sentence one about sound."""

COMMON = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "for",
        "from",
        "has",
        "have",
        "he",
        "her",
        "his",
        "in",
        "into",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "she",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "they",
        "this",
        "to",
        "was",
        "were",
        "which",
        "while",
        "who",
        "will",
        "with",
    ]
)
"""Words too frequent to mean agreement."""

CONSISTENT = 0.35
MATCHED = 0.5

Words = frozenset[str]


class Lexical:
    """An offline judge: deterministic, free, and not comparable with an LLM judge.

    It reads the prompt's `fields` (`reference`, `prediction`) and fills in the verdict's JSON
    schema: whole numbers by word overlap, `yes` or `no` by a threshold and by agreement on whether
    anything changes, `matched` by the share of an item's words that occur.
    """

    async def generate(self, prompt: Prompt) -> Prediction:
        """A verdict as JSON; refused for a prompt without reference, prediction or schema."""
        verdict = _verdict(prompt)
        if verdict is None:
            why = "the lexical judge needs the fields reference and prediction and a known schema"
            failure = Failure(status="refused", kind="no_rubric", message=why)
            return Prediction(task=prompt.task, sample_id=prompt.sample_id, failure=failure)
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=json.dumps(verdict),
            model="lexical",
        )

    async def close(self) -> None:
        """Nothing is held."""


def _verdict(prompt: Prompt) -> dict[str, Any] | None:
    reference, prediction = (prompt.fields.get(key) for key in ("reference", "prediction"))
    if reference is None or prediction is None:
        return None
    verdict: dict[str, Any] = {}
    for name, schema in (prompt.output_schema or {}).get("properties", {}).items():
        rate = _rater(name, schema)
        if rate is not None:
            verdict[name] = rate(reference, prediction)
    return verdict or None


def _rater(name: str, schema: Mapping[str, Any]) -> Callable[[str, str], object] | None:
    """How a field of a verdict is filled in; None for texts, which are left out."""
    if schema.get("type") == "integer":
        low, high = schema.get("minimum", 1), schema.get("maximum", 5)
        return lambda reference, prediction: (
            low + round((high - low) * _agreement(name, reference, prediction))
        )
    if schema.get("enum") == ["yes", "no"]:
        return _consistent
    if schema.get("type") == "array":
        return _matches
    return None


def _agreement(dimension: str, reference: str, prediction: str) -> float:
    """Word overlap (F1) of what two texts say about a dimension, in [0, 1]."""
    mine, yours = _about(dimension, reference), _about(dimension, prediction)
    if not mine:
        return 1.0 if not yours else 0.5
    common = len(mine & yours)
    return 2 * common / (len(mine) + len(yours))


def _about(dimension: str, text: str) -> Words:
    """The words of the sentences that belong to a dimension (`audio`, `visual`, or any)."""
    words: set[str] = set()
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        found = _words(sentence)
        sounds = bool(found & SOUND)
        if (dimension == "audio" and not sounds) or (dimension == "visual" and sounds):
            continue
        words |= found
    return frozenset(words - COMMON)


def _consistent(reference: str, prediction: str) -> str:
    same_change = _changes(reference) == _changes(prediction)
    return "yes" if same_change and _agreement("", reference, prediction) >= CONSISTENT else "no"


def _changes(text: str) -> bool:
    """Whether a text says that something changes."""
    steady = r"\b(not|never|n't|no|without)\b[^.]*\bchang|\bremains?\b|\bthroughout\b|\bsame\b"
    return not re.search(steady, text.casefold())


def _matches(reference: str, prediction: str) -> list[dict[str, object]]:
    """One entry for each numbered line of the reference."""
    words = _words(prediction)
    verdicts: list[dict[str, object]] = []
    for line in re.findall(r"^\d+\.\s*(.*)$", reference, re.MULTILINE):
        name = _words(line.partition("(")[0])
        every = _words(line) - COMMON - {"count", "color", "position"}
        share = len(every & words) / max(len(every), 1)
        matched = bool(name) and name <= words and share >= MATCHED
        verdicts.append({"number": len(verdicts) + 1, "matched": matched})
    return verdicts


def _words(text: str) -> Words:
    return frozenset(re.findall(r"\w+(?:'\w+)?", text.casefold()))
