"""Pages to look at the samples of runs: clip, frames, sound, answer, reference and verdict."""

from __future__ import annotations
