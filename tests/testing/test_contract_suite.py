"""Does the contract suite catch each way of breaking a promise, and let an honest adapter pass?"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from ugcbench.errors import RequestRejectedError
from ugcbench.media import MediaReader
from ugcbench.models import Fake
from ugcbench.testing import (
    CONTRACT,
    BrokenPromiseError,
    NotApplicableError,
    Subject,
    check_promise,
    contract_tests,
)
from ugcbench.types import Prediction, Usage

LONGEST = 10_000


class Weights:
    """What takes the memory."""


class Honest:
    """An adapter that reads its clips and says what it was given."""

    given: object = None

    def __init__(self):
        self.reader = MediaReader(threads=1)
        self.weights = Weights()

    async def generate(self, prompt):
        if len(prompt.text) > LONGEST:
            raise RequestRejectedError("the prompt is too long; shorten it")
        clip = await self.read(prompt)
        sound = b"" if clip is None or clip.audio is None else clip.audio.tobytes()
        type(self).given = prompt.text, clip and clip.frames.tobytes(), sound
        await asyncio.sleep(0.005)
        return self.reply(prompt, clip, len(sound))

    async def read(self, prompt):
        return prompt.media and await self.reader.read(prompt.media, prompt.profile)

    def reply(self, prompt, clip, heard):
        receipt = clip and clip.receipt.model_copy(update={"sent": "frames and sound"})
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=f"{len(prompt.text)} characters, {heard} bytes of sound",
            usage=Usage(input_tokens=len(prompt.text) + heard),
            receipt=receipt or None,
        )

    async def close(self):
        self.weights = None
        self.reader.close()


def subject(kind=Honest, **fields):
    given = {"observe": lambda: kind.given, "weights": lambda model: model.weights}
    given |= {"silent": lambda: Fake(reply=""), "limited": kind}
    return Subject(make=kind, **{**given, **fields})


test_an_honest_adapter_passes = contract_tests(subject())
test_one_that_is_not_looked_into_passes = contract_tests(Subject(make=Honest))


class Swapped(Honest):
    """Answers the prompt that came first under the name of the one that came last."""

    waiting: list = []  # noqa: RUF012

    async def generate(self, prompt):
        self.waiting.append(prompt)
        await asyncio.sleep(0.01)
        return await super().generate(self.waiting.pop())


class Muddled(Honest):
    """Lets what is asked at the same time change the reply."""

    busy = 0

    async def generate(self, prompt):
        self.busy += 1
        company = self.busy
        reply = await super().generate(prompt)
        self.busy -= 1
        return reply.model_copy(update={"text": f"{reply.text} {company}"})


class Moody(Honest):
    """Never says the same twice."""

    mood = 0

    async def generate(self, prompt):
        type(self).mood += 1
        reply = await super().generate(prompt)
        return reply.model_copy(update={"text": f"{self.mood}"})


class Locking(Honest):
    """Takes a lock that a cancelled request never gives back."""

    taken = False

    async def generate(self, prompt):
        if self.taken:
            raise RuntimeError("somebody still holds the lock")
        self.taken = True
        reply = await super().generate(prompt)
        self.taken = False
        return reply


class Untyped(Honest):
    """Lets whatever the decoder raises through."""

    async def read(self, prompt):
        if prompt.media and "probe" not in prompt.media and "clips" not in prompt.media:
            raise OSError("cannot open")
        return await super().read(prompt)


class Breaking(Honest):
    """Has no words for a prompt that is too long."""

    async def generate(self, prompt):
        if len(prompt.text) > LONGEST:
            raise IndexError("index out of range in self")
        return await super().generate(prompt)


class Truncating(Honest):
    """Cuts in silence what is too long."""

    async def generate(self, prompt):
        cut = prompt.model_copy(update={"text": prompt.text[:LONGEST]})
        return await super().generate(cut)


class Unreceipted(Honest):
    def reply(self, prompt, clip, heard):
        return super().reply(prompt, None, heard)


class Lying(Honest):
    """Claims sound that the clip doesn't have."""

    def reply(self, prompt, clip, heard):
        reply = super().reply(prompt, clip, heard)
        if clip:
            told = reply.receipt.model_copy(update={"audio_seconds": 5.0})
            reply = reply.model_copy(update={"receipt": told})
        return reply


