"""Does each failure of the Gemini API end as the error that it deserves, and never show the key?"""

from __future__ import annotations

import logging
import traceback

import pytest

pytest.importorskip("google.genai", reason="needs the extra [gemini]")

from ugcbench.errors import (
    FatalModelError,
    MissingExtraError,
    ModelTimeoutError,
    RequestRejectedError,
    TransientModelError,
    UnreachableError,
    UsageError,
)
from ugcbench.plugins import Registry, create, load_target
from ugcbench.testing import GeminiServer, Response, google_error, json_response
from ugcbench.types import MediaProfile, Prompt

PLANTED = "AIza-planted-0123456789"
RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


def ask(**changes):
    return Prompt(**{"task": "t", "sample_id": "s", "text": "Who speaks?", **changes})


def answer(**candidate):
    body = {"candidates": [{"content": {"role": "model", "parts": []}, **candidate}]}
    return json_response({**body, "modelVersion": "m"})


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        ("blocked_prompt", "content_filter", "the prompt was blocked (PROHIBITED_CONTENT)"),
        ("content_filter", "content_filter", "(SAFETY, HARM_CATEGORY_DANGEROUS_CONTENT)"),
        (answer(finishReason="RECITATION"), "content_filter", "RECITATION"),
        (answer(finishReason="PROHIBITED_CONTENT"), "content_filter", "PROHIBITED_CONTENT"),
        ("empty", "empty", "no text (finish reason: STOP)"),
        (answer(finishReason="OTHER"), "empty", "no text (finish reason: OTHER)"),
        ("no_choices", "empty", "no text (finish reason: none)"),
    ],
)
async def test_refusal_is_no_error(gemini, reach, step, kind, words):
    gemini.plan(step)
    prediction = await reach().generate(ask())
    assert prediction.text is None
    assert (prediction.failure.status, prediction.failure.kind) == ("refused", kind)
    assert words in prediction.failure.message


async def test_text_that_a_filter_stopped_is_no_answer(gemini, reach):
    text = {"role": "model", "parts": [{"text": "He says that"}]}
    gemini.plan(answer(content=text, finishReason="SAFETY"))
    assert (await reach().generate(ask())).failure.kind == "content_filter"


async def test_thoughts_are_no_text(gemini, reach):
    parts = [{"text": "Hm.", "thought": True}, {"text": "A man"}, {"text": " speaks."}]
    gemini.plan(answer(content={"role": "model", "parts": parts}, finishReason="STOP"))
    assert (await reach().generate(ask())).text == "A man speaks."


async def test_cut_text_is_kept_and_marked(gemini, reach):
    gemini.plan("length")
    prediction = await reach().generate(ask())
    assert prediction.finish == "MAX_TOKENS"
    assert prediction.text == gemini.reply[: len(gemini.reply) // 2].strip()


async def test_model_that_answered_is_recorded(gemini, reach):
    gemini.plan("rerouted")
    assert (await reach().generate(ask())).model == "m-rerouted"
    gemini.served_model = "m-002"
    assert (await reach().generate(ask())).model == "m-002"


@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        ("rate_limit", TransientModelError, "429 You exceeded your current quota"),
        ("server_error", TransientModelError, "500 An internal error"),
        ("unavailable", TransientModelError, "503 The model is overloaded"),
        (google_error(504, "Deadline expired."), TransientModelError, "504 Deadline expired"),
        ("disconnect", TransientModelError, "no answer from http://127.0.0.1"),
        ("truncated", TransientModelError, "no answer of the Gemini API"),
        ("html", TransientModelError, "base_url"),
        (Response(200, b'{"candidates": "many"}'), TransientModelError, "no answer of the Gemini"),
        (Response(200, b"[1]"), TransientModelError, "no answer of the Gemini"),
        (Response(502, b"<html>bad gateway"), TransientModelError, "502"),
        ("quota", FatalModelError, "the quota is used up"),
        (google_error(429, "Quota exceeded, limit: 0"), FatalModelError, "the quota is used up"),
        (google_error(403, "API not enabled"), FatalModelError, "check GEMINI_API_KEY"),
        (google_error(401, "Who are you?"), FatalModelError, "check GEMINI_API_KEY"),
        ("invalid_key", FatalModelError, "--option api_key=KEY"),
        (
            google_error(400, "User location is not supported for the API use."),
            FatalModelError,
            "User location is not supported",
        ),
        ("context_length", RequestRejectedError, "exceeds the maximum number of tokens"),
        (google_error(400, "odd request"), RequestRejectedError, "400 odd request"),
        (
            google_error(400, "Unsupported MIME type: video/mp4"),
            RequestRejectedError,
            "--option media=profile",
        ),
    ],
)
async def test_failures_are_told_apart(gemini, reach, step, error, words):
    gemini.plan(step)
    with pytest.raises(error) as caught:
        await reach().generate(ask())
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert gemini.calls == 1  # repeating is not the adapter's business


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("Budget 0 is invalid. This model only works in thinking mode.", "thinking_budget="),
        ("JSON mode is not enabled for this model", "structured=false"),
        ("Audio input modality is not enabled for models/m", "audio=false"),
        ('Unknown name "videoMetadata": Cannot find field.', "media=profile"),
    ],
)
async def test_what_every_request_would_meet_is_fatal(gemini, reach, said, remedy):
    gemini.plan(google_error(400, said))
    with pytest.raises(FatalModelError, match=f"--option {remedy}"):
        await reach().generate(ask())


