"""Which clips and questions show whether a model hears and sees?

All clips show the same blue card for five seconds. In two of them a voice says a code word each,
upon one a word is written, and the blank one has neither sound nor writing: it is the first two
muted, and the third without its writing. `tools/make_probes.py` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CLIPS = Path(__file__).parent / "clips"
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Variant:
    """A clip, and the code word in it, if there is one."""

    clip: Path
    word: str = ""


BLANK = CLIPS / "blank.mp4"
SPOKEN = Variant(CLIPS / "spoken.mp4", "chocolate")
SPOKEN_OTHER = Variant(CLIPS / "spoken-other.mp4", "hospital")
WRITTEN = Variant(CLIPS / "written.mp4", "giraffe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question about clips that differ only in what is to reach the model.

    `first` and `second` take the same tokens, so that nothing but their content can tell them
    apart; `without` has none of the matter at all (None: no clip), so that its tokens tell how
    much the matter takes. `least_tokens` is what even the thriftiest models take for it.
    """

    name: Literal["pictures", "sound"]
    option: str
    question: str
    first: Variant
    second: Variant
    without: Path | None
    success: Literal["seen", "heard"]
    least_tokens: int


PICTURES = Probe(
    name="pictures",
    option="frames",
    question="Which word is written in the pictures of the video? Reply with this word alone. If "
    "you see no word, reply: none.",
    first=WRITTEN,
    second=Variant(BLANK),
    without=None,
    success="seen",
    least_tokens=60,
)
"""`least_tokens` is 15 for each of the four frames of the default profile: known models take 16 to
258, and the text by which an adapter introduces a frame takes some 9."""

SOUND = Probe(
    name="sound",
    option="audio",
    question="A voice in the video says a code word. Which one? Reply with the code word alone. If "
    "you hear no voice, reply: none.",
    first=SPOKEN,
    second=SPOKEN_OTHER,
    without=BLANK,
    success="heard",
    least_tokens=15,
)
"""`least_tokens` is 3 for each second: known models take 6 to 32, and the text by which an adapter
introduces the sound takes some 5."""

PROBES = (PICTURES, SOUND)
