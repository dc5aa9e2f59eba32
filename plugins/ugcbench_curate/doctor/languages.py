"""In which languages and scripts is the gold written?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import regex

from ugcbench.gold.checks import CAPTIONS
from ugcbench.gold.findings import Finding, first
from ugcbench.types import Clip, Gold
from ugcbench_curate.languages import TOO_SHORT, UNTOLD, name_language

PROSE = (*(key for key in CAPTIONS if key != "objects"), "ocr")
"""Gold keys of texts in sentences; lists of objects look like no language."""

OTHER_SCRIPT = regex.compile(r"[^\p{Latin}\p{Common}\p{Inherited}]")


def find_languages(clips: Sequence[Clip]) -> Iterator[Finding]:
    """The languages of each kind of text, and the clips whose text is not in the usual one."""
    for key in PROSE:
        told = {clip.id: name_language(_join(clip.gold[key])) for clip in clips if key in clip.gold}
        counts = Counter(told.values())
        known = [name for name, _ in counts.most_common() if name not in (UNTOLD, TOO_SHORT)]
        if not known:
            continue
        odd = tuple(name for name, language in told.items() if language in known[1:])
        listed = ", ".join(f"{language} {count}" for language, count in counts.most_common())
        yield Finding("note", "language", key, listed, len(odd), len(told), first(odd), odd)


def find_scripts(clips: Sequence[Clip]) -> Iterator[Finding]:
    """Captions with letters of another script; of on-screen texts, other checks tell."""
    for key in CAPTIONS:
        golds = [(clip.id, _join(clip.gold[key])) for clip in clips if key in clip.gold]
        odd = tuple(name for name, text in golds if OTHER_SCRIPT.search(text))
        if odd:
            message = "letters of another script than Latin: scorers of ASCII words lose them"
            yield Finding("note", "script", key, message, len(odd), len(golds), first(odd), odd)


def _join(gold: Gold) -> str:
    return gold.answer if isinstance(gold.answer, str) else "\n".join(gold.answer)
