"""How does a clip become frames and sound that a model can be given?

    read(path, profile) -> Media         frames at the profile's times, mono sound and a receipt
    probe(path) -> Probe                 headers only
    MediaReader().read(path, profile)    the same as `read`, awaited, each clip decoded once

PyAV decodes; FFmpeg comes inside its wheel and says nothing by itself. Importing this package
leaves all logging as it is. `av.logging.set_level` is never called here, because its callback can
dead-lock with a codec's own threads on damaged streams (PyAV 751, 2276). A program that does call
it is safe as well: every clip is decoded by exactly one thread.
"""

from __future__ import annotations

from ugcbench.media.clip import Media, read
from ugcbench.media.headers import Limits, Probe, probe
from ugcbench.media.oddities import Oddity
from ugcbench.media.reader import MediaReader

__all__ = ["Limits", "Media", "MediaReader", "Oddity", "Probe", "probe", "read"]
