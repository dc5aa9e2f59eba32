"""Are the chosen frames bit for bit those of a full decode?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from ugcbench.media import Media, read, video
from ugcbench.testing import tone, write_clip
from ugcbench.types import MediaProfile

X264 = "keyint=12:min-keyint=12:scenecut=0:bframes=3"
CODECS: Mapping[str, tuple[str, str, dict[str, str]]] = {
    "h264": ("libx264", "mp4", {}),
    "h264-closed": ("libx264", "mp4", {"x264-params": f"{X264}:open-gop=0"}),
    "h264-open": ("libx264", "mp4", {"x264-params": f"{X264}:open-gop=1"}),
    "h264-pyramid": ("libx264", "ts", {"x264-params": f"{X264}:b-pyramid=normal"}),
    "hevc-open": (
        "libx265",
        "mp4",
        {"preset": "ultrafast", "x265-params": "log-level=none:open-gop=1:keyint=12:bframes=3"},
    ),
    "vp9": ("libvpx-vp9", "webm", {"deadline": "realtime", "cpu-used": "8"}),
    "vp8-hidden-frames": ("libvpx", "webm", {"auto-alt-ref": "1", "lag-in-frames": "16"}),
    "av1": ("libsvtav1", "mp4", {"preset": "11"}),
    "mpeg4": ("mpeg4", "avi", {}),
}


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("fps", [1.0, 4.0])
def test_bit_identical(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fps: float):
    monkeypatch.setenv("SVT_LOG", "-1")
    codec, suffix, options = CODECS[name]
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV wheel has no encoder {codec}")
    path = write_clip(
        tmp_path / f"clip.{suffix}",
        pts=range(83),
        codec=codec,
        options=options,
        sound=None if suffix == "webm" else tone(8.3),
    )
    media = read(path, MediaProfile(fps=fps, max_frames=64))
    assert len(media.times) == 8 * fps
    assert np.array_equal(media.frames, decode_fully(path, media))


@pytest.mark.parametrize("name", ["h264", "h264-closed", "h264-open", "hevc-open"])
def test_only_what_is_needed_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    codec, suffix, options = CODECS[name]
    path = write_clip(tmp_path / f"clip.{suffix}", pts=range(83), codec=codec, options=options)
    decoded: list[int] = []
    take = video._Decoder._take

    def count(decoder: video._Decoder, frame: av.VideoFrame) -> None:
        decoded.append(frame.pts)
        take(decoder, frame)

    monkeypatch.setattr(video._Decoder, "_take", count)
    assert len(read(path, MediaProfile()).times) == 8
    assert len(decoded) < 60


def decode_fully(path: Path, media: Media) -> np.ndarray:
    """The frames at the times of `media`, out of a decode of all frames by FFmpeg's own threads."""
    size = media.receipt.frame_size
    with av.open(os.fspath(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        by_time = {f.time: f.to_ndarray(format="rgb24") for f in container.decode(video=0)}
    first = min(by_time)
    return np.stack(
        [
            np.asarray(
                Image.fromarray(by_time[min(by_time, key=near(time + first))]).resize(size, 3)
            )
            for time in media.times
        ]
    )


def near(time: float):
    return lambda other: abs(other - time)
