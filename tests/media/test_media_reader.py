"""Is each clip decoded once, whoever asks, and never too much kept?"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ugcbench.errors import DamagedMediaError, NoAudioError
from ugcbench.media import MediaReader, read
from ugcbench.testing import tone, write_clip
from ugcbench.types import MediaProfile

STATM = Path("/proc/self/statm")
PROFILES = [MediaProfile(name=f"p{i}") for i in range(12)]


@pytest.fixture
def reader():
    reader = MediaReader(threads=1)
    yield reader
    reader.close()


@pytest.fixture
def damaged(tmp_path: Path, clip: Path) -> Path:
    path = tmp_path / "cut.mp4"
    path.write_bytes(clip.read_bytes()[:-3000])
    return path


def occupy(reader: MediaReader, clip: Path) -> list[asyncio.Task]:
    """Keep the reader's only thread busy, so that what is asked next has to queue."""
    return [asyncio.create_task(reader.read(clip, profile)) for profile in PROFILES]


async def test_eight_tasks_share_one_decode(clip: Path, profile: MediaProfile):
    reader = MediaReader(threads=4)
    results = await asyncio.gather(*(reader.read(clip, profile) for _ in range(8)))
    assert reader.decoded == 1
    assert all(media is results[0] for media in results)
    assert await reader.read(str(clip), profile) is results[0]
    assert reader.decoded == 1
    reader.close()


async def test_same_as_read(reader: MediaReader, clip: Path, profile: MediaProfile):
    media, expected = await reader.read(clip, profile), read(clip, profile)
    assert np.array_equal(media.frames, expected.frames)
    assert np.array_equal(media.audio, expected.audio)
    assert media.receipt == expected.receipt


async def test_profiles_are_kept_apart(reader: MediaReader, clip: Path):
    one = await reader.read(clip, MediaProfile())
    two = await reader.read(clip, MediaProfile(fps=2.0))
    assert len(two.times) == 2 * len(one.times)
    assert reader.decoded == 2


async def test_least_recently_used_is_dropped(clip: Path):
    size = read(clip, PROFILES[0]).nbytes
    reader = MediaReader(threads=1, cache_bytes=size * 2 + size // 2)
    a, b, c = PROFILES[:3]
    for asked in (a, b, a, c):  # c takes the place of b
        await reader.read(clip, asked)
    assert reader.decoded == 3
    await reader.read(clip, a)
    await reader.read(clip, c)
    assert reader.decoded == 3
    await reader.read(clip, b)
    assert reader.decoded == 4
    reader.close()


async def test_what_is_too_big_to_keep_is_still_read(clip: Path, profile: MediaProfile):
    reader = MediaReader(threads=1, cache_bytes=1000)
    first, second = [await reader.read(clip, profile) for _ in range(2)]
    assert np.array_equal(first.frames, second.frames)
    assert reader.decoded == 2
    reader.close()


async def test_what_is_too_big_to_keep_drops_nothing(clip: Path):
    small, big = MediaProfile(), MediaProfile(fps=4.0)
    reader = MediaReader(threads=1, cache_bytes=read(clip, small).nbytes)
    for asked in (small, big, small):
        await reader.read(clip, asked)
    assert reader.decoded == 2
    reader.close()


async def test_one_waiter_cancelled(reader: MediaReader, clip: Path, profile: MediaProfile):
    busy = occupy(reader, clip)
    first, second = (asyncio.create_task(reader.read(clip, profile)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert len((await second).times) == 4
    await asyncio.gather(*busy)
    assert reader.decoded == len(PROFILES) + 1


async def test_error_is_shared_by_those_who_wait(
    reader: MediaReader, clip: Path, damaged: Path, profile: MediaProfile
):
    busy = occupy(reader, clip)
    waiting = (reader.read(damaged, profile) for _ in range(4))
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(result) for result in results} == {DamagedMediaError}
    await asyncio.gather(*busy)
    assert reader.decoded == len(PROFILES) + 1


async def test_error_is_not_kept(
    reader: MediaReader, clip: Path, damaged: Path, profile: MediaProfile
):
    with pytest.raises(DamagedMediaError):
        await reader.read(damaged, profile)
    await asyncio.to_thread(shutil.copy, clip, damaged)  # fetched again
    assert len((await reader.read(damaged, profile)).times) == 4


async def test_sound_is_required_by_some(reader: MediaReader, silent: Path, profile: MediaProfile):
    assert (await reader.read(silent, profile)).audio is None
    with pytest.raises(NoAudioError):
        await reader.read(silent, profile, require_audio=True)
    assert reader.decoded == 1


def test_several_event_loops(clip: Path, profile: MediaProfile):
    reader = MediaReader(threads=2)
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: asyncio.run(reader.read(clip, profile)), range(4)))
    assert reader.decoded == 1
    assert all(media is results[0] for media in results)
    reader.close()


async def test_close_drops_what_is_queued(clip: Path):
    reader = MediaReader(threads=1)
    tasks = occupy(reader, clip)
    await asyncio.sleep(0)
    reader.close()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[-1], asyncio.CancelledError)
    assert reader.decoded < len(PROFILES)
    with pytest.raises(RuntimeError, match="after shutdown"):
        await reader.read(clip, PROFILES[0])


MEMORY = """
import asyncio, os, pathlib, sys
from ugcbench.media import MediaReader
from ugcbench.types import MediaProfile

async def main():
    reader = MediaReader(threads=2, cache_bytes=150_000)  # room for one of the two
    profile = MediaProfile()
    held = []
    for number in range(1_100):
        await reader.read(sys.argv[1 + number % 2], profile)  # two clips take turns
        if number in (99, 1_099):
            pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
            held.append(pages * os.sysconf("SC_PAGE_SIZE") // 1024)
    assert reader.decoded == 1_100, reader.decoded
    reader.close()
    print(held[1] - held[0])

asyncio.run(main())
"""


@pytest.mark.skipif(not STATM.exists(), reason="needs /proc to see a process's memory")
def test_memory_is_flat_over_a_thousand_clips(tmp_path: Path):
    clips = [write_clip(tmp_path / f"{i}.mp4", pts=range(4), sound=tone(0.4)) for i in range(2)]
    command = [sys.executable, "-c", MEMORY, *map(str, clips)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    # Keeping one frame of each clip would take 34,000 KiB.
    assert int(done.stdout) < 8_000, f"grew by {done.stdout} KiB"
