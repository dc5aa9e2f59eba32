"""Does the Gemini adapter ask and read as it should, through Google's client and a real server?"""

from __future__ import annotations

import asyncio
import io
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("google.genai", reason="needs the extra [gemini]")

from ugcbench.errors import MissingMediaError, UsageError
from ugcbench.media import MediaReader
from ugcbench.types import MediaProfile, Prompt, Sampling
from ugcbench_models.gemini import THINKING_ROOM, Gemini
from ugcbench_models.gemini_clips import choose_fps

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


def bytes_of(path):
    return Path(path).read_bytes()


def sound_of(part):
    """Rate and samples of a WAV part."""
    with wave.open(io.BytesIO(part.data)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")


# Text


async def test_text_prompt_is_answered(gemini, reach):
    prediction = await reach().generate(ask(system="You judge."))
    (call,) = gemini.received
    assert (call.model, call.system, call.text) == ("m", "You judge.", "Who speaks?")
    assert (prediction.task, prediction.sample_id) == ("t", "s")
    assert (prediction.text, prediction.finish, prediction.model) == (gemini.reply, "STOP", "m")
    assert prediction.usage.input_tokens == 2
    assert prediction.usage.output_tokens == len(gemini.reply.split())
    assert 0 < prediction.seconds < 10
    assert prediction.receipt is None


async def test_sampling_is_sent(gemini, reach):
    sampling = Sampling(temperature=0.5, top_p=0.9, max_tokens=7, seed=3)
    await reach(thinking_budget=0).generate(ask(sampling=sampling))
    assert gemini.received[-1].config == {
        "temperature": 0.5,
        "topP": 0.9,
        "seed": 3,
        "maxOutputTokens": 7,
        "thinkingConfig": {"thinkingBudget": 0},
    }
    await reach().generate(ask())
    expected = {"temperature": 0.0, "maxOutputTokens": 1024 + THINKING_ROOM}
    assert gemini.received[-1].config == expected


async def test_thoughts_take_nothing_from_the_answer(gemini, reach):
    gemini.thoughts = 2000
    short = Sampling(max_tokens=8)
    prediction = await reach().generate(ask(sampling=short))
    assert (prediction.text, prediction.finish) == (gemini.reply, "STOP")
    assert prediction.usage.output_tokens == 2000 + len(gemini.reply.split())
    prediction = await reach(thinking_budget=500).generate(ask(sampling=short))
    assert (prediction.text, prediction.usage.output_tokens) == (gemini.reply, 506)


async def test_limit_that_goes_into_thought_is_explained(gemini, reach):
    gemini.thoughts = THINKING_ROOM + 2000
    failure = (await reach().generate(ask())).failure
    assert (failure.status, failure.kind) == ("refused", "empty")
    assert f"{THINKING_ROOM + 1024} tokens of thought" in failure.message
    assert "--option thinking_budget=" in failure.message


async def test_extra_body_is_merged(gemini, reach):
    extra = {"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW", "topK": 1}}
    await reach(extra_body=extra).generate(ask())
    config = gemini.received[-1].config
    assert (config["mediaResolution"], config["topK"]) == ("MEDIA_RESOLUTION_LOW", 1)
    assert config["temperature"] == 0.0


async def test_schema_is_sent_in_what_the_api_documents(gemini, reach):
    prediction = await reach().generate(ask(output_schema=SCHEMA))
    config = gemini.received[-1].config
    assert config["responseMimeType"] == "application/json"
    score = {"type": "integer", "minimum": 1, "maximum": 5}
    assert config["responseJsonSchema"]["properties"]["score"] == score
    assert prediction.text == '{"score": 1, "reason": ""}'


async def test_schema_can_be_left_out(gemini, reach):
    await reach(structured=False).generate(ask(output_schema=SCHEMA))
    await reach().generate(ask(output_schema=SCHEMA, enforce_schema=False))
    assert all("responseJsonSchema" not in call.config for call in gemini.received)
    assert all("responseMimeType" not in call.config for call in gemini.received)


async def test_64_requests_are_in_flight_at_once(gemini, reach):
    gemini.latency = 0.5
    model = reach()
    started = time.monotonic()
    answers = await asyncio.gather(*(model.generate(ask()) for _ in range(64)))
    assert {answer.text for answer in answers} == {gemini.reply}
    assert gemini.peak > 32
    assert time.monotonic() - started < 64 * 0.5 / 8


