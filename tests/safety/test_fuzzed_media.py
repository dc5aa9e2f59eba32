"""Damaged clips, read with little memory and time: a clip or a media error, never a crash."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ugcbench_tasks
from ugcbench.errors import NotMediaError
from ugcbench.media import read
from ugcbench.testing import LoopbackServer, json_response
from ugcbench.types import MediaProfile

CLIPS = sorted((Path(ugcbench_tasks.__file__).parent / "mini" / "videos").glob("*.mp4"))
SECONDS = 15
MEMORY = 3 << 30
CHILD = """
import random, resource, signal, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from ugcbench.errors import MediaError
from ugcbench.media import probe, read
from ugcbench.types import MediaProfile

def boxes(data):
    # Where the words of four letters are that name the parts of an MP4 file.
    names = b"moov trak stts stsz stco mvhd tkhd mdhd avcC stsd elst mdat".split()
    return [at for name in names for at in [data.find(name)] if at > 4]

def spoil(data, chance):
    data = bytearray(data)
    kind = chance.randrange(4)
    if kind == 0:  # a length or a count in a header
        at = chance.choice(boxes(data)) + chance.randrange(-4, 40)
        data[at : at + 4] = chance.choice([b"\\0\\0\\0\\0", b"\\xff" * 4, b"\\x7f" + b"\\xff" * 3])
    elif kind == 1:
        for _ in range(chance.randrange(1, 60)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif kind == 2:
        del data[chance.randrange(len(data)) :]
    else:
        at = chance.randrange(len(data))
        data[at:at] = chance.randbytes(chance.randrange(1, 5000))
    return bytes(data)

def expire(*_):
    raise SystemExit("took too long")

signal.signal(signal.SIGALRM, expire)
clips, seed, count, file = sys.argv[1].split(","), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
chance, ends = random.Random(seed), {"read": 0, "refused": 0}
for number in range(count):
    Path(file).write_bytes(spoil(Path(clips[number % len(clips)]).read_bytes(), chance))
    signal.alarm(SECONDS)
    try:
        probe(file)
        read(file, MediaProfile())
        ends["read"] += 1
    except MediaError:
        ends["refused"] += 1
    signal.alarm(0)
print(ends["read"], ends["refused"])
""".replace("MEMORY", str(MEMORY)).replace("SECONDS", str(SECONDS))


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits on a process's memory")
def test_mutated_clips_end_as_a_clip_or_a_media_error(tmp_path):
    small = sorted(CLIPS, key=lambda clip: clip.stat().st_size)[:3]
    command = [sys.executable, "-c", CHILD, ",".join(map(str, small)), "1", "60"]
    done = subprocess.run(
        [*command, str(tmp_path / "x.mp4")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    read, refused = map(int, done.stdout.split())
    assert read + refused == 60
    assert refused > 5
    assert read > 5


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{there}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile {there}\n",
    "sdp": "v=0\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", ["mp4", "m3u8", "sdp"])
@pytest.mark.parametrize("target", ["network", "file", "neighbour"])
def test_a_clip_that_points_elsewhere_opens_nothing(kind, suffix, target, tmp_path):
    shutil.copy(CLIPS[0], tmp_path / "own.mp4")
    with LoopbackServer(lambda request: json_response({})) as server:
        there = {
            "network": f"{server.origin}/x.ts",
            "file": f"file://{CLIPS[0]}",
            "neighbour": "own.mp4",
        }[target]
        port = server.origin.rpartition(":")[2]
        clip = tmp_path / f"clip.{suffix}"
        clip.write_text(PLAYLISTS[kind].format(there=there, port=port))
        with pytest.raises(NotMediaError):
            read(clip, MediaProfile())
        assert not server.requests
