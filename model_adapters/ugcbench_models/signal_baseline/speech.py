"""Which words are said?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pocketsphinx import Decoder

from ugcbench_models.signal_baseline.facts import RATE, Samples, Span
from ugcbench_models.signal_baseline.voice import cut_spans

LONGEST = 10.0
"""Seconds of speech that are transcribed at most; what comes later is not."""

MARGIN = 0.3
"""Seconds kept around each span; words are lost at tighter cuts."""

BLOCK = RATE // 10 * 2
"""Bytes decoded at a time. The decoder holds Python's lock, which it lets go between blocks."""

PROBE = "probe"


class Transcriber:
    """Recognises English with PocketSphinx and its own model; not for use by two threads at a time.

    More than half of the words are wrong on clean speech: good for tone, hardly for quotes.
    """

    def __init__(self) -> None:
        self._decoder = Decoder(samprate=RATE, loglevel="FATAL", maxhmmpf=3000)
        self._words = self._decoder.current_search()
        self._decoder.add_keyphrase(PROBE, "hello")

    def transcribe(self, sound: Samples, spans: Sequence[Span]) -> str:
        """The words said in `spans`, in lower case and without punctuation."""
        pieces = [_to_pcm(piece) for piece in cut_spans(sound, _first(spans), MARGIN)]
        if not pieces:
            return ""
        self._adapt(b"".join(pieces))
        return " ".join(filter(None, (self._decode(piece) for piece in pieces)))

    def _adapt(self, pcm: bytes) -> None:
        """Forget the clip before, and let level and noise floor settle on this one.

        Without the first, words would depend on the order of clips; without the second, those of
        the first seconds are lost. A search for one keyword makes the pass cheap.
        """
        self._decoder.reinit_feat(self._decoder.config)
        self._decoder.activate_search(PROBE)
        self._decoder.start_utt()
        self._decoder.process_raw(pcm, full_utt=True, no_search=True)
        self._decoder.end_utt()
        self._decoder.activate_search(self._words)

    def _decode(self, pcm: bytes) -> str:
        self._decoder.start_utt()
        for start in range(0, len(pcm), BLOCK):
            self._decoder.process_raw(pcm[start : start + BLOCK])
        self._decoder.end_utt()
        best = self._decoder.hyp()
        return "" if best is None else str(best.hypstr)


def _first(spans: Sequence[Span]) -> list[Span]:
    """The spans up to `LONGEST` seconds of speech in all."""
    kept: list[Span] = []
    left = LONGEST
    for start, end in spans:
        if left <= 0:
            break
        kept.append((start, min(end, start + left)))
        left -= end - start
    return kept


def _to_pcm(piece: Samples) -> bytes:
    """16-bit samples whose peak is at 0.7 of full scale."""
    scaled = piece / max(float(np.abs(piece).max(initial=0.0)), 1e-3) * 0.7
    return np.asarray(scaled * 32767, np.int16).tobytes()
