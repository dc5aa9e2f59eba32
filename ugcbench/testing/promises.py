"""What does every adapter promise, and how is each promise checked?"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import tempfile
import threading
import time
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from ugcbench.doctor.probes import BLANK, SPOKEN, SPOKEN_OTHER, WRITTEN
from ugcbench.errors import MediaError, ModelTimeoutError, RequestRejectedError
from ugcbench.models import Retrying
from ugcbench.specs import Model
from ugcbench.testing.subjects import BrokenPromiseError, Subject, demand, need
from ugcbench.types import MediaProfile, Prediction, Prompt

PATIENCE = 5.0
"""Seconds within which what a closed model leaves behind must be gone."""

Check = Callable[[Subject], Awaitable[None]]


async def check_order(subject: Subject) -> None:
    """Prompts that are asked at once are each answered under their own name."""
    prompts = subject.prompts()
    async with _opened(subject.make) as model:
        replies = await _together(model, prompts)
    for prompt, reply in zip(prompts, replies, strict=True):
        demand(
            (reply.task, reply.sample_id) == (prompt.task, prompt.sample_id),
            f"{prompt.task} {prompt.sample_id} was answered as {reply.task} {reply.sample_id}",
        )


async def check_batch_equals_single(subject: Subject) -> None:
    """Prompts that are asked at once get the replies that they get one by one."""
    prompts = subject.prompts()
    async with _opened(subject.make) as model:
        single = [await model.generate(prompt) for prompt in prompts]
        batch = await _together(model, prompts)
    _demand_same(single, batch, "asked together")


async def check_determinism(subject: Subject) -> None:
    """At temperature 0, the same prompt gets the same reply, from another instance too."""
    prompt = subject.prompts()[0]
    async with _opened(subject.make) as model:
        first, again = [await model.generate(prompt) for _ in range(2)]
    async with _opened(subject.make) as other:
        elsewhere = await other.generate(prompt)
    _demand_same([first], [again], "asked again")
    _demand_same([first], [elsewhere], "asked of a new instance")


async def check_cancellation(subject: Subject) -> None:
    """Cancelled requests end at once, harm no other, and leave a model that still answers."""
    prompts = subject.prompts()
    async with _opened(subject.make) as model:
        started = time.monotonic()
        single = [await model.generate(prompt) for prompt in prompts]
        moment = (time.monotonic() - started) / len(prompts) / 3
        asked = [asyncio.create_task(model.generate(prompt)) for prompt in prompts]
        for task in asked[:2]:
            await asyncio.sleep(moment)
            task.cancel()
        spared = await asyncio.gather(*asked[2:])
        await asyncio.wait(asked[:2])
        broken = [task for task in asked[:2] if not task.cancelled() and task.exception()]
        demand(not broken, f"a cancelled request raised {broken and broken[0].exception()!r}")
        _demand_same(single[2:], spared, "asked beside requests that were cancelled")
        _demand_same(single[:1], [await model.generate(prompts[0])], "asked after a cancellation")


async def check_timeout(subject: Subject) -> None:
    """A request that takes too long is a `ModelTimeoutError`, and the next one is answered."""
    prompt = subject.prompts()[0]
    async with _opened(subject.make) as model:
        single = await model.generate(prompt)
        with contextlib.suppress(ModelTimeoutError):  # an engine may be quicker
            await Retrying(model, attempts=1, timeout=1e-4).generate(prompt)
        _demand_same([single], [await model.generate(prompt)], "asked after a timeout")


async def check_typed_errors(subject: Subject) -> None:
    """A clip that can't be read is a `MediaError`, and the next one is answered."""
    need(subject.clips, "it takes no clips")
    with tempfile.TemporaryDirectory() as folder:
        async with _opened(subject.make) as model:
            for clip in _write_bad_clips(Path(folder)):
                error = await _error_of(model, subject.ask("Describe it.", clip))
                demand(isinstance(error, MediaError), f"{clip.name} gave {error!r}")
            await model.generate(subject.prompts()[0])


async def check_empty_reply(subject: Subject) -> None:
    """An engine that says nothing gives an empty text or a refusal, and no exception."""
    silent = subject.silent
    need(silent is not None, "no `silent` was given")
    assert silent is not None
    async with _opened(silent) as model:
        reply = await model.generate(subject.prompts()[0])
    refused = reply.failure is not None and reply.failure.status == "refused"
    demand(refused or not (reply.text or "").strip(), f"it said {reply.text!r}")


async def check_long_prompt(subject: Subject) -> None:
    """A prompt that is too long is refused by itself and doesn't stop the run."""
    limited = subject.limited
    need(limited is not None, "no `limited` was given")
    assert limited is not None
    async with _opened(limited) as model:
        try:
            reply = await model.generate(subject.ask(subject.long_prompt))
        except RequestRejectedError:
            return
        except Exception as error:
            raise BrokenPromiseError(f"a prompt that is too long gave {error!r}") from error
    refused = reply.failure is not None and reply.failure.status == "refused"
    demand(refused, f"a prompt that is too long was answered by {reply.text!r}")


async def check_receipt(subject: Subject) -> None:
    """The receipt is that of the clip, and says in words what was sent."""
    from ugcbench.media import read

    need(subject.clips, "it takes no clips")
    async with _opened(subject.make) as model:
        for clip in (SPOKEN.clip, BLANK):
            receipt = (await model.generate(subject.ask("Describe it.", clip))).receipt
            demand(receipt is not None, f"no receipt came for {clip.name}")
            assert receipt is not None
            truth = read(clip, MediaProfile()).receipt
            digest = hashlib.sha256(clip.read_bytes()).hexdigest()
            demand(receipt.sha256 == digest, f"the receipt's sha256 is {receipt.sha256}")
            seconds = receipt.audio_seconds
            demand(seconds == truth.audio_seconds, f"it tells of {seconds} s of sound")
            # A service that picks the frames itself leaves their times open.
            honest = receipt.frame_times in (truth.frame_times, ())
            demand(honest, f"it tells of frames at {receipt.frame_times}")
            demand(bool(receipt.sent), "it does not say what was sent")
        receipt = (await model.generate(subject.ask("Who are you?"))).receipt
        demand(receipt is None, "a prompt without a clip got a receipt")


