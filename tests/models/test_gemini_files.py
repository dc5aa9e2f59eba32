"""Is each clip uploaded once for all its tasks, and is every upload deleted, come what may?"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytest.importorskip("google.genai", reason="needs the extra [gemini]")

from ugcbench.errors import (
    FatalModelError,
    ModelTimeoutError,
    RequestRejectedError,
    TransientModelError,
)
from ugcbench.models import Retrying
from ugcbench.testing.gemini_requests import GoogleRefusal
from ugcbench.types import MediaProfile, Prompt
from ugcbench_models import gemini_connection, gemini_files

CHUNK = 8 * 1024 * 1024
"""Bytes that Google's client sends at a time."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(gemini_files, "DELETE_PAUSE", 0.01)
    monkeypatch.setattr(gemini_connection, "FIRST_POLL", 0.02)


@pytest.fixture
def upload(reach):
    """Models that upload every clip."""
    return lambda **options: reach(inline_limit=0, **options)


@pytest.fixture
def clips(clip, tmp_path):
    return [shutil.copy(clip, tmp_path / f"{number}.mp4") for number in range(12)]


def ask_about(path):
    return Prompt(
        task="t", sample_id="s", text="Who speaks?", media=str(path), profile=MediaProfile()
    )


def pad(clip, path, size):
    """The same clip with a box of `size` bytes at its end that every reader passes over."""
    box = (size + 8).to_bytes(4, "big") + b"free" + bytes(size)
    path.write_bytes(Path(clip).read_bytes() + box)
    return path


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what the server did
            await asyncio.sleep(0.01)


def nothing_is_left(gemini):
    storage = gemini.storage
    return not storage.files and sorted(storage.uploaded) == sorted(storage.deleted)


async def test_tasks_of_a_clip_share_one_upload(gemini, upload, clip):
    gemini.storage.polls = 2
    model = upload()
    answers = await asyncio.gather(*(model.generate(ask_about(clip)) for _ in range(8)))
    await model.generate(ask_about(clip))
    assert {answer.text for answer in answers} == {gemini.reply}
    (name,) = gemini.storage.uploaded
    assert all("bytes uploaded;" in answer.receipt.sent for answer in answers)
    assert {call.parts[0].kind for call in gemini.received} == {"file"}
    assert not gemini.storage.deleted
    await model.close()
    assert gemini.storage.deleted == [name]


async def test_neither_path_nor_name_of_the_clip_is_told(gemini, upload, clip, tmp_path):
    secret = shutil.copy(clip, tmp_path / "secret-id.mp4")
    await upload().generate(ask_about(secret))
    start = next(r for r in gemini.requests if r.path.startswith("/upload/v1beta/files"))
    assert start.headers["x-goog-upload-header-content-type"] == "video/mp4"
    assert "secret-id" not in repr(list(gemini.requests))


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # 8 MB, says aiohttp
async def test_large_clip_travels_in_chunks(gemini, upload, clip, tmp_path):
    large = pad(clip, tmp_path / "large.mp4", CHUNK + 1000)
    prediction = await upload().generate(ask_about(large))
    commands = [r.headers.get("x-goog-upload-command") for r in gemini.requests]
    assert [c for c in commands if c] == ["start", "upload", "upload, finalize"]
    assert len(gemini.received[-1].parts[0].data) > CHUNK + 1000
    assert "AUDIO 128" in prediction.receipt.sent


async def test_old_uploads_are_deleted_on_the_way(gemini, upload, clips):
    model = upload()
    for path in clips:
        await model.generate(ask_about(path))
    await until(lambda: len(gemini.storage.deleted) == len(clips) - gemini_files.IDLE_KEPT)
    assert gemini.storage.deleted == gemini.storage.uploaded[:4]
    await model.close()
    assert nothing_is_left(gemini)


async def test_upload_in_use_is_not_deleted(gemini, upload, clips):
    model = upload()
    gemini.plan("hang")
    waiting = asyncio.create_task(model.generate(ask_about(clips[0])))
    await until(lambda: gemini.received)
    for path in clips[1:]:
        await model.generate(ask_about(path))
    await until(lambda: gemini.storage.deleted)
    assert gemini.storage.uploaded[0] not in gemini.storage.deleted
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await model.close()
    assert nothing_is_left(gemini)


@pytest.mark.parametrize("moment", ["uploading", "processing", "asking"])
async def test_cancelled_in_the_middle(gemini, upload, clip, moment):
    if moment == "uploading":
        gemini.latency = 0.3
    elif moment == "processing":
        gemini.plan_uploads("never_active")
    else:
        gemini.plan("hang")
    model = upload()
    waiting = asyncio.create_task(model.generate(ask_about(clip)))
    reached = {
        "uploading": lambda: any("finalize" in str(r.headers) for r in gemini.requests),
        "processing": lambda: any(r.path.startswith("/v1beta/files/") for r in gemini.requests),
        "asking": lambda: gemini.received,
    }
    await until(reached[moment])
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await model.close()
    assert gemini.storage.uploaded
    assert nothing_is_left(gemini)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_upload_that_breaks_off_is_looked_for_and_forgotten(gemini, upload, clip, tmp_path):
    large = pad(clip, tmp_path / "large.mp4", CHUNK + 1000)
    gemini.latency = 0.2
    model = upload()
    waiting = asyncio.create_task(model.generate(ask_about(large)))
    await until(lambda: any(r.path.startswith("/upload/session") for r in gemini.requests))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await model.close()
    assert not gemini.storage.uploaded
    deletions = [request for request in gemini.requests if request.method == "DELETE"]
    assert len(deletions) == gemini_files.DELETE_ATTEMPTS
    assert not model._uploads._sweep.alive  # nothing is left for the end of the interpreter