async def test_no_proxy_stands_between_us_and_this_machine(gemini, reach, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await reach().generate(ask())).text == gemini.reply


# Clips


async def test_the_file_itself_is_sent(gemini, reach, clip):
    prediction = await reach().generate(ask_about(clip))
    (call,) = gemini.received
    video, text = call.parts
    assert video.data == bytes_of(clip)
    assert (video.kind, video.mime_type, video.fps) == ("inline", "video/mp4", 1.0)
    assert text.text == "Who speaks?"
    receipt = prediction.receipt
    assert receipt.sent == (
        f"file: video/mp4 {receipt.file_bytes} bytes inline; "
        "frames: taken and resized by the service at 1 fps; audio: 4.0 s in the file; "
        "tokens counted: AUDIO 128, TEXT 2, VIDEO 1032"
    )
    assert receipt.frame_times == ()  # nobody knows
    assert receipt.frame_size == (168, 280)
    assert receipt.audio_seconds == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("options", [{}, {"inline_limit": 0}, {"media": "profile"}])
async def test_muting_a_clip_changes_what_the_model_gets(gemini, reach, clip, muted_clip, options):
    model = reach(**options)
    loud = await model.generate(ask_about(clip))
    muted = await model.generate(ask_about(muted_clip))
    assert [
        sum(part.count_tokens().get("AUDIO", 0) for part in call.parts) > 0
        for call in gemini.received
    ] == [True, False]
    assert "AUDIO" in loud.receipt.sent
    assert "AUDIO" not in muted.receipt.sent
    assert "audio: none" in muted.receipt.sent
    assert loud.usage.input_tokens > muted.usage.input_tokens


async def test_profile_sends_our_frames_and_our_sound(gemini, reach, clip):
    reader = MediaReader()
    media = await reader.read(clip, PROFILE)
    prediction = await reach(media="profile", reader=reader).generate(ask_about(clip))
    (call,) = gemini.received
    pictures = [Image.open(io.BytesIO(part.data)) for part in call.media("image")]
    assert len(pictures) == len(media.frames) == 4
    for picture, frame in zip(pictures, media.frames, strict=True):
        assert np.abs(np.asarray(picture).astype(int) - frame).mean() < 2
    rate, samples = sound_of(*call.media("audio"))
    assert rate == PROFILE.sample_rate
    assert np.abs(samples / 32767 - media.audio).max() < 1e-4
    assert call.parts[0].text.startswith("4 frames of a video of 4.0 s, taken at 0.0, ")
    assert call.parts[-1].text == "Who speaks?"
    assert prediction.receipt.frame_times == media.receipt.frame_times
    assert prediction.receipt.sent.startswith("frames: 4 jpeg q90; audio: wav 16 kHz 4.0 s; tokens")
    reader.close()


@pytest.mark.parametrize(("option", "left"), [("frames", "audio"), ("audio", "image")])
async def test_profile_can_leave_parts_out_and_says_so(gemini, reach, clip, option, left):
    prediction = await reach(media="profile", **{option: False}).generate(ask_about(clip))
    (call,) = gemini.received
    assert {part.mime_type.partition("/")[0] for part in call.parts} == {"", left}
    assert f"{option}: off by option" in prediction.receipt.sent


async def test_unreadable_clip_is_never_asked_about(gemini, reach, tmp_path):
    with pytest.raises(MissingMediaError):
        await reach().generate(ask_about(str(tmp_path / "none.mp4")))
    assert gemini.calls == 0


@pytest.mark.parametrize(
    ("duration", "fps"), [(4.0, 1.0), (32.0, 1.0), (64.0, 0.5), (0.0, 1.0), (0.04, 1.0)]
)
def test_long_clip_gives_no_more_frames_than_the_profile(duration, fps):
    assert choose_fps(duration, PROFILE) == fps


def test_rate_stays_within_what_the_service_takes():
    assert choose_fps(1.0, MediaProfile(fps=60, max_frames=600)) == 24


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"media": "frames"}, "media must be original or profile"),
        ({"audio": False}, "--option media=profile"),
        ({"media": "profile", "jpeg_quality": 0}, "jpeg_quality"),
        ({"inline_limit": -1}, "inline_limit"),
    ],
)
def test_senseless_option_is_refused(options, words):
    with pytest.raises(UsageError, match=words):
        Gemini(model="m", **options)
