"""Does the signal baseline answer about clips of known content, fast enough and repeatably?"""

from __future__ import annotations

import asyncio
import json
import threading

import numpy as np
import pytest
from signal_clips import (
    C_MAJOR,
    F_MAJOR,
    G_MAJOR,
    RATE,
    disc,
    fill,
    pixels,
    silence,
    tune,
    voice,
    write,
    write_clip,
)

from ugcbench.errors import MissingMediaError
from ugcbench.media import Media, MediaReader
from ugcbench.types import MediaProfile, Prompt, Receipt
from ugcbench_models.signal_baseline.analysis import Analyst
from ugcbench_models.signal_baseline.model import SignalBaseline

SOURCES = ("In-Video Voice", "Out-Video Voice", "Narration")
TONES = ("Positive", "Neutral", "Negative")
TASKS = {
    "ugc/voice_source": SOURCES,
    "ugc/tone": TONES,
    "ugc/bgm": ("Yes", "No"),
    **{f"ugc/{name}": () for name in ("ocr", "background", "objects", "caption")},
    **{f"ugc/{name}": () for name in ("audio_caption", "visual_caption")},
}


def paint_talk(draw, time):
    fill(draw, "#1e5adc" if time < 3 else "#286432")
    write(draw, "HELLO WORLD" if time < 3 else "THE END", 60 if time < 3 else 340)


def paint_shapes(draw, time):
    fill(draw, "#d62828")
    for x in (50, 112, 174):
        disc(draw, x, 60, 22, "white")


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """By name: `talk` speaks and cuts, `tune` plays, `mute` has no track, `hush` is silent."""
    folder = tmp_path_factory.mktemp("signal")
    spoken = np.concatenate([silence(1), voice(4, 110), silence(1)])
    played = tune(5, (C_MAJOR, F_MAJOR, G_MAJOR, C_MAJOR))
    return {
        "talk": write_clip(folder / "talk.mp4", paint_talk, 6, spoken),
        "tune": write_clip(folder / "tune.mp4", paint_shapes, 5, played),
        "mute": write_clip(folder / "mute.mp4", paint_shapes, 3),
        "hush": write_clip(folder / "hush.mp4", paint_shapes, 3, silence(3)),
    }


@pytest.fixture(scope="session")
def analyst():
    return Analyst()


@pytest.fixture(scope="session")
def answers(clips):
    """What one model says to every task about every clip, all asked at once."""

    async def collect():
        model = SignalBaseline()
        said = await asyncio.gather(*map(model.generate, asked))
        await model.close()
        return said

    asked = [ask(task, clip) for clip in clips.values() for task in TASKS]
    said = asyncio.run(collect())
    return {(answer.task[4:], answer.sample_id): answer for answer in said}


def ask(task, clip, choices=None, **fields):
    return Prompt(
        task=task,
        sample_id=clip.stem,
        text="?",
        media=str(clip),
        profile=fields.pop("profile", MediaProfile()),
        choices=TASKS.get(task, ()) if choices is None else choices,
        **fields,
    )


def test_burned_in_text_is_read_in_order(answers):
    assert json.loads(answers["ocr", "talk"].text) == ["HELLO WORLD", "THE END"]
    assert json.loads(answers["ocr", "tune"].text) == []


def test_a_cut_is_found_and_told(answers):
    told = answers["background", "talk"].text
    assert "changes once" in told
    assert "at about 4 seconds" in told or "at about 3 seconds" in told
    assert told.index("blue") < told.index("green")
    assert "does not change" in answers["background", "tune"].text


def test_shapes_are_counted_and_placed(answers):
    assert answers["objects", "tune"].text.startswith(
        "circle (count: 3, color: white, position: top"
    )
    assert "text overlay (count: 2, color: white, position: top)" in answers["objects", "talk"].text


def test_a_voice_is_told_from_music(answers):
    assert answers["bgm", "talk"].text == "No"
    assert answers["bgm", "tune"].text == "Yes"
    assert answers["voice_source", "talk"].text == "Narration"
    assert "A man's voice speaks" in answers["audio_caption", "talk"].text
    assert "Nobody speaks" in answers["audio_caption", "tune"].text


