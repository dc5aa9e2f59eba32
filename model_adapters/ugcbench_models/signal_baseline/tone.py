"""Is the clip's tone positive, neutral or negative?"""

from __future__ import annotations

from functools import cache
from typing import Literal

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from ugcbench_models.signal_baseline.facts import Facts

Tone = Literal["Positive", "Neutral", "Negative"]

CHARGED = 0.3
"""VADER's compound score from which words decide; one mildly charged word, which may well be
misheard, gives less."""

LIVELY = 100
"""Beats a minute from which music in a major key counts as cheerful."""


def judge_tone(facts: Facts) -> Tone:
    """The tone of the words heard and read (VADER, Hutto and Gilbert 2014), else of the music."""
    texts = [line.text for line in facts.lines]
    if facts.sound is not None:
        texts.insert(0, facts.sound.words)
    polarity = float(_lexicon().polarity_scores(". ".join(filter(None, texts)))["compound"])
    if abs(polarity) >= CHARGED:
        return "Positive" if polarity > 0 else "Negative"
    return "Positive" if _is_cheerful(facts) else "Neutral"


def _is_cheerful(facts: Facts) -> bool:
    if facts.sound is None:
        return False
    music = facts.sound.music
    return music.heard and music.major and music.tempo is not None and music.tempo > LIVELY


@cache
def _lexicon() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
