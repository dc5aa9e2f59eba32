"""What does one pass over a clip give?"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ugcbench.errors import DamagedMediaError, NoAudioError
from ugcbench.media.headers import (
    FFMPEG_ERRORS,
    LIMITS,
    Limits,
    Source,
    advice,
    check_seconds,
    opened,
)
from ugcbench.media.oddities import Oddity
from ugcbench.media.sampling import pick_frames
from ugcbench.media.sound import MonoTrack, Signal
from ugcbench.media.video import Pictures, Timeline, decode_pictures, read_timeline
from ugcbench.types import MediaProfile, Receipt

DECODER = f"PyAV {av.__version__} / FFmpeg {av.ffmpeg_version_info}"

SHARED_CLOCK = 0.1
"""Seconds by which sound may start beside the first picture before it is an oddity. Lag of sound is
noticed from about 0.125 s on (ITU-R BT.1359); encoders leave up to some 0.05 s in any file."""

SAME_LENGTH = 1.0
"""Seconds by which a track may end beside another or beside the promise of the header."""


@dataclass(frozen=True, eq=False)
class Media:
    """A clip as a model gets it.

    `frames` uint8 [T, H, W, 3], RGB, upright; `times` T true presentation times in seconds from
    the first picture; `audio` float32 [N], mono, at the profile's sample rate, on the same clock
    (but see the oddity `audio_starts_early`), or None. The arrays are read-only, because tasks
    share them.
    """

    frames: NDArray[np.uint8]
    times: tuple[float, ...]
    audio: NDArray[np.float32] | None
    receipt: Receipt

    @property
    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        return self.frames.nbytes + (0 if self.audio is None else self.audio.nbytes)


def read(
    path: str | os.PathLike[str],
    profile: MediaProfile,
    *,
    require_audio: bool = False,
    limits: Limits = LIMITS,
) -> Media:
    """Read the clip at `path` as `profile` says, in one pass and on the calling thread.

    The duration in the receipt is that of the picture, from the first frame to the end of the
    last. A file that is cut off or partly damaged is read as far as it goes, and the receipt's
    oddities say so. Safe to call from several threads; decoding releases the GIL.

    Raises a `MediaError`: Missing-, Empty-, NotMedia-, Damaged-, NoVideo-, TooLargeMediaError and,
    if `require_audio`, NoAudioError.
    """
    with opened(path, limits) as source:
        if require_audio and source.audio is None:
            raise no_audio_error(source.path)
        oddities: set[Oddity] = set()
        packets, sound = _demux(source, profile.sample_rate, limits, oddities)
        if not packets:
            raise _no_picture(source.path)
        timeline = read_timeline(source.video, packets)
        check_seconds(source.path, timeline.seconds, limits)
        picked = pick_frames(timeline.keys, timeline.end, timeline.tick, profile)
        keys = [timeline.keys[i] for i in picked]
        pictures = decode_pictures(source.video, packets, timeline, keys, profile)
        if pictures is None:
            raise _no_picture(source.path)
        audio = _align(sound, timeline, profile.sample_rate, oddities)
        if require_audio and audio is None:
            raise no_audio_error(source.path)
        oddities |= pictures.oddities | _compare(source, packets, timeline, audio, profile)
        return _assemble(source, profile, timeline, keys, pictures, audio, oddities)


def no_audio_error(path: Path) -> NoAudioError:
    """The error for a clip without sound where sound is required."""
    return NoAudioError(
        path,
        "no audio track that can be decoded, but sound is required; see its tracks with "
        f"`ffprobe {shlex.quote(str(path))}`, then leave it out of tasks about sound or remove it "
        "from the dataset",
    )


def _no_picture(path: Path) -> DamagedMediaError:
    return DamagedMediaError(path, f"not one picture could be decoded; {advice(path)}")


def _demux(
    source: Source, rate: int, limits: Limits, oddities: set[Oddity]
) -> tuple[list[Packet[VideoStream]], MonoTrack | None]:
    """Read the file once: collect the packets of the picture, decode the sound on the way."""
    pictures: list[Packet[VideoStream]] = []
    sound = None if source.audio is None else MonoTrack(source.audio, rate)
    for packet in _packets(source, oddities):
        if packet.stream_index == source.video.index:
            pictures.append(cast("Packet[VideoStream]", packet))
        elif sound is not None:
            sound.decode(cast("Packet[AudioStream]", packet))
            check_seconds(source.path, sound.seconds, limits)
    return pictures, sound


def _packets(source: Source, oddities: set[Oddity]) -> Iterator[Packet[Stream]]:
    """The packets of both tracks, as far as the file can be read."""
    tracks = [track for track in (source.video, source.audio) if track is not None]
    try:
        # An empty packet marks the end of a track.
        yield from (packet for packet in source.container.demux(*tracks) if packet.size)
    except IndexError:
        pass  # after the last packet PyAV may trip over a track that appeared midway
    except FFMPEG_ERRORS:
        oddities.add(Oddity.CONTAINER_DAMAGED)


def _align(
    sound: MonoTrack | None, timeline: Timeline, rate: int, oddities: set[Oddity]
) -> Signal | None:
    """The sound on the picture's clock: silence is put in front of sound that starts late."""
    signal = None if sound is None else sound.signal()
    if sound is None or signal is None:
        oddities.add(Oddity.NO_AUDIO)
        return None
    oddities |= sound.oddities
    if sound.start is None or not timeline.timed:
        return signal
    lag = float(sound.start - timeline.keys[0] * timeline.tick)
    if lag < -SHARED_CLOCK:
        oddities.add(Oddity.AUDIO_STARTS_EARLY)
    if SHARED_CLOCK < lag <= timeline.seconds:
        oddities.add(Oddity.AUDIO_STARTS_LATE)
        signal = np.concatenate([np.zeros(round(lag * rate), np.float32), signal])
    return signal


