"""Retries, rate limit, budget, memory of verdicts, and failures that become predictions."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from ugcbench import Prompt, Usage
from ugcbench.errors import (
    BudgetReachedError,
    EmptyMediaError,
    FatalModelError,
    ModelTimeoutError,
    RequestRejectedError,
    RunError,
    TransientModelError,
    UnreachableError,
    UsageError,
)
from ugcbench.models import (
    Budgeted,
    Fake,
    Price,
    Purse,
    RateLimited,
    Remembering,
    Retrying,
    address,
    answer,
    read_prices,
)
from ugcbench.store import Log, Store, key_of_verdict, read_verdicts

PROMPT = Prompt(task="t", sample_id="a", text="question")


def scripted(*replies):
    """A fake that gives one reply after the other."""
    rest = iter(replies)
    return Fake(lambda prompt: next(rest))


def quick(model, **more):
    return Retrying(model, **{"first_pause": 0.001, **more})


async def test_a_transient_error_is_tried_again_and_counted():
    model = scripted(TransientModelError("busy"), TransientModelError("busy"), "fine")
    prediction = await quick(model).generate(PROMPT)
    assert (prediction.text, prediction.usage.attempts) == ("fine", 3)


async def test_attempts_end():
    model = scripted(*[TransientModelError("busy")] * 9)
    with pytest.raises(TransientModelError):
        await quick(model, attempts=3).generate(PROMPT)
    assert len(model.prompts) == 3


async def test_a_server_that_never_replied_ends_the_run():
    model = quick(scripted(*[UnreachableError("nobody")] * 9), attempts=2)
    for _ in range(2):  # whoever waits is told without another attempt
        with pytest.raises(FatalModelError, match="nobody; it has never replied: start the server"):
            await model.generate(PROMPT)
    assert len(model.model.prompts) == 2


@pytest.mark.parametrize("sign_of_life", ["fine", TransientModelError("busy")])
async def test_a_server_that_replied_before_may_come_back(sign_of_life):
    gone = UnreachableError("nobody")
    model = quick(scripted(sign_of_life, gone, gone, gone, "back"), attempts=2)
    with nullcontext() if sign_of_life == "fine" else pytest.raises(UnreachableError):
        await model.generate(PROMPT)
    with pytest.raises(UnreachableError):
        await model.generate(PROMPT)
    assert (await model.generate(PROMPT)).text == "back"


@pytest.mark.parametrize("error", [FatalModelError("key"), RequestRejectedError("too long")])
async def test_what_cannot_pass_is_not_tried_again(error):
    model = scripted(error, "never")
    with pytest.raises(type(error)):
        await quick(model).generate(PROMPT)
    assert len(model.prompts) == 1


async def test_retry_after_is_honoured():
    model = scripted(TransientModelError("busy", retry_after=0.2), "fine")
    started = time.monotonic()
    await quick(model).generate(PROMPT)
    assert time.monotonic() - started >= 0.2


async def test_a_wish_beyond_the_longest_pause_ends_the_attempts():
    model = scripted(TransientModelError("come back tomorrow", retry_after=86_400), "never")
    with pytest.raises(TransientModelError):
        await quick(model).generate(PROMPT)


def test_a_fake_says_only_text():
    with pytest.raises(UsageError, match="must be text, not dict; quote it"):
        Fake({"tone": "Positive"})


async def test_each_attempt_has_a_time_limit():
    model = Fake("late", seconds=5)
    with pytest.raises(ModelTimeoutError, match=r"no answer within 0\.01 s"):
        await quick(model, timeout=0.01, attempts=2).generate(PROMPT)
    assert len(model.prompts) == 2


async def test_a_rate_limit_spaces_the_starts():
    model = RateLimited(Fake(), per_minute=60 / 0.05)
    started = time.monotonic()
    await asyncio.gather(*(model.generate(PROMPT) for _ in range(5)))
    assert time.monotonic() - started >= 0.19


async def test_money_is_counted_and_never_exceeded_by_more_than_what_is_in_flight():
    fake = Fake(usage=Usage(input_tokens=1_000_000, output_tokens=100_000))
    purse = Purse(limit=10.0)
    model = Budgeted(fake, Price(input=2.0, output=10.0), purse)
    prediction = await model.generate(PROMPT)
    assert prediction.usage.cost_usd == purse.spent == pytest.approx(3.0)
    for _ in range(3):
        await model.generate(PROMPT)
    with pytest.raises(BudgetReachedError, match=r"12\.0000 USD of 10 USD"):
        await model.generate(PROMPT)
    assert len(fake.prompts) == 4


def test_prices_are_read_from_toml():
    prices = read_prices('["openai/x"]\ninput = 1\noutput = 2.5\n')
    assert prices == {"openai/x": Price(input=1, output=2.5)}
    with pytest.raises(ValueError, match="output"):
        read_prices('["openai/x"]\ninput = 1\n')


async def test_a_judge_is_asked_nothing_twice(tmp_path):
    fake = Fake("verdict", seconds=0.01)
    with Store(tmp_path) as store:
        model = Remembering(fake, "j", store.verdicts)
        both = await asyncio.gather(model.generate(PROMPT), model.generate(PROMPT))
        assert [prediction.text for prediction in both] == ["verdict"] * 2
        await model.close()
    with Store(tmp_path) as store:
        again = await Remembering(fake, "j", store.verdicts).generate(PROMPT)
    assert again.text == "verdict"
    assert len(fake.prompts) == 1


async def test_verdicts_of_another_run_are_copied_and_cost_nothing(tmp_path):
    paid = Fake("verdict", usage=Usage(input_tokens=9, cost_usd=1.0))
    with Store(tmp_path / "one") as store:
        await Remembering(paid, "j", store.verdicts).generate(PROMPT)
    never = scripted(FatalModelError("asked"))
    with Store(tmp_path / "two") as store:
        known = [read_verdicts(tmp_path / "one")]
        model = Remembering(never, "j", store.verdicts, known=known)
        assert (await model.generate(PROMPT)).usage == Usage(attempts=0)
        await model.close()
        assert [verdict.prediction.text for verdict in store.all_verdicts()] == ["verdict"]


async def test_a_stored_verdict_that_is_asked_for_again_is_not_taken_from_elsewhere(tmp_path):
    with Store(tmp_path / "one") as store:
        await Remembering(Fake("old"), "j", store.verdicts).generate(PROMPT)
    with Store(tmp_path / "two") as store:
        known = [read_verdicts(tmp_path / "one" / "verdicts.jsonl")]
        again = {address("j", PROMPT)}
        model = Remembering(Fake("new"), "j", store.verdicts, again=again, known=known)
        assert (await model.generate(PROMPT)).text == "new"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
async def test_a_verdict_that_cannot_be_stored_stops_the_run(tmp_path):
    log = Log(tmp_path / "verdicts.jsonl", key_of_verdict)
    log.path.symlink_to("/dev/full")
    model = Remembering(Fake("verdict"), "j", log)
    with pytest.raises(RunError, match="then --resume"):
        await answer(model, PROMPT)


def test_a_folder_without_verdicts_is_named(tmp_path):
    with pytest.raises(RunError, match=r"has no verdicts: no verdicts\.jsonl is there"):
        read_verdicts(tmp_path)


async def test_a_failed_verdict_is_not_remembered(tmp_path):
    fake = scripted(RequestRejectedError("no"), "verdict")
    with Store(tmp_path) as store:
        model = Remembering(fake, "j", store.verdicts)
        assert (await model.generate(PROMPT)).failure is not None
        assert (await model.generate(PROMPT)).text == "verdict"


async def test_a_fatal_error_reaches_everybody_who_waits(tmp_path):
    with Store(tmp_path) as store:
        model = Remembering(scripted(FatalModelError("key")), "j", store.verdicts)
        outcomes = await asyncio.gather(
            model.generate(PROMPT), model.generate(PROMPT), return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [FatalModelError] * 2


async def test_a_cancelled_waiter_does_not_lose_the_answer(tmp_path):
    with Store(tmp_path) as store:
        model = Remembering(Fake("verdict", seconds=0.05), "j", store.verdicts)
        waiter = asyncio.create_task(model.generate(PROMPT))
        await asyncio.sleep(0.01)
        waiter.cancel()
        await model.close()
        assert address("j", PROMPT) in store.verdicts


def test_the_address_changes_with_all_that_matters_and_with_nothing_else():
    base = address("j", PROMPT)
    same = PROMPT.model_copy(update={"sample_id": "b", "task": "u", "fields": {"x": "y"}})
    assert address("j", same) == base
    sampling = PROMPT.sampling.model_copy(update={"temperature": 1.0})
    for change in ({"text": "other"}, {"output_schema": {}}, {"sampling": sampling}):
        assert address("j", PROMPT.model_copy(update=change)) != base
    assert address("k", PROMPT) != base


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (EmptyMediaError("a.mp4", "no bytes"), "missing", "media_empty"),
        (ModelTimeoutError("late"), "timeout", "ModelTimeoutError"),
        (TransientModelError("busy"), "api_error", "TransientModelError"),
        (ZeroDivisionError("a bug"), "api_error", "ZeroDivisionError"),
    ],
)
async def test_what_goes_wrong_becomes_a_typed_failure(error, status, kind):
    prediction = await answer(scripted(error), PROMPT)
    assert prediction.text is None
    assert (prediction.failure.status, prediction.failure.kind) == (status, kind)
    assert str(error) in prediction.failure.message


async def test_a_fatal_error_is_passed_on():
    with pytest.raises(FatalModelError):
        await answer(scripted(FatalModelError("key")), PROMPT)
