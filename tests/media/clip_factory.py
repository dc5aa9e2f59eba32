"""How are clips made that are odd in ways that only the reader's tests need?"""

from __future__ import annotations

import struct
from pathlib import Path

import av
from av.stream import Disposition


def add_cover(clip: Path, path: Path) -> Path:
    """A copy of `clip` at `path` with cover art as its first track."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        cover = target.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        copies = {s.index: target.add_stream_from_template(s) for s in source.streams}
        target.mux(cover.encode(av.VideoFrame(64, 64, "yuvj420p")))
        target.mux(cover.encode(None))
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    return path


def set_display_matrix(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Overwrite the display matrix of an MP4's first track."""
    data = bytearray(path.read_bytes())
    one, unit = 1 << 16, 1 << 30
    matrix = [a * one, b * one, 0, c * one, d * one, 0, 0, 0, unit]
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, *matrix)
    path.write_bytes(data)
