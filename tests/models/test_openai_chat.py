"""Does the adapter ask, read and fail as it should, through the real client and a real server?"""

from __future__ import annotations

import asyncio
import base64
import io
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("openai")

from ugcbench.errors import (
    FatalModelError,
    MissingMediaError,
    UsageError,
)
from ugcbench.media import MediaReader
from ugcbench.types import MediaProfile, Prompt, Sampling
from ugcbench_models.openai_chat import OpenAIChat

PROFILE = MediaProfile()
SCHEMA = {
    "type": "object",
    "properties": {
        "score": {"type": "integer", "minimum": 1, "maximum": 5, "default": 3},
        "reason": {"type": "string", "maxLength": 80},
    },
    "required": ["score"],
}


def ask(**changes):
    return Prompt(**{"task": "t", "sample_id": "s", "text": "Who speaks?", **changes})


def ask_about(path):
    return ask(media=path, profile=PROFILE)


def content_of(server, number=-1):
    return server.requests[number].json()["messages"][-1]["content"]


def parts_of(server, kind, number=-1):
    return [part[kind] for part in content_of(server, number) if part["type"] == kind]


def pictures_of(server, number=-1):
    urls = [part["url"] for part in parts_of(server, "image_url", number)]
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    return [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


def sound_of(server):
    """Rate and samples of the one WAV."""
    (part,) = parts_of(server, "input_audio")
    assert part["format"] == "wav"
    with wave.open(io.BytesIO(base64.b64decode(part["data"]))) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")


# Text


async def test_text_prompt_is_answered(server, connect):
    prediction = await connect().generate(ask(system="You judge."))
    body = server.requests[-1].json()
    assert body["messages"] == [
        {"role": "system", "content": "You judge."},
        {"role": "user", "content": "Who speaks?"},
    ]
    assert (prediction.task, prediction.sample_id) == ("t", "s")
    assert (prediction.text, prediction.finish) == (server.reply, "stop")
    assert prediction.model == "m"
    assert prediction.usage.input_tokens > 0
    assert prediction.usage.output_tokens == len(server.reply.split())
    assert 0 < prediction.seconds < 10
    assert prediction.receipt is None


async def test_sampling_is_sent(server, connect):
    sampling = Sampling(temperature=0.5, top_p=0.9, max_tokens=7, seed=3)
    await connect().generate(ask(sampling=sampling))
    body = server.requests[-1].json()
    sent = {name: body[name] for name in ("temperature", "top_p", "max_tokens", "seed")}
    assert sent == {"temperature": 0.5, "top_p": 0.9, "max_tokens": 7, "seed": 3}
    await connect().generate(ask())
    assert set(server.requests[-1].json()) == {"model", "messages", "temperature", "max_tokens"}


async def test_limit_field_can_be_chosen(server, connect):
    await connect(max_tokens_field="max_completion_tokens").generate(ask())
    body = server.requests[-1].json()
    assert "max_completion_tokens" in body
    assert "max_tokens" not in body


async def test_extra_body_adds_and_removes_fields(server, connect):
    server.lenient = True
    await connect(extra_body={"temperature": None, "top_k": 1}).generate(ask())
    body = server.requests[-1].json()
    assert "temperature" not in body
    assert body["top_k"] == 1


async def test_schema_is_sent_strictly(server, connect):
    prediction = await connect().generate(ask(output_schema=SCHEMA))
    sent = server.requests[-1].json()["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["required"] == ["score", "reason"]
    assert prediction.text == '{"score": 1, "reason": ""}'


async def test_schema_can_be_left_out(server, connect):
    await connect(structured=False).generate(ask(output_schema=SCHEMA))
    assert "response_format" not in server.requests[-1].json()
    await connect().generate(ask(output_schema=SCHEMA, enforce_schema=False))
    assert "response_format" not in server.requests[-1].json()


async def test_64_requests_are_in_flight_at_once(server, connect):
    server.latency = 0.5
    model = connect()
    started = time.monotonic()
    answers = await asyncio.gather(*(model.generate(ask()) for _ in range(64)))
    assert {answer.text for answer in answers} == {server.reply}
    assert server.peak > 32
    assert time.monotonic() - started < 64 * 0.5 / 8


# Clips


async def test_frames_and_sound_arrive_whole(server, connect, clip):
    reader = MediaReader()
    media = await reader.read(clip, PROFILE)
    prediction = await connect(reader=reader).generate(ask_about(clip))
    pictures = pictures_of(server)
    assert len(pictures) == len(media.frames) == 4
    assert {picture.size for picture in pictures} == {media.receipt.frame_size}
    for picture, frame in zip(pictures, media.frames, strict=True):
        assert np.abs(np.asarray(picture).astype(int) - frame).mean() < 2
    rate, samples = sound_of(server)
    assert (rate, len(samples)) == (PROFILE.sample_rate, len(media.audio))
    assert np.abs(samples / 32767 - media.audio).max() < 1e-4
    assert prediction.text == server.reply
    assert prediction.receipt.sent == "frames: 4 jpeg q90; audio: wav 16 kHz 4.0 s"
    assert prediction.receipt.model_copy(update={"sent": None}) == media.receipt
    reader.close()


async def test_parts_come_in_order_with_the_times_first(server, connect, clip):
    prediction = await connect().generate(ask_about(clip))
    content = content_of(server)
    kinds = [part["type"] for part in content]
    assert kinds == ["text", *["image_url"] * 4, "input_audio", "text"]
    for time_of_frame in prediction.receipt.frame_times:
        assert f"{time_of_frame:.1f}" in content[0]["text"]
    assert content[-1]["text"] == "Who speaks?"
    brightness = [np.asarray(picture).mean() for picture in pictures_of(server)]
    assert brightness == sorted(brightness)
    assert brightness[-1] - brightness[0] > 100


def videos_of(server):
    return [part["url"].split(",") for part in parts_of(server, "video_url")]


def bytes_of(path):
    return Path(path).read_bytes()


@pytest.fixture
def filming(server):
    """The server of somebody who started it with a model that takes videos."""
    server.parts = frozenset({*server.parts, "video_url"})
    return server


async def test_frames_can_go_as_one_video(filming, connect, clip):
    model = connect(video_url="jpegs")
    reply = await model.generate(ask_about(clip))
    ((head, *pictures),) = videos_of(filming)
    assert head == "data:video/jpeg;base64"
    assert len(pictures) == len(reply.receipt.frame_times)
    size = Image.open(io.BytesIO(base64.b64decode(pictures[0]))).size
    assert size == reply.receipt.frame_size
    assert not parts_of(filming, "image_url")
    assert len(parts_of(filming, "input_audio")) == 1
    assert f"frames: {len(pictures)} jpeg q90 as one video; audio: wav" in reply.receipt.sent


async def test_the_file_itself_can_go_as_a_video(filming, connect, clip):
    model = connect(video_url="file", audio=False)
    reply = await model.generate(ask_about(clip))
    ((head, data),) = videos_of(filming)
    assert head == "data:video/mp4;base64"
    assert base64.b64decode(data) == bytes_of(clip)
    assert [part["type"] for part in content_of(filming)] == ["video_url", "text"]
    assert "the server takes the frames" in reply.receipt.sent
    assert "audio: off by option" in reply.receipt.sent


async def test_a_video_is_refused_where_none_is_taken(server, connect, clip):
    with pytest.raises(FatalModelError, match="video_url"):
        await connect(video_url="jpegs").generate(ask_about(clip))


@pytest.mark.parametrize("options", [{"video_url": "gif"}, {"video_url": "file", "frames": False}])
def test_a_senseless_video_is_refused(connect, options):
    with pytest.raises(UsageError, match="video_url"):
        connect(**options)


async def test_muting_a_clip_changes_the_request(server, connect, clip, muted_clip):
    model = connect()
    await model.generate(ask_about(clip))
    prediction = await model.generate(ask_about(muted_clip))
    assert parts_of(server, "input_audio", 0)
    assert not parts_of(server, "input_audio", 1)
    assert "sound" in content_of(server, 0)[0]["text"]
    assert "sound" not in content_of(server, 1)[0]["text"]
    assert prediction.receipt.sent == "frames: 4 jpeg q90; audio: none in the clip"


@pytest.mark.parametrize(
    ("options", "kinds", "sent"),
    [
        (
            {"audio": False, "jpeg_quality": 50},
            {"text", "image_url"},
            "frames: 4 jpeg q50; audio: off by option",
        ),
        (
            {"frames": False},
            {"text", "input_audio"},
            "frames: off by option; audio: wav 16 kHz 4.0 s",
        ),
        (
            {"frames": False, "audio": False},
            {"text"},
            "frames: off by option; audio: off by option",
        ),
    ],
)
async def test_options_leave_parts_out_and_say_so(server, connect, clip, options, kinds, sent):
    prediction = await connect(**options).generate(ask_about(clip))
    assert {part["type"] for part in content_of(server)} == kinds
    assert prediction.receipt.sent == sent


async def test_clip_is_decoded_and_encoded_once(server, connect, clip, monkeypatch):
    encoded = []
    save = Image.Image.save
    monkeypatch.setattr(
        Image.Image, "save", lambda *args, **kw: (encoded.append(1), save(*args, **kw))
    )
    reader = MediaReader()
    model = connect(reader=reader)
    await asyncio.gather(*(model.generate(ask_about(clip)) for _ in range(8)))
    assert reader.decoded == 1
    assert len(encoded) == 4
    assert len({str(content_of(server, i)) for i in range(8)}) == 1
    reader.close()


async def test_unreadable_clip_is_never_asked_about(server, connect, tmp_path):
    with pytest.raises(MissingMediaError):
        await connect().generate(ask_about(str(tmp_path / "none.mp4")))
    assert server.calls == 0


def test_senseless_option_is_refused():
    with pytest.raises(UsageError, match="jpeg_quality"):
        OpenAIChat(model="m", jpeg_quality=0)


@pytest.mark.parametrize(
    ("accepted", "option"), [("image_url", "audio"), ("input_audio", "frames")]
)
async def test_part_that_is_refused_names_the_option(server, connect, clip, accepted, option):
    server.parts = {"text", accepted}
    with pytest.raises(FatalModelError, match=f"--option {option}=false"):
        await connect().generate(ask_about(clip))
    prediction = await connect(**{option: False}).generate(ask_about(clip))
    assert prediction.text == server.reply
