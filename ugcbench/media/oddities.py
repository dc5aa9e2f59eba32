"""Which words may stand among a receipt's oddities, and what does each mean?"""

from __future__ import annotations

from enum import StrEnum


class Oddity(StrEnum):
    """Something unusual about a clip that did not stop it from being read.

    The words are stable, so that records of different runs can be grouped by them.
    """

    AUDIO_DAMAGED = "audio_damaged"
    """Some of the sound could not be decoded and is left out."""
    AUDIO_FORMAT_CHANGED = "audio_format_changed"
    """Sample rate or channels change within the clip; all of it was converted."""
    AUDIO_LONGER = "audio_longer"
    """The sound goes on for more than a second after the last picture."""
    AUDIO_SHORTER = "audio_shorter"
    """The sound ends more than a second before the last picture."""
    AUDIO_STARTS_EARLY = "audio_starts_early"
    """The sound starts before the first picture; nothing was cut."""
    AUDIO_STARTS_LATE = "audio_starts_late"
    """The sound starts after the first picture; silence was put in front of it."""
    CONTAINER_DAMAGED = "container_damaged"
    """The file can't be read to its end; what came before was used."""
    FRAMES_SUBSTITUTED = "frames_substituted"
    """A wanted picture could not be decoded; the nearest one, with its own time, stands for it."""
    MIRRORED = "mirrored"
    """The clip is stored mirrored; the frames are as a player shows them."""
    NO_AUDIO = "no_audio"
    """There is no audio track that can be decoded."""
    NO_TIMESTAMPS = "no_timestamps"
    """Pictures carry no usable times; they were numbered at the clip's frame rate."""
    PICTURE_SIZE_CHANGED = "picture_size_changed"
    """The picture size changes within the clip; every frame was brought to the first one's size."""
    PIXELS_NOT_SQUARE = "pixels_not_square"
    """Pixels are stored wider or taller than they are shown; the frames have the shown shape."""
    STILL_IMAGE = "still_image"
    """The file is a single image."""
    TRUNCATED = "truncated"
    """The file ends before the length that its header promises."""
    VIDEO_DAMAGED = "video_damaged"
    """Some of the pictures could not be decoded cleanly."""
