"""The event test set of video-SALMONN 2: which events a caption misses, and which it makes up."""

from __future__ import annotations
