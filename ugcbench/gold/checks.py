"""What can be wrong with the gold of clips, whatever dataset they come from?

Each check takes the clips and yields what it finds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import regex

from ugcbench.gold.choices import count_answers
from ugcbench.gold.findings import Finding, Level, first
from ugcbench.types import Clip, Gold

Clips = Sequence[Clip]
CAPTIONS = ("final_caption", "audio_caption", "visual_caption", "background", "objects")
ENOUGH = 20
"""From so many answers on, their distribution says something."""

MOST = 0.95
"""Share of the clips that makes a gold key one that every clip should have."""

LOPSIDED = 0.9
PLACEHOLDERS = {"none", "nothing", "null", "n/a", "no text", "empty", "unfind", "unfined"}
COUNT = regex.compile(r"count:\s*([^,)]*)", regex.IGNORECASE)
OTHER_SCRIPT = regex.compile(r"[^\p{Latin}\p{Common}\p{Inherited}]")
FUSED = regex.compile(r"\p{Ll}\p{Lu}\p{Ll}|\p{L}[,;!?]\p{L}|\p{L}{26,}")


def find_label_case(clips: Clips) -> Iterator[Finding]:
    """Answers that are no option as they stand, but are one in another case."""
    for key, golds in _choices(clips).items():
        odd = [clip for clip, gold in golds if gold.answer not in gold.choices]
        labels = Counter(gold.answer for _, gold in golds if gold.answer not in gold.choices)
        if odd:
            spelt = ", ".join(f"{label!r} {count} times" for label, count in labels.most_common())
            message = f"the answer differs from its option in case: {spelt}"
            yield _finding("warning", "label case", key, message, odd, len(golds))


def find_constant_labels(clips: Clips) -> Iterator[Finding]:
    """Multiple choices that nearly or always have the same answer, or an option that none has."""
    for key, golds in _choices(clips).items():
        if len(golds) < ENOUGH:
            continue
        answers = count_answers([gold for _, gold in golds])
        (label, most), *others = answers.counts.most_common()
        unused = [option for option in answers.options if option not in answers.counts]
        share = f"{label!r} {most} of {len(golds)} times ({most / len(golds):.1%})"
        if not others:
            message = f"every answer is the same, {share}: the gold says nothing"
            names = tuple(clip.id for clip, _ in golds)
            yield Finding("warning", "constant label", key, message, most, len(golds), clips=names)
            continue
        if most / len(golds) >= LOPSIDED:
            message = f"{share}: a constant answer scores that"
            yield Finding("note", "majority", key, message, most, len(golds))
        if unused:
            message = f"never the answer: {', '.join(unused)}"
            yield Finding("note", "unused option", key, message, len(unused))


def find_orphans(clips: Clips) -> Iterator[Finding]:
    """Clips that have none of the gold that nearly all others have."""
    counts = Counter(key for clip in clips for key in clip.gold)
    usual = {key for key, count in counts.items() if count >= MOST * len(clips)}
    orphans = [clip for clip in clips if usual.isdisjoint(clip.gold)]
    if usual and orphans:
        only = ", ".join(sorted({key for clip in orphans for key in clip.gold})) or "no gold"
        message = f"has {only}, but nothing of what nearly every other clip has"
        yield _finding("warning", "orphan id", "clips", message, orphans, len(clips))


def find_odd_counts(clips: Clips) -> Iterator[Finding]:
    """Object lists whose counts are not numbers."""
    found = [
        (clip.id, value.strip())
        for clip, gold in _golds(clips, "objects")
        for value in COUNT.findall(str(gold.answer))
    ]
    odd = [(name, value) for name, value in found if not value.isdecimal()]
    if odd:
        names = tuple(dict.fromkeys(name for name, _ in odd))
        message = (
            f"{len(odd):,} of {len(found):,} object counts ({len(odd) / len(found):.0%}) are no "
            f"numbers, in {len(names)} clips"
        )
        examples = first(f"{name}: {value[:20]!r}" for name, value in odd)
        yield Finding("note", "count", "objects", message, len(odd), len(found), examples, names)


def find_repeated_texts(clips: Clips) -> Iterator[Finding]:
    """Long answers that stand at more than one clip."""
    for key in CAPTIONS:
        golds = _golds(clips, key)
        by_text: defaultdict[str, list[str]] = defaultdict(list)
        for clip, gold in golds:
            by_text[str(gold.answer)].append(clip.id)
        groups = [names for names in by_text.values() if len(names) > 1]
        copies = sum(len(names) - 1 for names in groups)
        if groups:
            message = f"{copies} copies of another clip's answer, in {len(groups)} groups of clips"
            examples = first(" = ".join(names) for names in groups)
            same = tuple(name for names in groups for name in names)
            yield Finding("warning", "duplicate", key, message, copies, len(golds), examples, same)


def find_placeholders(clips: Clips) -> Iterator[Finding]:
    """On-screen texts that seem to say that there is no text."""
    said = [
        (clip, text)
        for clip, gold in _golds(clips, "ocr")
        for text in gold.answer
        if says_nothing(text)
    ]
    if said:
        words = Counter(text.strip().casefold() for _, text in said)
        listed = ", ".join(f"{word!r} {count}" for word, count in words.most_common())
        message = f"texts that say that there is none: {listed}"
        clips_with = list({clip.id: clip for clip, _ in said}.values())
        yield _finding("warning", "placeholder", "ocr", message, clips_with, _total(clips, "ocr"))


def says_nothing(text: str) -> bool:
    """Whether an on-screen text is blank or a word for no text found."""
    return not text.strip() or text.strip().casefold() in PLACEHOLDERS


def find_odd_texts(clips: Clips) -> Iterator[Finding]:
    """On-screen texts in other scripts than Latin, and words that look fused."""
    golds = _golds(clips, "ocr")
    foreign = [clip for clip, gold in golds if OTHER_SCRIPT.search("\n".join(gold.answer))]
    fused = [clip for clip, gold in golds if FUSED.search("\n".join(gold.answer))]
    if foreign:
        message = "letters of another script than Latin: scorers of ASCII words lose them"
        yield _finding("note", "script", "ocr", message, foreign, len(golds))
    if fused:
        message = (
            "words that look fused, such as aB or a,b without a space (names may be among them)"
        )
        yield _finding("note", "fused words", "ocr", message, fused, len(golds))


def find_missing_media(clips: Clips) -> Iterator[Finding]:
    """Clips whose video is not there."""
    missing = [clip for clip in clips if clip.media is None or not Path(clip.media).is_file()]
    if missing:
        message = "no video there; see `ugcbench data videos --help`"
        yield _finding("warning", "missing video", "clips", message, missing, len(clips))
    elif clips:
        yield Finding("ok", "videos", "clips", "every clip's video is there", 0, len(clips))


CHECKS: tuple[Callable[[Clips], Iterator[Finding]], ...] = (
    find_label_case,
    find_constant_labels,
    find_orphans,
    find_odd_counts,
    find_repeated_texts,
    find_placeholders,
    find_odd_texts,
)


def _golds(clips: Iterable[Clip], key: str) -> list[tuple[Clip, Gold]]:
    return [(clip, clip.gold[key]) for clip in clips if key in clip.gold]


def _total(clips: Iterable[Clip], key: str) -> int:
    return sum(key in clip.gold for clip in clips)


def _choices(clips: Iterable[Clip]) -> Mapping[str, list[tuple[Clip, Gold]]]:
    """Clips and gold of each multiple choice."""
    found: defaultdict[str, list[tuple[Clip, Gold]]] = defaultdict(list)
    for clip in clips:
        for key, gold in clip.gold.items():
            if gold.choices:
                found[key].append((clip, gold))
    return found


def _finding(
    level: Level, check: str, about: str, message: str, clips: Sequence[Clip], total: int
) -> Finding:
    names = tuple(clip.id for clip in clips)
    return Finding(level, check, about, message, len(clips), total, first(names), names)
