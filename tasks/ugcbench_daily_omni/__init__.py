"""Daily-Omni: questions with four choices on picture and sound, asked directly or of captions."""

from __future__ import annotations