def _compare(
    source: Source,
    packets: Sequence[Packet[VideoStream]],
    timeline: Timeline,
    audio: Signal | None,
    profile: MediaProfile,
) -> set[Oddity]:
    """What is odd about the lengths of the tracks and the kind of file."""
    found: set[Oddity] = set()
    heard = 0.0 if audio is None else len(audio) / profile.sample_rate
    if audio is not None and heard > timeline.seconds + SAME_LENGTH:
        found.add(Oddity.AUDIO_LONGER)
    if audio is not None and heard < timeline.seconds - SAME_LENGTH:
        found.add(Oddity.AUDIO_SHORTER)
    too_short = max(timeline.seconds, heard) < source.declared_seconds - SAME_LENGTH
    # A header may count one picture too many.
    if too_short or len(packets) < source.video.frames - 1:
        found.add(Oddity.TRUNCATED)
    if not timeline.timed:
        found.add(Oddity.NO_TIMESTAMPS)
    name = source.container.format.name
    if name == "image2" or name.endswith("_pipe"):
        found.add(Oddity.STILL_IMAGE)
    return found


def _assemble(
    source: Source,
    profile: MediaProfile,
    timeline: Timeline,
    keys: Sequence[int],
    pictures: Pictures,
    audio: Signal | None,
    oddities: set[Oddity],
) -> Media:
    shaper = pictures.shaper
    if shaper.orientation.mirrored:
        oddities.add(Oddity.MIRRORED)
    if not shaper.square:
        oddities.add(Oddity.PIXELS_NOT_SQUARE)
    shown = [pictures.nearest(key) for key in keys]
    frames = np.stack([pictures.by_key[key] for key in shown])
    times = tuple(timeline.time(key) for key in shown)
    receipt = Receipt(
        sha256=_digest(source.path),
        file_bytes=source.file_bytes,
        decoder=DECODER,
        profile=f"{profile.name}/{profile.version}",
        duration=timeline.seconds,
        frame_times=times,
        frame_size=shaper.size,
        source_size=shaper.stored_size,
        rotation=shaper.orientation.rotation,
        audio_seconds=0.0 if audio is None else len(audio) / profile.sample_rate,
        oddities=tuple(sorted(word.value for word in oddities)),
    )
    frames.flags.writeable = False
    if audio is not None:
        audio.flags.writeable = False
    return Media(frames, times, audio, receipt)


def _digest(path: Path) -> str:
    # The pass has just brought the file into memory's cache, so this costs hashing only; hashing
    # within the pass would have to follow FFmpeg's seeks.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
