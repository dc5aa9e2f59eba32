"""Does the loopback server speak the API, refuse what the API refuses, and fail as told?"""

from __future__ import annotations

import base64
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ugcbench.testing import OpenAIServer, Refusal, Response, error_response
from ugcbench.testing.openai_server import DEFAULT_REPLY, ERRORS

SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["score"],
    "additionalProperties": False,
}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


def send(server, body=None, *, method="POST", path="/v1/chat/completions", key="any"):
    """Status, headers and body of an answer, by the standard library's client."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        connection.request(method, path, data, headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def chat(**changes):
    return {"model": "m", "messages": [{"role": "user", "content": "Who speaks?"}], **changes}


def parts(*parts):
    return chat(messages=[{"role": "user", "content": list(parts)}])


def schema_format(schema=SCHEMA, **changes):
    named = {"name": "verdict", "strict": True, "schema": schema, **changes}
    return {"type": "json_schema", "json_schema": named}


def reply_of(answer):
    return json.loads(answer[2])["choices"][0]["message"]["content"]


def error_of(answer):
    return json.loads(answer[2])["error"]


def test_completion_has_the_fields_of_the_api(server):
    status, headers, body = send(server, chat(temperature=0, max_completion_tokens=5))
    completion = json.loads(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert completion["object"] == "chat.completion"
    assert completion["model"] == "m"
    assert completion["choices"][0]["finish_reason"] == "stop"
    assert completion["choices"][0]["message"]["content"] == DEFAULT_REPLY
    usage = completion["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 5


def test_schema_is_answered_by_json_that_fits_it(server):
    assert json.loads(reply_of(send(server, chat(response_format=schema_format())))) == {"score": 1}


def test_reply_may_be_a_function_of_the_request():
    def speak(call):
        return None if "response_format" in call else call["messages"][0]["content"].upper()

    with OpenAIServer(reply=speak) as server:
        assert reply_of(send(server, chat())) == "WHO SPEAKS?"
        assert reply_of(send(server, chat(response_format=schema_format()))) == '{"score": 1}'


def test_models_are_listed():
    with OpenAIServer(models=["a", "b"]) as server:
        status, _, body = send(server, method="GET", path="/v1/models")
        assert (status, [card["id"] for card in json.loads(body)["data"]]) == (200, ["a", "b"])


@pytest.mark.parametrize(
    ("body", "param", "code", "words"),
    [
        (b"{", None, None, "could not parse the JSON"),
        ({"model": "m"}, "messages", "missing_required_parameter", "messages"),
        (chat(messages=[]), "messages", "invalid_value", "at least 1"),
        (chat(top_k=3), "top_k", "unknown_parameter", "Unrecognized request argument"),
        (chat(temperature=3), "temperature", "invalid_value", "less than or equal to 2"),
        (chat(stream=True), "stream", "invalid_value", "False"),
        (chat(max_tokens=1, max_completion_tokens=1), "", "invalid_value", "can't both be given"),
        (
            parts({"type": "movie_url", "movie_url": {"url": "data:video/mp4;base64,AAAA"}}),
            "messages[0].content[0].type",
            "invalid_value",
            "Invalid value: 'movie_url'. Supported values are: 'text', 'image_url'",
        ),
        (
            parts({"type": "text"}),
            "messages[0].content[0].text",
            "missing_required_parameter",
            "text",
        ),
        (
            parts({"type": "image_url", "image_url": {"url": "data:image/png;base64,%"}}),
            "messages[0].content[0].image_url.url",
            "invalid_value",
            "not valid base64",
        ),
        (
            parts({"type": "image_url", "image_url": {"url": "/etc/passwd"}}),
            "messages[0].content[0].image_url.url",
            "invalid_value",
            "expected a URL",
        ),
        (
            parts({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "ogg"}}),
            "messages[0].content[0].input_audio.format",
            "invalid_value",
            "'wav' or 'mp3'",
        ),
        (
            chat(messages=[{"role": "judge", "content": "x"}]),
            "messages[0].role",
            "invalid_value",
            "'judge'",
        ),
        (
            chat(response_format=schema_format({"type": "object", "properties": {}})),
            "response_format",
            None,
            "'additionalProperties' is required",
        ),
        (
            chat(response_format=schema_format({**SCHEMA, "required": []})),
            "response_format",
            None,
            "'required' must list every key",
        ),
    ],
)
def test_malformed_request_is_refused(server, body, param, code, words):
    answer = send(server, body)
    error = error_of(answer)
    assert answer[0] == 400
    assert (error["param"], error["code"]) == (param, code)
    assert words in error["message"]


def test_schema_need_not_be_strict(server):
    loose = schema_format({"type": "object", "properties": {}}, strict=False)
    assert reply_of(send(server, chat(response_format=loose))) == "{}"


def test_lenient_server_ignores_unknown_parameters():
    with OpenAIServer(lenient=True) as server:
        assert send(server, chat(top_k=3))[0] == 200
        assert send(server, chat(temperature=3))[0] == 400


def test_part_that_the_model_does_not_take_is_refused():
    data = base64.b64encode(b"sound").decode()
    sound = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    with OpenAIServer(parts={"text", "image_url"}) as server:
        error = error_of(send(server, parts(sound)))
    assert error["message"].startswith("Invalid content type. input_audio")


def test_key_model_and_path_are_checked():
    with OpenAIServer(key="right", models=["m"]) as server:
        assert send(server, chat(), key=None)[0] == 401
        assert send(server, chat(), key="wrong")[0] == 401
        assert send(server, chat(model="other"), key="right")[0] == 404
        assert send(server, chat(), path="/chat/completions", key="right")[0] == 404
        assert send(server, chat(), key="right")[0] == 200


def test_plan_is_followed_once_and_in_order(server):
    server.plan("rate_limit", None, error_response(Refusal(418, "teapot")), "unavailable")
    answers = [send(server, chat()) for _ in range(5)]
    assert [status for status, _, _ in answers] == [429, 200, 418, 503, 200]
    assert answers[0][1]["retry-after"] == "0.05"


def test_refused_requests_leave_the_plan_alone(server):
    server.plan("quota")
    assert send(server, chat(temperature=3))[0] == 400
    assert error_of(send(server, chat()))["code"] == "insufficient_quota"


@pytest.mark.parametrize(
    ("fault", "content", "finish", "refused"),
    [
        ("wrong_schema", '{"unexpected": true}', "stop", False),
        ("empty", "", "stop", False),
        ("content_filter", None, "content_filter", False),
        ("refusal", None, "stop", True),
        ("length", DEFAULT_REPLY[: len(DEFAULT_REPLY) // 2], "length", False),
    ],
)
def test_faults_of_the_reply(server, fault, content, finish, refused):
    server.plan(fault)
    choice = json.loads(send(server, chat())[2])["choices"][0]
    assert choice["message"]["content"] == content
    assert choice["finish_reason"] == finish
    assert bool(choice["message"]["refusal"]) is refused


def test_faults_of_the_completion(server):
    server.plan("no_choices", "rerouted", "html", "truncated", "disconnect")
    assert json.loads(send(server, chat())[2])["choices"] == []
    assert json.loads(send(server, chat())[2])["model"] == "m-rerouted"
    status, headers, _ = send(server, chat())
    assert (status, headers["content-type"]) == (200, "text/html")
    with pytest.raises(json.JSONDecodeError):
        json.loads(send(server, chat())[2])
    with pytest.raises(http.client.IncompleteRead):
        send(server, chat())


def test_every_fault_has_an_effect(server):
    usual = send(server, chat())
    for fault in set(ERRORS) - {"hang"}:
        server.plan(fault)
        assert send(server, chat()) != usual


def test_hanging_call_holds_up_nothing_and_ends_with_the_server():
    with ThreadPoolExecutor(1) as pool:
        with OpenAIServer() as server:
            server.plan("hang")
            waiting = pool.submit(send, server, chat())
            while not server.calls:
                time.sleep(0.01)
            assert send(server, chat())[0] == 200
            assert not waiting.done()
        with pytest.raises(http.client.RemoteDisconnected):
            waiting.result()


def test_requests_are_recorded_without_the_key(server):
    send(server, chat(), key="sk-planted")
    send(server, method="GET", path="/v1/models", key="sk-planted")
    first, second = server.requests
    assert (first.method, first.path, first.json()) == ("POST", "/v1/chat/completions", chat())
    assert second.path == "/v1/models"
    assert "sk-planted" not in repr(server.requests)
    assert first.headers["content-length"] == str(len(first.body))


def test_record_is_bounded():
    with OpenAIServer(keep=2) as server:
        for i in range(5):
            send(server, chat(seed=i))
        assert server.calls == 5
        assert [request.json()["seed"] for request in server.requests] == [3, 4]


def test_calls_are_answered_side_by_side():
    with OpenAIServer(latency=0.3) as server, ThreadPoolExecutor(32) as pool:
        started = time.monotonic()
        statuses = list(pool.map(lambda _: send(server, chat())[0], range(32)))
        assert statuses == [200] * 32
        assert server.peak > 16
        assert time.monotonic() - started < 32 * 0.3 / 4


def test_reply_that_fails_is_logged_and_ends_the_connection(caplog):
    failing = OpenAIServer(reply=lambda call: call["no such field"])
    with failing as server, pytest.raises(http.client.RemoteDisconnected):
        send(server, chat())
    assert "no such field" in caplog.text


def test_one_connection_serves_many_calls(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(3):
        connection.request("GET", "/v1/models", headers={"Authorization": "Bearer k"})
        assert connection.getresponse().read()
    connection.close()
    assert server.calls == 3


def test_port_that_is_taken_is_an_error(server):
    before = threading.active_count()
    with pytest.raises(OSError, match="in use"), OpenAIServer(port=server.port):
        pass
    assert threading.active_count() == before


def test_nothing_is_left_of_a_closed_server():
    before = threading.active_count()
    with OpenAIServer() as server:
        send(server, chat())
    assert threading.active_count() == before
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", server.port)),
    ):
        pass


def test_own_answer_may_have_any_status(server):
    server.plan(Response(529, b"busy"))
    assert send(server, chat())[0] == 529


def test_runs_in_a_process_of_its_own():
    command = [sys.executable, "-W", "error", "-m", "ugcbench.testing.openai_server"]
    process = subprocess.Popen([*command, "--reply", "hello"], stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        connection = http.client.HTTPConnection(url.removeprefix("http://").removesuffix("/v1"))
        headers = {"Authorization": "Bearer k"}
        connection.request("POST", "/v1/chat/completions", json.dumps(chat()), headers)
        assert b"hello" in connection.getresponse().read()
        connection.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.close()
        assert process.wait(10) == 0
