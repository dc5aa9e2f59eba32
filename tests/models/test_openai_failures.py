"""Does each failure of a server end as the error that it deserves, and never show the key?"""

from __future__ import annotations

import email.utils
import logging
import time
import traceback

import pytest

pytest.importorskip("openai")

from ugcbench.errors import (
    FatalModelError,
    ModelTimeoutError,
    RequestRejectedError,
    TransientModelError,
    UnreachableError,
)
from ugcbench.testing import OpenAIServer, Refusal, Response, error_response
from ugcbench.types import Prompt

PLANTED = "sk-planted-0123456789"


def ask():
    return Prompt(task="t", sample_id="s", text="Who speaks?")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("content_filter", "content_filter"),
        ("refusal", "refusal"),
        ("empty", "empty"),
        ("no_choices", "empty"),
    ],
)
async def test_refusal_is_no_error(server, connect, fault, kind):
    server.plan(fault)
    prediction = await connect().generate(ask())
    assert prediction.text is None
    assert (prediction.failure.status, prediction.failure.kind) == ("refused", kind)
    assert prediction.usage.input_tokens > 0


async def test_blank_text_is_no_answer(server, connect):
    server.reply = " \n"
    assert (await connect().generate(ask())).failure.kind == "empty"


async def test_prompt_that_is_filtered_is_refused(server, connect):
    server.plan(error_response(Refusal(400, "The prompt was filtered", "content_filter")))
    failure = (await connect().generate(ask())).failure
    assert (failure.status, failure.kind) == ("refused", "content_filter")
    assert "was filtered" in failure.message


async def test_cut_text_is_kept_and_marked(server, connect):
    server.plan("length")
    prediction = await connect().generate(ask())
    assert prediction.finish == "length"
    assert prediction.text == server.reply[: len(server.reply) // 2]


async def test_model_that_answered_is_recorded(server, connect):
    server.plan("rerouted")
    assert (await connect().generate(ask())).model == "m-rerouted"


@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        ("rate_limit", TransientModelError, "429 Rate limit reached"),
        ("server_error", TransientModelError, "500 The server had an error"),
        ("unavailable", TransientModelError, "503 The engine"),
        ("disconnect", TransientModelError, "no answer from http://127.0.0.1"),
        ("truncated", TransientModelError, "no chat completion"),
        ("html", TransientModelError, "base_url"),
        (Response(200, b'{"choices": "many"}'), TransientModelError, "no chat completion"),
        (Response(502, b"<html>bad gateway"), TransientModelError, "502 <html>bad gateway"),
        (error_response(Refusal(408, "slow")), TransientModelError, "slow"),
        (error_response(Refusal(409, "conflict")), TransientModelError, "conflict"),
        ("quota", FatalModelError, "no credit is left"),
        (error_response(Refusal(402, "pay first")), FatalModelError, "no credit is left"),
        (error_response(Refusal(403, "wrong country")), FatalModelError, "wrong country"),
        ("context_length", RequestRejectedError, "maximum context length is 4096"),
        (error_response(Refusal(400, "odd request")), RequestRejectedError, "400 odd request"),
        (error_response(Refusal(413, "body too big")), RequestRejectedError, "body too big"),
    ],
)
async def test_failures_are_told_apart(server, connect, step, error, words):
    server.plan(step)
    with pytest.raises(error) as caught:
        await connect().generate(ask())
    assert words in str(caught.value)
    assert server.calls == 1  # repeating is not the adapter's business


@pytest.mark.parametrize(
    ("refusal", "option"),
    [
        (
            Refusal(400, "Use 'max_completion_tokens'", "unsupported_parameter", "max_tokens"),
            "max_tokens_field=max_completion_tokens",
        ),
        (
            Refusal(400, "Only 1 is supported", "unsupported_value", "temperature"),
            "'extra_body={\"temperature\": null}'",
        ),
        (
            Refusal(400, "json_schema is unknown here", param="response_format.type"),
            "structured=false",
        ),
        (Refusal(400, "At most 0 audio(s) may be provided in one prompt."), "audio=false"),
        (
            Refusal(400, "Invalid value: 'image_url'. Supported: 'text', 'input_audio'"),
            "frames=false",
        ),
        (Refusal(500, "audio input is not supported - hint: load a projector"), "audio=false"),
        (Refusal(400, "This model does not support image_url content."), "frames=false"),
    ],
)
async def test_what_every_request_would_meet_is_fatal(server, connect, refusal, option):
    server.plan(error_response(refusal))
    with pytest.raises(FatalModelError) as caught:
        await connect().generate(ask())
    assert str(caught.value).endswith(f"--option {option}`")


