"""Which of the measured clips are kept, and why does each other fall out?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ugcbench.types import Frozen
from ugcbench_curate.collecting.fingerprints import (
    NEAR,
    SAME_PICTURES,
    SAME_PICTURES_ALONE,
    SAME_SOUND,
    compare_pictures,
    compare_sound,
)
from ugcbench_curate.collecting.hearing import count_seconds
from ugcbench_curate.collecting.measuring import Measures
from ugcbench_curate.collecting.offers import Offer

Reason = Literal["unreadable", "too_long", "no_sound", "little_sound", "copy", "near_copy"]


class Rules(Frozen):
    """What a clip must fulfil.

    Shorter than `max_seconds`, at least `min_audio` seconds in which there is something to hear: at
    least `min_loudness` LUFS (momentary) or speech that is at least `min_voice` probable (0 to 1).
    `min_speech` are seconds in which somebody speaks.
    """

    max_seconds: float = 60.0
    min_audio: float = 5.0
    min_speech: float = 0.0
    min_loudness: float = -40.0
    min_voice: float = 0.5


class Resemblance(Frozen):
    """How like another clip a clip is.

    `pictures` is the share of the shorter one's pictures that are in the other, `sound` the share
    of wrong bits at the best shift (0.5 is chance), None where one has no sound to compare.
    """

    other: str
    pictures: float
    sound: float | None

    @property
    def same_clip(self) -> bool:
        """Whether it is the other clip, encoded anew, resized or cut."""
        if self.sound is None:
            return self.pictures >= SAME_PICTURES_ALONE
        return self.sound < SAME_SOUND


class Verdict(Frozen):
    """Whether a clip is kept, with all that was measured for it; seconds, LUFS, pixels, bytes.

    `audio_seconds` are those with something to hear. `resembles` names kept clips whose pictures it
    shares; a kept clip has another sound than they, or too little in common.
    """

    id: str
    path: str
    kept: bool
    reason: Reason | None = None
    message: str | None = None
    sha256: str | None = None
    seconds: float | None = None
    audio_seconds: float | None = None
    speech_seconds: float | None = None
    loudness: float | None = None
    width: int | None = None
    height: int | None = None
    bytes: int | None = None
    resembles: tuple[Resemblance, ...] = ()


def sift(
    offers: Sequence[Offer], measures: Mapping[str, Measures], rules: Rules
) -> tuple[Verdict, ...]:
    """A verdict on every clip, in the order of the offers; `measures` are by id.

    Of clips that are the same, the one with most pixels is kept, of those the longest, then the
    largest file, then the first.
    """
    verdicts = {offer.id: _judge(offer, measures.get(offer.id), rules) for offer in offers}
    good = [offer.id for offer in offers if verdicts[offer.id].kept]
    order = sorted(good, key=lambda name: _worth(measures[name]), reverse=True)
    for name, change in _find_copies(order, measures):
        verdicts[name] = verdicts[name].model_copy(update=change)
    return tuple(verdicts[offer.id] for offer in offers)


def _judge(offer: Offer, found: Measures | None, rules: Rules) -> Verdict:
    """A verdict on a clip by itself."""
    if found is None:
        return Verdict(
            id=offer.id,
            path=str(offer.path),
            kept=False,
            reason="unreadable",
            message="the file isn't there or may not be read",
        )
    heard, spoken = count_seconds(found.momentary, found.voice, rules.min_loudness, rules.min_voice)
    fault = _find_fault(found, heard, spoken, rules)
    closed = found.failure is not None
    unheard = closed or found.seconds >= rules.max_seconds  # such clips need not be decoded
    return Verdict(
        id=offer.id,
        path=str(offer.path),
        kept=fault is None,
        reason=fault[0] if fault else None,
        message=fault[1] if fault else None,
        sha256=found.sha256,
        seconds=None if closed else found.seconds,
        audio_seconds=None if unheard else heard,
        speech_seconds=None if unheard else spoken,
        loudness=round(found.loudness, 1) if found.has_sound and not unheard else None,
        width=None if closed else found.width,
        height=None if closed else found.height,
        bytes=None if closed else found.bytes,
    )


def _find_fault(
    found: Measures, heard: float, spoken: float, rules: Rules
) -> tuple[Reason, str] | None:
    if found.failure is not None:
        return "unreadable", f"{found.failure}: {found.message}"
    if found.seconds >= rules.max_seconds:
        return "too_long", f"{found.seconds:.1f} s, not less than {rules.max_seconds:g}"
    if heard < rules.min_audio and not found.has_sound:
        return "no_sound", "no audio track"
    if heard < rules.min_audio:
        return "little_sound", f"{heard:.1f} s of sound, less than {rules.min_audio:g}"
    if spoken < rules.min_speech:
        return "little_sound", f"{spoken:.1f} s of speech, less than {rules.min_speech:g}"
    return None


def _worth(found: Measures) -> tuple[float, ...]:
    return found.width * found.height, found.seconds, found.bytes


def _find_copies(
    order: Iterable[str], measures: Mapping[str, Measures]
) -> Iterator[tuple[str, dict[str, object]]]:
    """The clips that fall out because a better one is the same, and those that only look alike."""
    kept = _Gallery()
    by_content: dict[str, str] = {}
    for name in order:
        found = measures[name]
        twin = by_content.setdefault(found.sha256, name)
        if twin != name:
            yield name, {"kept": False, "reason": "copy", "message": f"the same bytes as {twin}"}
            continue
        alike = kept.find(found)
        same = next((each for each in alike if each.same_clip), None)
        if same is not None:
            message = f"the same clip as {same.other}, {_describe(same)}"
            yield (
                name,
                {
                    "kept": False,
                    "reason": "near_copy",
                    "message": message,
                    "resembles": (same,),
                },
            )
            continue
        if alike:
            yield name, {"resembles": alike}
        kept.add(name, found)


def _describe(found: Resemblance) -> str:
    sound = "" if found.sound is None else f", {found.sound:.0%} of the sound's bits differ"
    return f"{found.pictures:.0%} of the pictures{sound}"


@dataclass(frozen=True, slots=True)
class _Piece:
    name: str
    measures: Measures


class _Gallery:
    """The clips that are kept so far, to be searched by their pictures."""

    def __init__(self) -> None:
        self._pieces: list[_Piece] = []
        self._hashes = np.zeros(1024, np.uint64)
        self._owners = np.zeros(1024, np.int64)
        self._count = 0

    def add(self, name: str, measures: Measures) -> None:
        distinct = np.unique(measures.picture_hashes)
        while self._count + len(distinct) > len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
            self._owners = np.concatenate([self._owners, np.zeros_like(self._owners)])
        place = slice(self._count, self._count + len(distinct))
        self._hashes[place], self._owners[place] = distinct, len(self._pieces)
        self._count += len(distinct)
        self._pieces.append(_Piece(name, measures))

    def find(self, measures: Measures) -> tuple[Resemblance, ...]:
        """The kept clips with the same pictures, those with the same sound first."""
        mine, codes = measures.picture_hashes, measures.sound_codes
        found = []
        for owner in self._meet(mine):
            piece = self._pieces[owner]
            share = compare_pictures(mine, piece.measures.picture_hashes)
            if share >= SAME_PICTURES:
                wrong = compare_sound(codes, piece.measures.sound_codes)
                found.append(
                    Resemblance(
                        other=piece.name,
                        pictures=round(share, 3),
                        sound=None if wrong is None else round(wrong, 3),
                    )
                )
        return tuple(sorted(found, key=lambda each: (each.sound or 0.0, -each.pictures)))

    def _meet(self, hashes: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> list[int]:
        """The kept clips that have at least one picture near one of `hashes`."""
        owners: set[int] = set()
        for one in np.unique(hashes):
            near = np.bitwise_count(self._hashes[: self._count] ^ one) <= NEAR
            owners.update(self._owners[: self._count][near].tolist())
        return sorted(owners)