@pytest.mark.parametrize(("clip", "words"), [("mute", "no audio track"), ("hush", "is silent")])
def test_a_clip_without_sound_says_so(answers, clip, words):
    assert words in answers["audio_caption", clip].text
    assert words in answers["caption", clip].text
    assert answers["bgm", clip].text == "No"


def test_a_choice_is_one_of_the_choices(answers):
    for (task, _), answer in answers.items():
        choices = TASKS[f"ugc/{task}"]
        assert not choices or answer.text in choices


def test_a_prediction_says_what_was_looked_at(answers):
    talk, mute = answers["caption", "talk"], answers["caption", "mute"]
    assert talk.model == mute.model == "signal-baseline"
    assert talk.receipt.sent == "frames+audio"
    assert mute.receipt.sent == "frames"
    assert len(talk.receipt.frame_times) == 6
    assert talk.seconds > 0


async def test_the_order_of_clips_does_not_matter(answers, clips):
    model = SignalBaseline(workers=1)
    for clip in reversed(clips.values()):
        for task in TASKS:
            answer = await model.generate(ask(task, clip))
            assert answer.text == answers[task[4:], clip.stem].text
    await model.close()


@pytest.fixture
def measured(monkeypatch, analyst):
    """The threads that measured a clip; `analyst` does it, so that nothing is loaded again."""
    measured = []

    def measure(self, media, rate):
        measured.append(threading.current_thread())
        return original(analyst, media, rate)

    original = Analyst.measure
    monkeypatch.setattr(Analyst, "__init__", lambda self, **_: None)
    monkeypatch.setattr(Analyst, "measure", measure)
    return measured


async def test_prompts_about_one_clip_share_one_analysis(clips, measured):
    model = SignalBaseline(workers=2)
    prompts = [ask(task, clips["mute"]) for task in list(TASKS)[:8]]
    said = await asyncio.gather(*(model.generate(prompt) for prompt in prompts))
    assert len({answer.text for answer in said}) > 4
    await model.generate(ask("ugc/ocr", clips["mute"]))
    assert len(measured) == 1
    assert measured[0] is not threading.current_thread()
    await model.generate(ask("ugc/ocr", clips["mute"], profile=MediaProfile(max_frames=2)))
    assert len(measured) == 2
    await model.close()


async def test_a_cancelled_request_leaves_the_analysis_to_the_others(clips, monkeypatch, measured):
    gate, working = threading.Event(), Analyst.measure
    monkeypatch.setattr(Analyst, "measure", lambda *given: gate.wait(30) and working(*given))
    reader = MediaReader()
    for name in ("hush", "mute"):
        await reader.read(str(clips[name]), MediaProfile())
    model = SignalBaseline(workers=1, reader=reader)
    prompts = [ask("ugc/ocr", clips[name]) for name in ("hush", "mute", "mute")]
    first, second, third = (asyncio.ensure_future(model.generate(prompt)) for prompt in prompts)
    await asyncio.sleep(0.05)  # the thread is busy with the first clip, the second one is queued
    second.cancel()
    await asyncio.wait([second])
    gate.set()
    assert [(await first).text, (await third).text] == ["[]", "[]"]
    assert second.cancelled()
    assert len(measured) == 2
    await model.close()
    reader.close()


