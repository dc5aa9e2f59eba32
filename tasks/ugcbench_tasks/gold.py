"""Which gold can a dataset hold for a clip, and which answers can a multiple choice have?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "voice_source": ("Narration", "In-Video Voice", "Out-Video Voice"),
        "tone": ("Positive", "Negative", "Neutral"),
        "bgm": ("Yes", "No"),
    }
)
"""The options of each multiple choice, by gold key."""

KEYS = (
    "final_caption",
    "audio_caption",
    "visual_caption",
    *CHOICES,
    "objects",
    "background",
    "ocr",
)
"""Every gold key; those that cover all clips of the official release come first."""
