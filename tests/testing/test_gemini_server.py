"""Does the loopback server speak the Gemini API, refuse what it refuses, and fail as told?"""

from __future__ import annotations

import base64
import http.client
import io
import json
import wave
from typing import get_args

import pytest

from ugcbench.testing import Fault, GeminiServer, Response, google_error
from ugcbench.testing.gemini_server import ERRORS
from ugcbench.testing.model_server import DEFAULT_REPLY

SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["score"],
}
GENERATE = "/v1beta/models/m:generateContent"


@pytest.fixture
def server():
    with GeminiServer() as server:
        yield server


def send(server, body=None, *, method="POST", path=GENERATE, key="any", headers=None):
    """Status, headers and body of an answer, by the standard library's client."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body)
        given = {"x-goog-api-key": key} if key else {}
        connection.request(method, path, data, {**given, **(headers or {})})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def get(server, path, **options):
    status, _, body = send(server, b"", method="GET", path=path, **options)
    return status, json.loads(body)


def call(*parts, **changes):
    return {"contents": [{"parts": list(parts) or [{"text": "Who speaks?"}]}], **changes}


def json_config(schema=SCHEMA, **changes):
    config = {"responseMimeType": "application/json", "responseJsonSchema": schema, **changes}
    return {"generationConfig": config}


def text_of(answer):
    return json.loads(answer[2])["candidates"][0]["content"]["parts"][0]["text"]


def error_of(answer):
    error = json.loads(answer[2])["error"]
    assert error["code"] == answer[0]
    return error


def tone(seconds):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(2 * 16_000 * seconds))
    return buffer.getvalue()


def inline(data, mime_type):
    return {"inlineData": {"mimeType": mime_type, "data": base64.b64encode(data).decode()}}


# Answers


def test_answer_has_the_fields_of_the_api(server):
    status, headers, body = send(server, call())
    answer = json.loads(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    (candidate,) = answer["candidates"]
    assert candidate["content"] == {"role": "model", "parts": [{"text": DEFAULT_REPLY}]}
    assert (candidate["finishReason"], answer["modelVersion"]) == ("STOP", "m")
    assert answer["usageMetadata"] == {
        "promptTokenCount": 2,
        "candidatesTokenCount": 6,
        "totalTokenCount": 8,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 2}],
    }


def test_schema_is_answered_by_json_that_fits_it(server):
    assert json.loads(text_of(send(server, call(**json_config())))) == {"score": 1}


def test_reply_may_be_a_function_of_the_request():
    def speak(request):
        if "responseJsonSchema" in request["generationConfig"]:
            return None
        return request["contents"][0]["parts"][0]["text"].upper()

    with GeminiServer(reply=speak) as server:
        assert text_of(send(server, call())) == "WHO SPEAKS?"
        assert text_of(send(server, call(**json_config()))) == '{"score": 1}'


def test_names_may_be_written_with_underscores(server):
    body = {
        "contents": [{"role": "user", "parts": [{"text": "?"}]}],
        "system_instruction": {"parts": [{"text": "Be brief."}]},
        "generation_config": {"max_output_tokens": 2},
    }
    assert text_of(send(server, body)) == "A person"
    (received,) = server.received
    assert (received.system, received.config) == ("Be brief.", {"maxOutputTokens": 2})


def test_media_are_looked_into(server):
    sound, picture = inline(tone(3), "audio/wav"), inline(b"\xff\xd8", "image/jpeg")
    answer = send(server, call(picture, sound, {"text": "What is it?"}))
    details = json.loads(answer[2])["usageMetadata"]["promptTokensDetails"]
    counts = {one["modality"]: one["tokenCount"] for one in details}
    assert counts == {"IMAGE": 258, "AUDIO": 96, "TEXT": 3}
    (received,) = server.received
    assert [part.kind for part in received.parts] == ["inline", "inline", "text"]
    assert received.media("audio")[0].data == tone(3)
    assert received.text == "What is it?"


def test_base64_may_be_that_for_urls(server):
    data = bytes(range(256))
    part = inline(data, "image/jpeg")
    part["inlineData"]["data"] = base64.urlsafe_b64encode(data).decode().rstrip("=")
    send(server, call(part))
    assert server.received[-1].parts[0].data == data


@pytest.mark.parametrize(
    ("thoughts", "config", "told"),
    [
        (100, {}, (100, "STOP")),
        (100, {"thinkingConfig": {"thinkingBudget": 0}}, (None, "STOP")),
        (100, {"thinkingConfig": {"thinkingBudget": 50}}, (50, "STOP")),
        (100, {"thinkingConfig": {"thinkingBudget": -1}}, (100, "STOP")),
        (100, {"maxOutputTokens": 60}, (60, "MAX_TOKENS")),
        (100, {"maxOutputTokens": 106}, (100, "STOP")),
    ],
)
def test_thoughts_count_against_the_limit(thoughts, config, told):
    with GeminiServer(thoughts=thoughts) as server:
        answer = json.loads(send(server, call(generationConfig=config))[2])
    usage, (candidate,) = answer["usageMetadata"], answer["candidates"]
    assert (usage.get("thoughtsTokenCount"), candidate["finishReason"]) == told
    assert ("parts" in candidate["content"]) is (told[1] == "STOP")


def test_models_are_listed():
    with GeminiServer(models=["a", "b"]) as server:
        _, listed = get(server, "/v1beta/models")
        assert [card["name"] for card in listed["models"]] == ["models/a", "models/b"]
        assert get(server, "/v1beta/models/a")[1]["name"] == "models/a"
        assert get(server, "/v1beta/models/c")[0] == 404


# Refusals


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "Parsing failed"),
        ({}, "contents"),
        (call(tools=[]), 'Unknown name "tools"'),
        (
            call(generationConfig={"topX": 1}),
            "Unknown name \"topX\" at 'generationConfig': Cannot find field.",
        ),
        (call(generationConfig={"temperature": 3}), "less than or equal to 2"),
        (call({}), "exactly one"),
        (call({"text": "a", "fileData": {"fileUri": "u"}}), "exactly one"),
        (call(inline(b"x", "image/jpeg") | {"videoMetadata": {"fps": 30}}), "fps"),
        (call({"inlineData": {"mimeType": "image/jpeg", "data": "%"}}), "Base64 decoding failed"),
        (call(inline(b"no clip", "video/mp4")), "Unable to process input video"),
        (call(**json_config(responseMimeType="text/plain")), "needs response_mime_type"),
        (call(**json_config({"type": "string", "default": ""})), "unsupported keywords"),
    ],
)
def test_malformed_request_is_refused(server, body, words):
    answer = send(server, body)
    assert (answer[0], error_of(answer)["status"]) == (400, "INVALID_ARGUMENT")
    assert words in error_of(answer)["message"]


def test_key_model_and_path_are_checked():
    with GeminiServer(key="right", models=["m"]) as server:
        assert error_of(send(server, call(), key=None))["status"] == "PERMISSION_DENIED"
        wrong = error_of(send(server, call(), key="wrong"))
        assert wrong["details"][0]["reason"] == "API_KEY_INVALID"
        other = send(server, call(), path=GENERATE.replace("/m:", "/x:"), key="right")
        assert error_of(other)["status"] == "NOT_FOUND"
        assert send(server, call(), path="/v1beta/nothing", key="right")[0] == 404
        assert send(server, call(), key="right")[0] == 200


def test_nothing_is_recorded_of_the_key(server):
    send(server, call(), key="AIza-planted")
    assert "AIza-planted" not in repr(server.requests) + repr(server.received)


# Files


def begin(server, size, **told):
    headers = {
        "x-goog-upload-protocol": "resumable",
        "x-goog-upload-command": "start",
        "x-goog-upload-header-content-length": str(size),
        "x-goog-upload-header-content-type": "audio/wav",
    }
    return send(server, {"file": told}, path="/upload/v1beta/files", headers=headers)


def push(server, url, data, offset=0, command="upload, finalize"):
    headers = {"x-goog-upload-offset": str(offset), "x-goog-upload-command": command}
    return send(server, data, path=url.removeprefix(server.origin), key=None, headers=headers)


def upload(server, data=None, **told):
    data = tone(1) if data is None else data
    _, headers, _ = begin(server, len(data), **told)
    return json.loads(push(server, headers["x-goog-upload-url"], data)[2])["file"]


def ask_about(server, file):
    return send(server, call({"fileData": {"fileUri": file["uri"]}}, {"text": "?"}))


def test_file_becomes_active_and_can_be_asked_about():
    with GeminiServer(polls=2) as server:
        file = upload(server, displayName="a tone")
        assert (file["state"], file["displayName"]) == ("PROCESSING", "a tone")
        assert error_of(ask_about(server, file))["status"] == "FAILED_PRECONDITION"
        states = [get(server, f"/v1beta/{file['name']}")[1]["state"] for _ in range(2)]
        assert states == ["PROCESSING", "ACTIVE"]
        assert ask_about(server, file)[0] == 200
        assert server.received[-1].parts[0].data == tone(1)
        _, listed = get(server, "/v1beta/files")
        assert [one["name"] for one in listed["files"]] == [file["name"]]


def test_chunks_are_put_together(server):
    data = tone(1)
    _, headers, _ = begin(server, len(data), name="files/mine")
    url = headers["x-goog-upload-url"]
    first = push(server, url, data[:1000], command="upload")
    assert (first[1]["x-goog-upload-status"], server.storage.files) == ("active", {})
    assert push(server, url, b"x", offset=7)[0] == 400
    last = push(server, url, data[1000:], offset=1000)
    assert last[1]["x-goog-upload-status"] == "final"
    assert server.storage.files["files/mine"].data == data


def test_deleted_file_is_gone(server):
    file = upload(server)
    path = f"/v1beta/{file['name']}"
    assert send(server, b"", method="DELETE", path=path)[0] == 200
    assert send(server, b"", method="DELETE", path=path)[0] == 403
    assert get(server, path)[0] == 403
    assert error_of(ask_about(server, file))["status"] == "PERMISSION_DENIED"
    assert server.storage.uploaded == server.storage.deleted == [file["name"]]


@pytest.mark.parametrize(
    "name", ["mine", "files/Mine", "files/a/b", "files/-a", f"files/{'a' * 41}"]
)
def test_name_that_no_file_can_have_is_refused(server, name):
    assert begin(server, 1, name=name)[0] == 400


def test_name_that_is_taken_is_refused(server):
    upload(server, name="files/a")
    assert begin(server, 1, name="files/a")[0] == 409


def test_upload_that_is_shorter_than_announced_is_refused(server):
    _, headers, _ = begin(server, 10)
    assert push(server, headers["x-goog-upload-url"], b"short")[0] == 400
    assert push(server, f"{server.origin}/upload/session/none", b"")[0] == 404


def test_fates_of_uploads(server):
    server.plan_uploads("unavailable", "processing_failed", "never_active", "lost", None)
    assert begin(server, 1)[0] == 503
    failed, stuck, lost, fine = (upload(server) for _ in range(4))
    assert get(server, f"/v1beta/{failed['name']}")[1]["state"] == "FAILED"
    assert {get(server, f"/v1beta/{stuck['name']}")[1]["state"] for _ in range(5)} == {"PROCESSING"}
    for file, status in ((lost, 403), (fine, 200)):
        assert get(server, f"/v1beta/{file['name']}")[1]["state"] == "ACTIVE"
        assert ask_about(server, file)[0] == status


# Faults


def test_plan_is_followed_once_and_in_order(server):
    server.plan("rate_limit", None, google_error(418, "teapot"), "unavailable")
    answers = [send(server, call()) for _ in range(5)]
    assert [status for status, _, _ in answers] == [429, 200, 418, 503, 200]
    quota, retry = error_of(answers[0])["details"]
    assert "PerMinute" in quota["violations"][0]["quotaId"]
    assert retry["retryDelay"] == "0.05s"


def test_faults_of_the_answer(server):
    server.plan("no_choices", "blocked_prompt", "content_filter", "empty", "rerouted", "prose")
    answers = [json.loads(send(server, call())[2]) for _ in range(6)]
    assert "candidates" not in answers[0]
    assert answers[1]["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT"}
    assert answers[2]["candidates"][0]["finishReason"] == "SAFETY"
    assert answers[3]["candidates"][0]["content"] == {"role": "model"}
    assert answers[4]["modelVersion"] == "m-rerouted"
    assert "{" not in answers[5]["candidates"][0]["content"]["parts"][0]["text"]


def test_every_fault_has_an_effect(server):
    usual = send(server, call())
    for fault in set(get_args(Fault)) - {"hang", "disconnect"}:
        server.plan(fault)
        assert send(server, call()) != usual
    server.plan("disconnect")
    with pytest.raises(http.client.IncompleteRead):
        send(server, call())
    assert ERRORS["hang"].hang


def test_own_answer_may_have_any_status(server):
    server.plan(Response(529, b"busy"))
    assert send(server, call())[0] == 529


def test_another_model_may_answer_everything():
    with GeminiServer(served_model="m-002") as server:
        assert json.loads(send(server, call())[2])["modelVersion"] == "m-002"