async def test_picture_that_is_refused_for_itself_is_not_fatal(server, connect):
    server.plan(error_response(Refusal(400, "You uploaded an unsupported image.")))
    with pytest.raises(RequestRejectedError):
        await connect().generate(ask())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": email.utils.formatdate(time.time() + 86_400, usegmt=True)}, 86_400),
        ({"retry-after": email.utils.formatdate(time.time() - 60, usegmt=True)}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
async def test_wish_to_be_left_alone_is_read(server, connect, headers, seconds):
    server.plan(error_response(Refusal(429, "slow down"), headers))
    with pytest.raises(TransientModelError) as caught:
        await connect().generate(ask())
    assert caught.value.retry_after == (seconds and pytest.approx(seconds, rel=0.05))


async def test_answer_that_does_not_come_is_a_timeout(server, connect):
    server.plan("hang")
    model = connect(timeout=0.2)
    with pytest.raises(ModelTimeoutError, match=r"within 0\.2 s"):
        await model.generate(ask())
    assert (await model.generate(ask())).text == server.reply


async def test_nothing_listening_is_worth_another_attempt(connect):
    with OpenAIServer() as gone:
        url = gone.url
    with pytest.raises(UnreachableError, match=r"no answer from [^ ]+ \((?!.* ssl:)"):
        await connect(base_url=url).generate(ask())


async def test_unknown_model_is_fatal(server, connect):
    server.models = ["other"]
    with pytest.raises(FatalModelError, match=r"`m` does not exist.*check the model's name"):
        await connect().generate(ask())


# Server and key


async def test_environment_names_server_and_key(server, connect, monkeypatch):
    server.key = PLANTED
    model = connect(base_url=None)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", f"{PLANTED}\n")  # read late, and as shells leave it
    assert (await model.generate(ask())).text == server.reply


@pytest.mark.parametrize("base_url", [None, "https://example.com/v1"])
async def test_missing_key_says_what_to_type(connect, base_url):
    with pytest.raises(FatalModelError, match="export OPENAI_API_KEY"):
        await connect(base_url=base_url).generate(ask())


async def test_address_without_scheme_is_fatal(connect):
    with pytest.raises(FatalModelError, match="base_url=http://HOST:PORT/v1"):
        await connect(base_url="localhost:8000/v1").generate(ask())


@pytest.mark.parametrize("key", ["sk-plantéd", "sk-plan\nted"])
async def test_key_that_cannot_be_sent_is_not_shown(connect, key):
    with pytest.raises(FatalModelError, match="copy it anew") as caught:
        await connect(api_key=key).generate(ask())
    assert "sk-plan" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("limit", [None, "max_tokens"])
async def test_openai_itself_gets_its_own_limit_field(connect, limit):
    model = connect(base_url=None, api_key="k", max_tokens_field=limit)
    body = model._build_body(ask(), "text")
    assert ("max_tokens" in body) is (limit is not None)


@pytest.mark.parametrize(
    "step",
    [
        error_response(Refusal(401, f"Incorrect API key provided: {PLANTED}.")),
        error_response(Refusal(500, f"crashed with {PLANTED}")),
        error_response(Refusal(400, f"odd {PLANTED}")),
        Response(502, PLANTED.encode()),
        Response(200, PLANTED.encode()),
        "rate_limit",
        "disconnect",
        "truncated",
    ],
)
async def test_key_never_appears(server, connect, step, caplog):
    caplog.set_level(logging.DEBUG)
    server.plan(step)
    model = connect(api_key=PLANTED)
    with pytest.raises((FatalModelError, TransientModelError, RequestRejectedError)) as caught:
        await model.generate(ask())
    assert PLANTED not in "".join(traceback.format_exception(caught.value))
    assert PLANTED not in repr(model)
    assert PLANTED not in caplog.text


async def test_key_is_not_kept_in_an_answer_that_repeats_it(server, connect):
    server.reply = f"Your key is {PLANTED}"
    assert (await connect(api_key=PLANTED).generate(ask())).text == "Your key is ***"


@pytest.mark.parametrize("placeholder", ["k", "test", "none"])
async def test_a_placeholder_for_a_key_takes_no_letters_out_of_an_answer(
    server, connect, placeholder
):
    server.reply = "A kitten takes the test; none wins."
    told = await connect(api_key=placeholder).generate(ask())
    assert told.text == server.reply
    assert told.usage.input_tokens is not None