async def test_cancelling_one_request_leaves_the_upload_to_the_others(gemini, upload, clip):
    gemini.latency = 0.1
    model = upload()
    first, second = (asyncio.create_task(model.generate(ask_about(clip))) for _ in range(2))
    await until(lambda: gemini.calls)
    first.cancel()
    assert (await second).text == gemini.reply
    assert len(gemini.storage.uploaded) == 1


async def test_clip_that_cannot_be_processed_is_rejected(gemini, upload, clip):
    gemini.plan_uploads("processing_failed")
    model = upload()
    with pytest.raises(RequestRejectedError, match=r"could not be processed.*media=profile"):
        await model.generate(ask_about(clip))
    await until(lambda: nothing_is_left(gemini))
    assert (await model.generate(ask_about(clip))).text == gemini.reply


async def test_clip_that_is_never_ready_is_a_timeout(gemini, upload, clip):
    gemini.plan_uploads("never_active")
    with pytest.raises(ModelTimeoutError, match=r"not taken in within 0\.5 s"):
        await upload(upload_timeout=0.5).generate(ask_about(clip))
    await until(lambda: gemini.storage.uploaded and nothing_is_left(gemini))


@pytest.mark.parametrize("fault", ["rate_limit", "server_error", "unavailable"])
async def test_upload_that_fails_is_tried_again(gemini, upload, clip, fault):
    gemini.plan_uploads(fault, fault)
    model = Retrying(upload(), first_pause=0.01)
    prediction = await model.generate(ask_about(clip))
    assert (prediction.text, prediction.usage.attempts) == (gemini.reply, 3)
    await model.close()
    assert nothing_is_left(gemini)


async def test_wish_of_the_upload_is_kept(gemini, upload, clip):
    gemini.plan_uploads("rate_limit")
    with pytest.raises(TransientModelError) as caught:
        await upload().generate(ask_about(clip))
    assert caught.value.retry_after == 0.05


async def test_wrong_key_is_fatal_for_an_upload_too(gemini, upload, clip, caplog):
    gemini.key = "right"
    model = upload(api_key="wrong")
    with pytest.raises(FatalModelError, match="GEMINI_API_KEY"):
        await model.generate(ask_about(clip))
    await model.close()
    assert not caplog.records  # nothing was uploaded: nothing can be left


async def test_file_that_got_lost_is_uploaded_again(gemini, upload, clip):
    gemini.plan_uploads(None)
    model = upload()
    await model.generate(ask_about(clip))
    gemini.storage.files.clear()  # as after two days
    with pytest.raises(TransientModelError, match="permission to access the File"):
        await model.generate(ask_about(clip))
    assert (await model.generate(ask_about(clip))).text == gemini.reply
    assert len(gemini.storage.uploaded) == 2


async def test_deletion_is_tried_again(gemini, upload, clip, monkeypatch):
    delete, refusals = gemini.storage.delete, [1, 2]

    def delete_in_the_end(name):
        if refusals:
            refusals.pop()
            raise GoogleRefusal(503, "overloaded")
        return delete(name)

    monkeypatch.setattr(gemini.storage, "delete", delete_in_the_end)
    model = upload()
    await model.generate(ask_about(clip))
    await model.close()
    assert nothing_is_left(gemini)


async def test_deletion_that_fails_is_told_and_made_up_for_at_the_end(
    gemini, upload, clip, monkeypatch, caplog
):
    def refuse(name):
        raise GoogleRefusal(503, "overloaded")

    model = upload()
    await model.generate(ask_about(clip))
    with monkeypatch.context() as patch:
        patch.setattr(gemini.storage, "delete", refuse)
        await model.close()
    assert "503 overloaded; the file expires" in caplog.text
    model._uploads._sweep()  # what the end of the interpreter calls
    assert nothing_is_left(gemini)


def test_interpreter_that_ends_without_closing_deletes(gemini, clip):
    code = f"""
        import asyncio, os
        from ugcbench.types import MediaProfile, Prompt
        from ugcbench_models.gemini import Gemini

        model = Gemini(model="m", base_url={gemini.url!r}, inline_limit=0)
        prompt = Prompt(
            task="t", sample_id="s", text="?", media={clip!r}, profile=MediaProfile()
        )
        print(asyncio.run(model.generate(prompt)).text)
        raise SystemExit(7)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (7, gemini.reply)
    assert gemini.storage.uploaded
    assert nothing_is_left(gemini)