class Deaf(Honest):
    given: object = None

    async def generate(self, prompt):
        reply = await super().generate(prompt)
        type(self).given = type(self).given[:2]
        return reply.model_copy(update={"usage": Usage(input_tokens=7), "text": "?"})


class Blind(Honest):
    given: object = None

    async def generate(self, prompt):
        reply = await super().generate(prompt)
        type(self).given = type(self).given[2]
        return reply


class Hoarding(Honest):
    async def close(self):
        self.reader.close()


class Remembered(Honest):
    made: list = []  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.made.append(self)


class Fragile(Honest):
    """Can't be closed twice."""

    async def close(self):
        await super().close()
        del self.reader


class Loitering(Honest):
    """Leaves a thread behind."""

    async def generate(self, prompt):
        threading.Thread(target=self.weights_wait, daemon=True, name="loiterer").start()
        return await super().generate(prompt)

    @staticmethod
    def weights_wait():
        threading.Event().wait(8)


class Unfinished(Honest):
    """Leaves a task behind."""

    async def generate(self, prompt):
        self.task = asyncio.create_task(asyncio.sleep(60))
        return await super().generate(prompt)


@pytest.mark.parametrize(
    ("promise", "kind", "reason"),
    [
        ("order", Swapped, "was answered as"),
        ("batch_equals_single", Muddled, "asked together"),
        ("determinism", Moody, "asked again"),
        ("typed_errors", Untyped, "cannot open"),
        ("long_prompt", Breaking, "index out of range"),
        ("long_prompt", Truncating, "was answered by"),
        ("receipt", Unreceipted, "no receipt"),
        ("receipt", Lying, "5.0 s of sound"),
        ("sound_arrives", Deaf, "the sound of spoken.mp4 and blank.mp4 is lost"),
        ("pictures_arrive", Blind, "the pictures of written.mp4 and blank.mp4 is lost"),
        ("unload", Hoarding, "the weights are held"),
        ("unload", Remembered, "holds the model"),
        ("close", Loitering, "loiterer"),
        ("close", Unfinished, "a task runs on"),
    ],
)
async def test_a_broken_promise_is_named(promise, kind, reason, monkeypatch):
    monkeypatch.setattr("ugcbench.testing.promises.PATIENCE", 0.1)
    with pytest.raises(BrokenPromiseError, match=reason):
        await check_promise(subject(kind), promise)


@pytest.mark.parametrize(("promise", "kind"), [("cancellation", Locking), ("timeout", Locking)])
async def test_what_a_cancelled_request_leaves_locked_is_found(promise, kind):
    with pytest.raises(RuntimeError, match="holds the lock"):
        await check_promise(subject(kind), promise)


async def test_an_adapter_that_cannot_be_closed_twice_is_found():
    with pytest.raises(AttributeError):
        await check_promise(subject(Fragile), "close")


async def test_a_silent_engine_must_not_speak():
    with pytest.raises(BrokenPromiseError, match="it said 'fake'"):
        await check_promise(subject(silent=Fake), "empty_reply")


async def test_usage_tells_of_sound_where_nothing_is_observed():
    await check_promise(Subject(make=Honest), "sound_arrives")
    with pytest.raises(BrokenPromiseError, match="leaves no trace"):
        await check_promise(Subject(make=Deaf), "sound_arrives")


@pytest.mark.parametrize(
    ("fields", "promise", "reason"),
    [
        ({"silent": None}, "empty_reply", "silent"),
        ({"limited": None}, "long_prompt", "limited"),
        ({"observe": None}, "pictures_arrive", "observe"),
        ({"clips": False}, "receipt", "no clips"),
        ({"skip": {"order": "one at a time"}}, "order", "one at a time"),
    ],
)
async def test_what_does_not_apply_says_why(fields, promise, reason):
    with pytest.raises(NotApplicableError, match=reason):
        await check_promise(subject(**fields), promise)


def test_a_third_party_needs_one_line(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "from ugcbench.models import Fake\n"
        "from ugcbench.testing import Subject, contract_tests\n"
        "test_contract = contract_tests(Subject(make=Fake, clips=False))\n"
    )
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert f"{len(CONTRACT) - 6} passed, 6 skipped" in done.stdout
    assert "it takes no clips" in done.stdout
