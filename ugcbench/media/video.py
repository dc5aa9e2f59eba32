"""How are the wanted pictures of a track decoded with the least work?

All packets of the track are at hand, so the true times of all pictures are known before any is
decoded. Only the packets from the keyframe before a wanted picture up to that picture go to the
decoder, and pictures among them that no other picture refers to are skipped inside it. None of
this changes a wanted picture: it is bit-identical to that of a full decode. Where a damaged stream
breaks the plan, everything is decoded and the nearest picture stands in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ugcbench.media.headers import FFMPEG_ERRORS
from ugcbench.media.oddities import Oddity
from ugcbench.media.picture import Pixels, Shaper
from ugcbench.types import MediaProfile

Packets: TypeAlias = "Sequence[Packet[VideoStream]]"


@dataclass(frozen=True)
class Timeline:
    """When the pictures of a track are shown.

    `keys` name the pictures in the order in which they are shown: their presentation times in
    units of `tick` seconds or, if not `timed`, their numbers. `end` is when the last one vanishes.
    """

    keys: Sequence[int]
    end: int
    tick: Fraction
    timed: bool

    @property
    def seconds(self) -> float:
        """From the first picture to the end of the last."""
        return float((self.end - self.keys[0]) * self.tick)

    def time(self, key: int) -> float:
        """Seconds from the first picture to picture `key`."""
        return float((key - self.keys[0]) * self.tick)


def read_timeline(stream: VideoStream, packets: Packets) -> Timeline:
    """The timeline of the pictures in `packets`, which must not be empty."""
    rate = stream.average_rate or stream.guessed_rate or Fraction(30)
    # An edit list marks packets that are needed for decoding, but never shown.
    shown = [p for p in packets if not p.is_discard] or packets
    times = {p.pts: p.duration or 0 for p in shown if p.pts is not None}
    if len(times) < len(shown) or stream.time_base is None:
        return Timeline(range(len(shown)), len(shown), 1 / rate, timed=False)
    keys = sorted(times)
    last = times[keys[-1]] or round(1 / (rate * stream.time_base))
    return Timeline(keys, keys[-1] + last, stream.time_base, timed=True)


@dataclass(frozen=True)
class Pictures:
    """Finished pictures by key, with what is common to all of them."""

    by_key: Mapping[int, Pixels]
    shaper: Shaper
    oddities: frozenset[Oddity]

    def nearest(self, key: int) -> int:
        """The key of the picture that is nearest in time."""
        return min(self.by_key, key=lambda other: abs(other - key))


def decode_pictures(
    stream: VideoStream,
    packets: Packets,
    timeline: Timeline,
    wanted: Iterable[int],
    profile: MediaProfile,
) -> Pictures | None:
    """The pictures of `timeline` whose keys are `wanted`; None if not one could be decoded."""
    decoder = _Decoder(stream, timeline, frozenset(wanted), profile)
    runs = _plan(packets, decoder.wanted) if timeline.timed else None
    for run in runs or ():
        decoder.decode(run, skip=True)
    if not decoder.complete:
        decoder.decode(packets, skip=False)
    if decoder.shaper is None:
        return None
    if not decoder.complete:
        decoder.oddities.add(Oddity.FRAMES_SUBSTITUTED)
    return Pictures(decoder.pictures, decoder.shaper, frozenset(decoder.oddities))


def _plan(packets: Packets, wanted: frozenset[int]) -> list[Packets] | None:
    """Runs of packets in decoding order, each from a keyframe, that hold the wanted pictures.

    None if the track does not begin with a keyframe.
    """
    keyframes = [i for i, packet in enumerate(packets) if packet.is_keyframe]
    if not keyframes or keyframes[0] != 0:
        return None
    runs: list[tuple[int, int]] = []
    for i, packet in enumerate(packets):
        if packet.pts not in wanted:
            continue
        start = _run_start(packets, keyframes, i)
        if runs and start <= runs[-1][1]:
            runs[-1] = (runs[-1][0], i)
        else:
            runs.append((start, i))
    return [packets[start : last + 1] for start, last in runs]


def _run_start(packets: Packets, keyframes: Sequence[int], index: int) -> int:
    """Where decoding must begin for the picture of packet `index`."""
    k = bisect_right(keyframes, index) - 1
    pts, key_pts = packets[index].pts, packets[keyframes[k]].pts
    # Shown before its keyframe: a leading picture of an open group needs the group before too.
    leading = pts is not None and key_pts is not None and pts < key_pts
    return keyframes[k - 1] if leading and k > 0 else keyframes[k]


class _Decoder:
    """Decodes runs of packets and shapes each wanted picture at once, so that no other is kept."""

    def __init__(
        self,
        stream: VideoStream,
        timeline: Timeline,
        wanted: frozenset[int],
        profile: MediaProfile,
    ) -> None:
        self.wanted = wanted
        self.pictures: dict[int, Pixels] = {}
        self.shaper: Shaper | None = None
        self.oddities: set[Oddity] = set()
        self._timed = timeline.timed
        self._pixel_aspect = stream.sample_aspect_ratio
        self._profile = profile
        self._context = stream.codec_context
        # One thread for a clip: several clips at a time scale better than FFmpeg's own threads,
        # and damaged pictures come out the same every time.
        self._context.thread_type = "NONE"
        self._context.thread_count = 1
        self._count = 0

    @property
    def complete(self) -> bool:
        return len(self.pictures) == len(self.wanted)

    def decode(self, packets: Packets, *, skip: bool) -> None:
        """Decode `packets`, which begin with a keyframe; `skip` what no wanted picture needs."""
        self._count = 0
        for packet in packets:
            needed = not skip or packet.pts in self.wanted
            self._context.skip_frame = "DEFAULT" if needed else "NONREF"
            self._send(packet)
        self._send(None)
        self._context.flush_buffers()

    def _send(self, packet: Packet[VideoStream] | None) -> None:
        try:
            for frame in self._context.decode(packet):
                self._take(frame)
        except EOFError:
            pass
        except FFMPEG_ERRORS:
            self.oddities.add(Oddity.VIDEO_DAMAGED)

    def _take(self, frame: VideoFrame) -> None:
        key = frame.pts if self._timed else self._count
        self._count += 1
        if key is None or key not in self.wanted or key in self.pictures:
            return
        if self.shaper is None:
            self.shaper = Shaper(frame, self._pixel_aspect, self._profile)
        if (frame.width, frame.height) != self.shaper.stored_size:
            self.oddities.add(Oddity.PICTURE_SIZE_CHANGED)
        if frame.is_corrupt:
            self.oddities.add(Oddity.VIDEO_DAMAGED)
        self.pictures[key] = self.shaper(frame)
