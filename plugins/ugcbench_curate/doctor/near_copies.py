"""Which texts are nearly the same?

Texts that have word sequences in common are compared letter by letter. Sequences that many texts
have in common are formulas, and tell nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import regex
from rapidfuzz import fuzz

from ugcbench.gold.findings import Finding, first
from ugcbench.types import Clip

KEYS = ("final_caption", "audio_caption", "visual_caption", "background")
"""Gold keys of texts that are long enough to be told apart."""

WORDS = 5
"""Length of the sequences."""

FORMULA = 50
"""Texts that may have a sequence in common before it is a formula."""

LEAST_SHARE = 0.2
"""Share of the sequences of the shorter text that must be in the other to compare them."""

NEAR = 90.0
"""Letters that agree, in percent of both texts, from which on texts are nearly the same."""

SHORTEST = 8
"""Words below which texts are alike by chance."""

Gram = tuple[str, ...]
WORD = regex.compile(r"[\p{L}\p{N}']+")


def find_near_copies(clips: Sequence[Clip]) -> Iterator[Finding]:
    """Captions that are another clip's but for a few letters; equal ones are told elsewhere."""
    for key in KEYS:
        texts = {c.id: str(c.gold[key].answer) for c in clips if key in c.gold}
        pairs = [
            (one, other, near)
            for one, other, near in pair_near_texts(texts)
            if texts[one] != texts[other]
        ]
        if pairs:
            names = tuple(dict.fromkeys(name for one, other, _ in pairs for name in (one, other)))
            message = (
                f"pairs of texts that agree in {NEAR:.0f} % or more of their letters: {len(pairs)}"
            )
            examples = first(f"{one} ~ {other} ({near:.0f} %)" for one, other, near in pairs)
            yield Finding(
                "warning", "near duplicate", key, message, len(names), len(texts), examples, names
            )


def pair_near_texts(
    texts: Mapping[str, str], others: Mapping[str, str] | None = None
) -> list[tuple[str, str, float]]:
    """Pairs of names whose texts are nearly or wholly the same, with how much agrees in percent.

    Without `others`, the texts are compared with each other, and each pair is named once.
    """
    mine = {name: _read(text) for name, text in texts.items()}
    theirs = mine if others is None else {name: _read(text) for name, text in others.items()}
    index: defaultdict[Gram, list[str]] = defaultdict(list)
    for name, text in theirs.items():
        for sequence in text.sequences:
            index[sequence].append(name)
    told = {sequence: names for sequence, names in index.items() if len(names) <= FORMULA}
    order = {name: place for place, name in enumerate(theirs)}
    found = []
    for name, text in mine.items():
        for other in _meet(text, theirs, told):
            if others is None and order[other] <= order[name]:
                continue
            near = fuzz.ratio(text.plain, theirs[other].plain, score_cutoff=NEAR)
            if near:
                found.append((name, other, float(near)))
    return sorted(found, key=lambda pair: -pair[2])


class _Text(NamedTuple):
    """A text less case and punctuation, and its word sequences."""

    plain: str
    sequences: frozenset[Gram]


def _read(text: str) -> _Text:
    words = WORD.findall(text.casefold())
    if len(words) < SHORTEST:
        return _Text("", frozenset())
    return _Text(" ".join(words), frozenset(zip(*(words[n:] for n in range(WORDS)), strict=False)))


def _meet(
    text: _Text, theirs: Mapping[str, _Text], told: Mapping[Gram, Sequence[str]]
) -> Iterator[str]:
    """The texts that have enough telling sequences in common with `text`."""
    shared = Counter(name for sequence in text.sequences for name in told.get(sequence, ()))
    for name, count in shared.items():
        shorter = min(len(text.sequences), len(theirs[name].sequences))
        if count >= LEAST_SHARE * shorter:
            yield name
