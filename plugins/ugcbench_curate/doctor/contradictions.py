"""Which gold of a clip says the opposite of other gold of the same clip?

Music is the case that the public release shows: the label says that none plays while the caption of
the same clip tells of it. A mention is taken as it is meant: "with no background music" and "music
was not mentioned" deny it, "no speech, only background music" affirms it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from ugcbench.gold.findings import Finding, first
from ugcbench.types import Clip

CAPTIONS = ("audio_caption", "final_caption")
"""Gold keys of the captions that tell of sound."""

MUSIC = regex.compile(
    r"\b(?:background|ambient)\s+(?:\w+\s+)?music\b|\bBGM\b"
    r"|\bmusic\b[^.;]{0,30}\bin the background\b",
    regex.IGNORECASE,
)
SENTENCE = regex.compile(r"(?<=[.!?;])\s+")
DENIAL = regex.compile(
    r"\b(?:no|not|without|lack\w*|absen\w+|neither|nor|never|if|whether)\b|n't\b", regex.IGNORECASE
)
TURN = regex.compile(
    r"\b(?:accompanied|but|only|just|while|instead|with|and the|features?|featuring|set to)\b",
    regex.IGNORECASE,
)
"""After these words, an earlier denial no longer holds."""

DENIED_AFTER = regex.compile(
    r"^[^.;,]{0,40}?(?:\bnot\b|n't\b|\babsent\b|\bmissing\b)|^,? if (?:it|any)\b", regex.IGNORECASE
)


def find_contradictions(clips: Sequence[Clip]) -> Iterator[Finding]:
    """Labels of background music that a caption of the same clip contradicts."""
    for caption in CAPTIONS:
        both = [clip for clip in clips if "bgm" in clip.gold and caption in clip.gold]
        for label, told, words in (("no", True, "tells of"), ("yes", False, "denies")):
            odd = [clip for clip in both if _label(clip) == label and _told(clip, caption) is told]
            if odd:
                names = tuple(clip.id for clip in odd)
                message = f"the answer is {label!r}, but the {caption} {words} background music"
                yield Finding(
                    "warning",
                    "contradiction",
                    "bgm",
                    message,
                    len(odd),
                    len(both),
                    first(names),
                    names,
                )


def tells_of_music(text: str) -> bool | None:
    """Whether a text says that music plays in the background; None if it doesn't speak of it."""
    found = [
        _is_affirmed(sentence, mention.start(), mention.end())
        for sentence in SENTENCE.split(text)
        for mention in MUSIC.finditer(sentence)
    ]
    return any(found) if found else None


def _is_affirmed(sentence: str, start: int, end: int) -> bool:
    """Whether the mention of music at `start` to `end` is not denied."""
    denials = list(DENIAL.finditer(sentence, 0, start))
    if denials and not TURN.search(sentence, denials[-1].end(), start):
        return False
    return not DENIED_AFTER.search(sentence[end:])


def _label(clip: Clip) -> str:
    return str(clip.gold["bgm"].answer).strip().casefold()


def _told(clip: Clip, caption: str) -> bool | None:
    return tells_of_music(str(clip.gold[caption].answer))