async def test_an_analysis_that_failed_is_repeated(clips, monkeypatch, measured):
    model = SignalBaseline(workers=1)
    working = Analyst.measure
    monkeypatch.setattr(Analyst, "measure", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await model.generate(ask("ugc/ocr", clips["mute"]))
    monkeypatch.setattr(Analyst, "measure", working)
    assert (await model.generate(ask("ugc/ocr", clips["mute"]))).text == "[]"
    await model.close()


async def test_a_prompt_without_a_clip_is_refused():
    model = SignalBaseline()
    answer = await model.generate(Prompt(task="ugc/tone", sample_id="a", text="?", choices=TONES))
    assert answer.text is None
    assert (answer.failure.status, answer.failure.kind) == ("refused", "no_media")
    await model.close()


async def test_a_reader_that_was_given_stays_open(clips, tmp_path):
    reader = MediaReader()
    model = SignalBaseline(reader=reader)
    with pytest.raises(MissingMediaError):
        await model.generate(ask("ugc/ocr", tmp_path / "none.mp4"))
    await model.close()
    assert (await reader.read(clips["mute"], MediaProfile())).audio is None
    reader.close()


def media(frames, audio=None, seconds=None):
    """A clip of these arrays, one frame a second."""
    frames = np.asarray(frames, np.uint8)
    size = frames.shape[2], frames.shape[1]
    receipt = Receipt(
        sha256="0" * 64,
        file_bytes=1,
        decoder="none",
        profile="paper/1",
        duration=float(len(frames)) if seconds is None else seconds,
        frame_times=tuple(map(float, range(len(frames)))),
        frame_size=size,
        source_size=size,
        audio_seconds=0.0 if audio is None else len(audio) / RATE,
    )
    return Media(frames, receipt.frame_times, audio, receipt)


RANDOM = np.random.default_rng(1)
ODD_PICTURES = {
    "one black frame": np.zeros((1, 420, 224, 3)),
    "white": np.full((2, 28, 28, 3), 255),
    "tall": RANDOM.integers(0, 255, (3, 560, 28, 3)),
    "wide": RANDOM.integers(0, 255, (2, 28, 560, 3)),
}
ODD_SOUNDS = {
    "none": None,
    "empty": np.zeros(0, np.float32),
    "one sample": np.ones(1, np.float32),
    "click": np.eye(1, 700, 350, dtype=np.float32)[0],
    "not numbers": np.full(5000, np.nan, np.float32),
    "beyond full scale": RANDOM.normal(0, 1e20, 40_000).astype(np.float32),
}


@pytest.mark.parametrize("frames", ODD_PICTURES.values(), ids=ODD_PICTURES)
def test_any_picture_can_be_measured(analyst, frames):
    facts = analyst.measure(media(frames), RATE)
    assert facts.scenes[0].span[0] == 0.0
    assert facts.sound is None


@pytest.mark.parametrize("sound", ODD_SOUNDS.values(), ids=ODD_SOUNDS)
def test_any_sound_can_be_measured(analyst, sound):
    facts = analyst.measure(media(ODD_PICTURES["white"], sound), RATE)
    assert not facts.speaks
    assert (facts.sound is None) == (sound is None)


def test_sound_at_another_rate_is_heard_alike(analyst):
    sound = np.concatenate([silence(1), voice(2, 220), silence(1)])
    finer = np.interp(np.arange(3 * len(sound)) / 3, np.arange(len(sound)), sound)
    plain = analyst.measure(media(ODD_PICTURES["white"], sound), RATE).sound.voice
    heard = analyst.measure(media(ODD_PICTURES["white"], finer.astype(np.float32)), 3 * RATE)
    assert heard.sound.voice.seconds == pytest.approx(plain.seconds, abs=0.15)
    assert heard.sound.voice.pitch == pytest.approx(220, rel=0.05)


def test_words_are_optional():
    sound = np.concatenate([silence(0.5), voice(2, 220), silence(0.5)])
    facts = Analyst(transcribe=False).measure(media(ODD_PICTURES["white"], sound), RATE)
    assert facts.sound.voice.seconds > 1
    assert facts.sound.words == ""


def test_nothing_is_downloaded_printed_or_logged(monkeypatch, capfd, caplog):
    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    sound = np.concatenate([voice(1, 110), silence(0.5)])
    frames = np.stack([pixels(paint_talk), pixels(paint_shapes)])
    facts = Analyst().measure(media(frames, sound), RATE)
    assert [line.text for line in facts.lines] == ["HELLO WORLD"]
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
