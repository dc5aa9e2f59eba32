"""A planted key appears nowhere: run directory, stdout, stderr, exceptions, addresses."""

from __future__ import annotations

import json
import traceback

import pytest

from ugcbench.errors import UgcbenchError
from ugcbench.models import Fake, answer
from ugcbench.redaction import REDACTED, SECRET, hide_secrets, redact, secrets_of
from ugcbench.testing import OpenAIServer, Refusal, error_response
from ugcbench.types import Prompt

KEY = "sk-planted-8c1d0f7a55"
PROMPT = Prompt(task="t", sample_id="s", text="?")
REPEATING = {
    "wrong key": lambda key: error_response(Refusal(401, f"Incorrect API key provided: {key}.")),
    "not served": lambda key: error_response(Refusal(404, f"nothing for Bearer {key}")),
    "rejected": lambda key: error_response(Refusal(400, f"{key} asked for too much")),
}


def nothing_holds(key, done, folder):
    __tracebackhide__ = True
    assert key not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for file in folder.rglob("*"):
        if file.is_file():
            assert key.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("how", ["environment", "option", "address"])
def test_a_run_that_succeeds(how, ugcbench, tmp_path):
    pytest.importorskip("openai", reason="needs the extra [openai]")
    with OpenAIServer(reply=f"Positive. Your key is {KEY}.") as server:
        url = server.url
        given, environment = [], {}
        if how == "environment":
            environment["OPENAI_API_KEY"] = KEY
        elif how == "option":
            given = [f"api_key={KEY}"]
        else:
            url = f"{server.url.replace('://', f'://user:{KEY}@')}?token={KEY}"
        options = [word for option in (f"base_url={url}", *given) for word in ("--option", option)]
        done = ugcbench(
            *("run", "--model", "openai/m", "--dataset", "mini", "--tasks", "ugc/tone"),
            *("--limit", "1", "--attempts", "1", "--output", "run", *options),
            OPENAI_API_KEY=environment.get("OPENAI_API_KEY", ""),
        )
    nothing_holds(KEY, done, tmp_path)
    if how != "address":  # the client adds its path behind the parameters
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ending", REPEATING)
def test_a_model_and_a_judge_that_fail(ending, ugcbench, tmp_path):
    pytest.importorskip("openai", reason="needs the extra [openai]")
    with OpenAIServer() as server:
        server.plan(*[REPEATING[ending](KEY)] * 20)
        done = ugcbench(
            *("run", "--model", "openai/m", "--dataset", "mini", "--tasks", "ugc/tone"),
            *("--option", f"base_url={server.url}", "--option", f"api_key={KEY}"),
            *("--limit", "1", "--attempts", "1", "--output", "one"),
        )
        judged = ugcbench(
            *("run", "--model", "blind", "--judge", "openai/j", "--dataset", "mini"),
            *(
                "--judge-option",
                f"base_url={server.url}",
                "--judge-option",
                f"openai/j:api_key={KEY}",
            ),
            *("--tasks", "ugc/caption", "--limit", "1", "--attempts", "1", "--output", "two"),
        )
    for each in (done, judged):
        assert each.returncode in (3, 4)
        nothing_holds(KEY, each, tmp_path)
    stored = json.loads((tmp_path / "two" / "run.json").read_text())
    assert stored["judge_options"]["openai/j:api_key"] == REDACTED


@pytest.mark.parametrize("prefix", ["openai", "gemini"])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/KEY?token=KEY", "http://user:KEY@127.0.0.1:9/v1"]
)
async def test_exceptions_of_a_server_that_is_not_there(prefix, url, monkeypatch):
    module = {"openai": "openai", "gemini": "google.genai"}[prefix]
    pytest.importorskip(module, reason=f"needs the extra [{prefix}]")
    from ugcbench.plugins import Registry, create

    address = url.replace("/KEY?", "/v1?").replace("KEY", KEY)
    model = create(
        Registry().model(f"{prefix}/m"), {"api_key": f"{KEY}x", "base_url": address}, model="m"
    )
    with pytest.raises(UgcbenchError) as failed:
        await model.generate(PROMPT)
    await model.close()
    assert KEY not in "".join(traceback.format_exception(failed.value))


@pytest.mark.parametrize("url", [f"htp://u:{KEY}@host", f"host?token={KEY}", f"u:{KEY}@host/v1"])
async def test_an_address_that_is_none(url, command):
    pytest.importorskip("openai", reason="needs the extra [openai]")
    from ugcbench.plugins import Registry, create

    model = create(Registry().model("openai/m"), {"base_url": url, "api_key": "k"}, model="m")
    with pytest.raises(UgcbenchError, match="is no URL") as refused:
        await model.generate(PROMPT)
    assert KEY not in str(refused.value)


async def test_a_third_partys_adapter_that_shows_its_key(planted):
    fake = Fake(lambda _: ValueError(f"refused for key {planted}"))
    failure = (await answer(fake, PROMPT)).failure
    assert failure.message == f"refused for key {REDACTED}"


def test_what_a_command_prints_never_shows_the_key(planted, command, tmp_path):
    done = command("verify", tmp_path / planted)
    assert done.code == 2
    assert planted not in done.out + done.err


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "apiKey",
        "x-api-key",
        "Token",
        "hf_token",
        "accessToken",
        "client_secret",
        "PASSWORD",
        "passwd",
        "Authorization",
        "openai/x:api_key",
        "cookie",
        "credentials",
    ],
)
def test_names_of_secrets(name):
    assert SECRET.search(name)
    assert redact({"extra": {name: KEY}, "list": [{name: KEY}]}) == {
        "extra": {name: REDACTED},
        "list": [{name: REDACTED}],
    }


@pytest.mark.parametrize(
    "name",
    [
        "max_tokens",
        "max_tokens_field",
        "max_new_tokens",
        "thinking_tokens",
        "tokenizer",
        "keyframes",
    ],
)
def test_names_that_only_sound_like_it(name):
    assert redact({name: 7}) == {name: 7}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"https://u:{KEY}@h.org/v1", "https://***@h.org/v1"),
        (f"https://h.org/v1?v=3&token={KEY}#x", "https://h.org/v1?v=3&token=***#x"),
        (
            f"https://h.org/c.mp4?X-Amz-Signature={KEY}&e=1",
            "https://h.org/c.mp4?X-Amz-Signature=***&e=1",
        ),
        ("https://www.h.org/watch?v=abc&t=3", "https://www.h.org/watch?v=abc&t=3"),
        (f"s3://key:{KEY}@bucket/x", "s3://***@bucket/x"),
    ],
)
def test_addresses(address, shown):
    assert hide_secrets(f"see {address} there") == f"see {shown} there"
    assert redact({"base_url": address}) == {"base_url": shown}
    assert all(part not in shown for part in secrets_of(address))


def test_bearer_tokens(monkeypatch):
    assert hide_secrets(f"sent Authorization: Bearer {KEY}") == "sent Authorization: Bearer ***"
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "a-long-enough-value")
    assert hide_secrets("a-long-enough-value") == "a-long-enough-value"
