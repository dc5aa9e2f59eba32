"""How does an audio track become one mono signal at the wanted rate?"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.packet import Packet
from numpy.typing import NDArray

from ugcbench.media.headers import FFMPEG_ERRORS
from ugcbench.media.oddities import Oddity

Signal = NDArray[np.float32]
"""float32 [samples], mono, nominally within [-1, 1]."""


class MonoTrack:
    """Collects the sound of one track, packet by packet, as mono at `rate` Hz.

    Mono is the plain mean over channels, taken after resampling, which is what librosa and the
    models' own loaders do. FFmpeg's own downmix into float is 1.4 times as loud for stereo and
    4 times for 5.1.
    """

    def __init__(self, stream: AudioStream, rate: int) -> None:
        self.oddities: set[Oddity] = set()
        self.start: Fraction | None = None
        self._context = stream.codec_context
        self._context.thread_count = 1
        self._rate = rate
        self._form: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None
        self._chunks: list[Signal] = []
        self._samples = 0

    @property
    def seconds(self) -> float:
        """How much sound was collected so far."""
        return self._samples / self._rate

    def decode(self, packet: Packet[AudioStream] | None) -> None:
        """Add a packet's sound; None ends the track."""
        try:
            for frame in self._context.decode(packet):
                self._add(frame)
        except EOFError:
            pass
        except FFMPEG_ERRORS:
            self.oddities.add(Oddity.AUDIO_DAMAGED)

    def signal(self) -> Signal | None:
        """All of the sound, or None if nothing could be decoded."""
        self.decode(None)
        try:
            self._drain()
        except FFMPEG_ERRORS:
            self.oddities.add(Oddity.AUDIO_DAMAGED)
        return np.concatenate(self._chunks) if self._chunks else None

    def _add(self, frame: AudioFrame) -> None:
        if self.start is None and frame.pts is not None and frame.time_base is not None:
            self.start = frame.pts * frame.time_base
        form = frame.format.name, frame.layout.name, frame.sample_rate
        if self._resampler is None or form != self._form:
            if self._resampler is not None:
                self.oddities.add(Oddity.AUDIO_FORMAT_CHANGED)
                self._drain()
            # Packed samples, because PyAV reads beyond the planes of eight channels or more. A
            # second at a time, since handling each of the codec's small frames in Python costs as
            # much as decoding it.
            self._resampler = AudioResampler("flt", frame.layout, self._rate, frame_size=self._rate)
            self._form = form
        self._keep(self._resampler.resample(frame))

    def _drain(self) -> None:
        if self._resampler is not None:
            self._keep(self._resampler.resample(None))

    def _keep(self, frames: Iterable[AudioFrame]) -> None:
        for frame in frames:
            packed = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
            mono = packed.mean(axis=1, dtype=np.float32)
            self._chunks.append(mono)
            self._samples += len(mono)