@pytest.mark.parametrize(
    ("delay", "headers", "seconds"),
    [
        ("12s", {}, 12),
        ("0.25s", {"retry-after": "9"}, 0.25),
        ("41.139s", {}, 41.139),
        ("soon", {"retry-after": "9"}, 9),
        (None, {"retry-after": "9"}, 9),
        (None, {}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_wish_to_be_left_alone_is_read(gemini, reach, status, delay, headers, seconds):
    details = [{"@type": RETRY_INFO, "retryDelay": delay}] if delay else []
    body = {"error": {"code": status, "message": "slow down", "details": details}}
    gemini.plan(json_response(body, status, headers))
    with pytest.raises(TransientModelError) as caught:
        await reach().generate(ask())
    assert caught.value.retry_after == seconds


async def test_answer_that_does_not_come_is_a_timeout(gemini, reach):
    gemini.plan("hang")
    model = reach(timeout=0.5)
    with pytest.raises(ModelTimeoutError, match=r"within 0\.5 s"):
        await model.generate(ask())
    assert (await model.generate(ask())).text == gemini.reply


async def test_nothing_listening_is_worth_another_attempt(reach):
    with GeminiServer() as gone:
        url = gone.url
    with pytest.raises(UnreachableError, match=r"^[^<]* no answer from [^<]*$"):
        await reach(base_url=url).generate(ask())


async def test_unknown_model_is_fatal(gemini, reach):
    gemini.models = ["other"]
    with pytest.raises(FatalModelError, match=r"models/m is not found.*check the model's name"):
        await reach().generate(ask())


# Server and key


@pytest.mark.parametrize("variables", [["GEMINI_API_KEY"], ["GOOGLE_API_KEY", "GEMINI_API_KEY"]])
async def test_environment_names_server_and_key(gemini, reach, monkeypatch, variables):
    gemini.key = PLANTED
    model = reach(base_url=None)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", gemini.url)
    for name, key in zip(variables, (f"{PLANTED}\n", "other"), strict=False):
        monkeypatch.setenv(name, key)  # read late, and as shells leave it
    assert (await model.generate(ask())).text == gemini.reply


async def test_missing_key_says_what_to_type(reach):
    with pytest.raises(FatalModelError, match=r"export GEMINI_API_KEY=\.\.\.` \(or GOOGLE_API_K"):
        await reach(base_url=None).generate(ask())


async def test_address_without_scheme_is_fatal(reach):
    with pytest.raises(FatalModelError, match="base_url=http://HOST:PORT"):
        await reach(base_url="localhost:8000").generate(ask())


async def test_key_that_cannot_be_sent_is_not_shown(reach):
    model = reach(api_key="AIza-plantéd")
    with pytest.raises(FatalModelError, match="copy it anew") as caught:
        await model.generate(ask())
    assert "AIza-plant" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "step",
    [
        google_error(401, f"Wrong key: {PLANTED}."),
        google_error(500, f"crashed with {PLANTED}"),
        google_error(400, f"odd {PLANTED}"),
        Response(502, PLANTED.encode()),
        Response(200, f'"{PLANTED}"'.encode()),
        "rate_limit",
        "disconnect",
        "truncated",
    ],
)
async def test_key_never_appears(gemini, reach, step, caplog):
    caplog.set_level(logging.DEBUG)
    gemini.plan(step)
    model = reach(api_key=PLANTED)
    with pytest.raises((FatalModelError, TransientModelError, RequestRejectedError)) as caught:
        await model.generate(ask())
    assert PLANTED not in "".join(traceback.format_exception(caught.value))
    assert PLANTED not in repr(model)
    assert PLANTED not in caplog.text


async def test_key_does_not_appear_when_an_upload_fails(gemini, reach, clip, caplog):
    caplog.set_level(logging.DEBUG)
    gemini.key = "right"
    prompt = ask(media=clip, profile=MediaProfile())
    with pytest.raises(FatalModelError) as caught:
        await reach(api_key=PLANTED, inline_limit=0).generate(prompt)
    assert PLANTED not in "".join(traceback.format_exception(caught.value))
    assert PLANTED not in caplog.text
    assert PLANTED not in repr(gemini.requests)


async def test_key_is_not_kept_in_an_answer_that_repeats_it(gemini, reach):
    gemini.reply = f"Your key is {PLANTED}"
    assert (await reach(api_key=PLANTED).generate(ask())).text == "Your key is ***"


# Names, options, installation


def test_names_lead_to_the_adapter():
    registry = Registry()
    assert registry.model("gemini/any-model", "judge").prefix
    for name in ("gemini-2.5-pro", "gemini-2.5-flash"):
        spec = registry.model(name)
        assert (create(spec)._model, spec.extra) == (name, "gemini")


def test_unknown_option_names_the_right_one():
    with pytest.raises(UsageError, match="did you mean thinking_budget"):
        create(Registry().model("gemini/m"), {"thinking_buget": 0}, model="m")


def test_missing_extra_says_what_to_install(monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.startswith("ugcbench_models.gemini")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "google.genai", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ugcbench\[gemini\]'"):
        load_target(Registry().model("gemini/m"))
