"""Does each bad file get its own error, with advice?"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from clip_factory import add_cover
from PIL import Image

from ugcbench.errors import (
    DamagedMediaError,
    EmptyMediaError,
    MediaError,
    MissingMediaError,
    NoAudioError,
    NotMediaError,
    NoVideoError,
    TooLargeMediaError,
)
from ugcbench.media import Limits, probe, read
from ugcbench.testing import tone, write_clip
from ugcbench.types import MediaProfile

PROFILE = MediaProfile()
READERS: tuple[Callable[[Path], object], ...] = (probe, lambda path: read(path, PROFILE))
both = pytest.mark.parametrize("reader", READERS, ids=["probe", "read"])


def read_shortly(path: Path) -> object:
    return read(path, PROFILE, limits=Limits(seconds=5.0))


def check(reader: Callable[[Path], object], path: Path, error: type[MediaError], *words: str):
    """`reader` raises exactly `error`, which names the file and says all of `words`."""
    with pytest.raises(MediaError) as caught:
        reader(path)
    assert type(caught.value) is error
    assert caught.value.path == str(path)
    for word in (str(path), *words):
        assert word in str(caught.value)


@both
def test_missing(reader, tmp_path: Path):
    check(reader, tmp_path / "no.mp4", MissingMediaError, "no such file", "`ls -l ")


@both
def test_folder(reader, tmp_path: Path):
    check(reader, tmp_path, MissingMediaError, "not a regular file")


@both
def test_pipe_is_not_waited_for(reader, tmp_path: Path):
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)
    check(reader, path, MissingMediaError, "not a regular file")


@both
def test_unreadable(reader, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "locked.mp4"
    path.write_bytes(clip.read_bytes())
    path.chmod(0)
    # The superuser may read everything; everybody else may not.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    check(reader, path, MissingMediaError, "no permission", "`chmod u+r ")


@both
def test_empty(reader, tmp_path: Path):
    path = tmp_path / "empty.mp4"
    path.touch()
    check(reader, path, EmptyMediaError, "no bytes", "remove it from the dataset")


@both
@pytest.mark.parametrize(
    "content", [b"this is no video", b"<html><body>404</body></html>", bytes(5000), b"{}" * 999]
)
def test_not_media(reader, tmp_path: Path, content: bytes):
    path = tmp_path / "page.mp4"
    path.write_bytes(content)
    check(reader, path, NotMediaError, "no audio or video", "`file ", "remove it from the dataset")


@both
def test_subtitles_are_not_media(reader, tmp_path: Path):
    path = tmp_path / "words.srt"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n\n")
    check(reader, path, NotMediaError, "no audio or video")


@both
def test_playlist_is_not_followed(reader, tmp_path: Path, clip: Path):
    part = write_clip(tmp_path / "part.ts", pts=range(10))
    path = tmp_path / "list.m3u8"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:1,\n{part.name}\n#EXT-X-ENDLIST\n")
    check(reader, path, NotMediaError, "points to other files")


@both
def test_index_cut_off(reader, tmp_path: Path, clip: Path):
    path = tmp_path / "cut.mp4"
    data = clip.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])  # the index comes last
    check(reader, path, DamagedMediaError, "cut off", "`ffmpeg -v error -i ", "fetch it again")


def test_no_picture_decodes(tmp_path: Path, clip: Path):
    path = tmp_path / "noise.mp4"
    data = bytearray(clip.read_bytes())
    start = data.index(b"avcC") + 4
    data[start : start + 26] = bytes(26)
    path.write_bytes(data)
    check(READERS[1], path, DamagedMediaError, "not one picture", "`ffmpeg -v error -i ")


@both
def test_unknown_codec(reader, tmp_path: Path, silent: Path):
    path = tmp_path / "future.mp4"
    path.write_bytes(silent.read_bytes().replace(b"avc1", b"zzz1").replace(b"avcC", b"zzzC"))
    check(reader, path, DamagedMediaError, "no decoder", "convert it")


@both
def test_sound_only(reader, tmp_path: Path):
    path = write_clip(tmp_path / "song.mp4", pts=[], sound=tone(1.0))
    check(reader, path, NoVideoError, "no moving picture", "`ffprobe ", "remove it")


@both
def test_sound_with_cover_art(reader, tmp_path: Path):
    song = write_clip(tmp_path / "song.mp4", pts=[], sound=tone(1.0))
    check(reader, add_cover(song, tmp_path / "cover.mp4"), NoVideoError, "no moving picture")


def test_soundless(silent: Path):
    def reader(path: Path) -> object:
        return read(path, PROFILE, require_audio=True)

    check(reader, silent, NoAudioError, "no audio track", "`ffprobe ", "leave it out")


def test_sound_that_does_not_decode(tmp_path: Path):
    path = write_clip(tmp_path / "mute.mkv", sound=tone(4.0), sound_codec="flac")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"A_FLAC", b"A_ALAC"))
    assert read(path, PROFILE).audio is None
    with pytest.raises(NoAudioError):
        read(path, PROFILE, require_audio=True)


@both
def test_too_many_bytes(reader, tmp_path: Path):
    path = tmp_path / "huge.mp4"
    with path.open("wb") as file:
        file.truncate(3 << 30)  # takes no room on the disk
    check(reader, path, TooLargeMediaError, "3,221,225,472 bytes", "`ffmpeg -i ")


@both
def test_too_wide(reader, tmp_path: Path):
    path = tmp_path / "wide.png"
    Image.new("RGB", (8208, 16)).save(path)
    check(reader, path, TooLargeMediaError, "8208x16", "8192", "scale=")


@both
def test_too_long(reader, tmp_path: Path):
    path = write_clip(tmp_path / "film.mp4", pts=[0, 40_000])
    check(reader, path, TooLargeMediaError, "longer than the 3600 s", "-t 3600")


def test_length_is_not_believed(tmp_path: Path):
    path = write_clip(tmp_path / "liar.h264", pts=range(300))  # states no duration
    assert probe(path).duration == 0.0
    check(read_shortly, path, TooLargeMediaError, "5 s")


def test_length_of_sound_is_not_believed(tmp_path: Path):
    path = write_clip(tmp_path / "liar.mkv", sound=tone(6.0), muxer_options={"live": "1"})
    assert probe(path).duration == 0.0
    check(read_shortly, path, TooLargeMediaError, "5 s")


def test_limits_can_be_set(clip: Path):
    for limits in (Limits(file_bytes=100), Limits(side=100), Limits(seconds=1.0)):
        for reader in (probe, lambda path, limits: read(path, PROFILE, limits=limits)):
            with pytest.raises(TooLargeMediaError):
                reader(clip, limits=limits)


def test_path_with_blanks_can_be_pasted(tmp_path: Path):
    path = tmp_path / "my clip.mp4"
    path.write_text("nothing")
    with pytest.raises(NotMediaError, match=f"`file '{path}'`"):
        probe(path)