async def check_sound_arrives(subject: Subject) -> None:
    """Muting a clip changes what the engine gets, and so does saying something else in it."""
    await _check_arrival(subject, "sound", [SPOKEN.clip, BLANK, SPOKEN_OTHER.clip])


async def check_pictures_arrive(subject: Subject) -> None:
    """Other pictures change what the engine gets."""
    need(subject.observe is not None, "no `observe` was given")
    await _check_arrival(subject, "pictures", [WRITTEN.clip, BLANK])


async def check_unload(subject: Subject) -> None:
    """Closing frees the weights, and nothing holds a model that nobody needs any more."""
    model = subject.make()
    weights: weakref.ref[object] | None = None
    try:
        for prompt in subject.prompts()[:2]:
            await model.generate(prompt)
        if subject.weights is not None:
            weights = weakref.ref(subject.weights(model))
    finally:
        await model.close()
    if weights is not None:
        demand(await _soon(lambda: weights() is None), "the weights are held after `close`")
    dropped = weakref.ref(model)
    del model
    demand(await _soon(lambda: dropped() is None), "something holds the model after `close`")


async def check_close(subject: Subject) -> None:
    """Closing again, or before anything was asked, is fine, and no task or thread is left."""
    idle = subject.make()
    await idle.close()
    await idle.close()
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    model = subject.make()
    await _together(model, subject.prompts()[:2])
    await model.close()
    await model.close()
    demand(await _soon(lambda: asyncio.all_tasks() <= tasks), "a task runs on after `close`")
    demand(
        await _soon(lambda: not _own_threads() - threads),
        f"threads run on after `close`: {_own_threads() - threads}",
    )


CONTRACT: Mapping[str, Check] = {
    "order": check_order,
    "batch_equals_single": check_batch_equals_single,
    "determinism": check_determinism,
    "cancellation": check_cancellation,
    "timeout": check_timeout,
    "typed_errors": check_typed_errors,
    "empty_reply": check_empty_reply,
    "long_prompt": check_long_prompt,
    "receipt": check_receipt,
    "sound_arrives": check_sound_arrives,
    "pictures_arrive": check_pictures_arrive,
    "unload": check_unload,
    "close": check_close,
}
"""Every promise by its name."""


@contextlib.asynccontextmanager
async def _opened(make: Callable[[], Model]) -> AsyncGenerator[Model, None]:
    model = make()
    try:
        yield model
    finally:
        await model.close()


async def _together(model: Model, prompts: Sequence[Prompt]) -> list[Prediction]:
    return list(await asyncio.gather(*(model.generate(prompt) for prompt in prompts)))


async def _error_of(model: Model, prompt: Prompt) -> Exception | None:
    try:
        await model.generate(prompt)
    except Exception as error:  # noqa: BLE001 - which one it is, is the question
        return error
    return None


def _write_bad_clips(folder: Path) -> list[Path]:
    """A clip that is not there, and one that is no clip."""
    garbage = folder / "garbage.mp4"
    garbage.write_bytes(b"no clip at all" * 100)
    return [folder / "missing.mp4", garbage]


async def _check_arrival(subject: Subject, what: str, clips: Sequence[Path]) -> None:
    """What the engine got for the first clip must be told apart from that for each other one."""
    need(subject.clips, "it takes no clips")
    seen: list[tuple[Prediction, object]] = []
    async with _opened(subject.make) as model:
        for clip in (clips[0], *clips):
            reply = await model.generate(subject.ask("Describe it.", clip))
            seen.append((reply, subject.observe() if subject.observe else None))
    again, first, *others = seen
    if subject.observe is not None:
        demand(again[1] == first[1], "what is observed changes though the clip does not")
        for clip, other in zip(clips[1:], others, strict=True):
            demand(first[1] != other[1], f"the {what} of {clips[0].name} and {clip.name} is lost")
        return
    need(_is_told(first[0]), "no `observe` was given, and neither tokens nor receipts are told")
    demand(_trace(first[0]) != _trace(others[0][0]), f"the {what} leaves no trace")


def _is_told(reply: Prediction) -> bool:
    return reply.usage.input_tokens is not None or _trace(reply)[1] is not None


def _trace(reply: Prediction) -> tuple[int | None, str | None]:
    return reply.usage.input_tokens, reply.receipt.sent if reply.receipt else None


async def _soon(fulfilled: Callable[[], bool]) -> bool:
    """Whether something holds within `PATIENCE`."""
    end = time.monotonic() + PATIENCE
    while not fulfilled():
        if time.monotonic() > end:
            return False
        gc.collect()
        await asyncio.sleep(0.02)
    return True


def _own_threads() -> set[threading.Thread]:
    """The threads that run, without those of the event loop's own pool."""
    return {each for each in threading.enumerate() if not each.name.startswith("asyncio_")}


def _demand_same(one: Sequence[Prediction], other: Sequence[Prediction], how: str) -> None:
    for mine, theirs in zip(one, other, strict=True):
        same = (mine.text, mine.failure) == (theirs.text, theirs.failure)
        demand(same, f"{how}, {mine.sample_id} got {theirs.text!r} and not {mine.text!r}")
