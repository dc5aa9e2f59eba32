"""How does an OpenAI-compatible server behave, on its good days and its bad ones?

    with OpenAIServer(latency=0.2) as server:
        server.plan("rate_limit", "html", None)          # the first three calls
        client = AsyncOpenAI(base_url=server.url, api_key="any")

Or in a process of its own, which prints the URL and serves until it is stopped:

    python -m ugcbench.testing.openai_server --latency 0.2
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import asdict, replace
from typing import Any, Literal

from ugcbench.testing.chat_requests import PART_TYPES, Refusal, find_refusal
from ugcbench.testing.loopback import LoopbackServer, Request, Response, json_response
from ugcbench.testing.schema_examples import simplest

Fault = Literal[
    "rate_limit",
    "quota",
    "server_error",
    "unavailable",
    "context_length",
    "hang",
    "disconnect",
    "truncated",
    "html",
    "wrong_schema",
    "no_choices",
    "empty",
    "content_filter",
    "refusal",
    "length",
    "rerouted",
]
"""What can go wrong with one call.

`rate_limit` is a 429 with a Retry-After of 50 ms, `quota` a 429 that waiting doesn't cure,
`server_error` a 500, `unavailable` a 503, `context_length` a 400. `hang` never answers,
`disconnect` closes in the middle of the body, `truncated` ends the JSON early, `html` answers a
200 with a web page. `wrong_schema` replies with JSON that fits no schema, `no_choices` and `empty`
with nothing, `content_filter` and `refusal` as such, `length` with half of the text, `rerouted`
under another model's name.
"""

Reply = str | Callable[[Mapping[str, Any]], str | None]
"""The text of every answer, or a function of the request that gives it."""

DEFAULT_REPLY = "A person talks to the camera."

Step = Fault | Response | None
"""What becomes of one call: a fault, an answer of your own, or nothing unusual."""


def error_response(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that holds an `error` object."""
    error = {name: value for name, value in asdict(refusal).items() if name != "status"}
    return json_response({"error": error}, refusal.status, headers)


class OpenAIServer(LoopbackServer):
    """A server of chat completions that checks requests as OpenAI's does, and fails as told.

    `reply` is the text of the answers. A request for JSON of a given schema is answered by the
    simplest value that fits it. A `reply` that is a function of the request (a dict) decides for
    both; where it returns None, the above holds. Without `key`, any key will do; `models` are those
    that exist, any by default; `parts` the types of content part that they accept. `lenient` lets
    unknown parameters pass. See `LoopbackServer` for `port`, `latency`, `keep` and for what is
    recorded.
    """

    def __init__(
        self,
        *,
        reply: Reply = DEFAULT_REPLY,
        key: str | None = None,
        models: Collection[str] | None = None,
        parts: Set[str] = PART_TYPES,
        lenient: bool = False,
        port: int = 0,
        latency: float = 0.0,
        keep: int = 256,
    ) -> None:
        super().__init__(self._answer, port=port, latency=latency, keep=keep)
        self.reply = reply
        self.key = key
        self.models = models
        self.parts = parts
        self.lenient = lenient
        self._plan: deque[Step] = deque()

    @property
    def url(self) -> str:
        """What a client takes as its base URL."""
        return f"{self.origin}/v1"

    def plan(self, *steps: Step) -> None:
        """Say what becomes of the next calls, one step each; later calls are answered as usual.

        Only calls that the server would otherwise answer take a step.
        """
        self._plan.extend(steps)

    def _answer(self, request: Request) -> Response:
        refusal = self._refuse_caller(request)
        if refusal:
            return error_response(refusal)
        match request.method, request.path:
            case "GET", "/v1/models":
                return json_response(_list_models(self.models or ["loopback"]))
            case "POST", "/v1/chat/completions":
                return self._answer_chat(request)
        return error_response(Refusal(404, f"Invalid URL ({request.method} {request.path})"))

    def _refuse_caller(self, request: Request) -> Refusal | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            return Refusal(401, "You didn't provide an API key.")
        if self.key not in (None, key):
            return Refusal(401, f"Incorrect API key provided: {key}.", "invalid_api_key")
        return None

    def _answer_chat(self, request: Request) -> Response:
        refusal = find_refusal(request.body, self.parts, self.lenient)
        if refusal:
            return error_response(refusal)
        call = request.json()
        if self.models is not None and call["model"] not in self.models:
            message = f"The model `{call['model']}` does not exist."
            return error_response(Refusal(404, message, "model_not_found", "model"))
        step = self._plan.popleft() if self._plan else None
        if isinstance(step, Response):
            return step
        return ERRORS[step] if step in ERRORS else self._complete(call, step)

    def _complete(self, call: Mapping[str, Any], fault: Fault | None) -> Response:
        completion = _build_completion(call, self._write(call))
        if fault:
            _spoil(completion, fault)
        response = json_response(completion)
        half = len(response.body) // 2
        if fault == "disconnect":
            return replace(response, cut=half)
        return replace(response, body=response.body[:half]) if fault == "truncated" else response

    def _write(self, call: Mapping[str, Any]) -> str:
        text = self.reply(call) if callable(self.reply) else None
        if text is not None:
            return text
        wanted = call.get("response_format") or {}
        if wanted.get("type") == "json_schema":
            return json.dumps(simplest(wanted["json_schema"]["schema"]))
        return DEFAULT_REPLY if callable(self.reply) else self.reply


def _build_completion(call: Mapping[str, Any], text: str) -> dict[str, Any]:
    """A completion; its token counts are those of words."""
    asked, answered = len(json.dumps(call["messages"]).split()), len(text.split())
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": "chatcmpl-loopback",
        "object": "chat.completion",
        "created": 0,
        "model": call["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
        },
    }


def _spoil(completion: dict[str, Any], fault: Fault) -> None:
    """Change a good completion into what `fault` says."""
    choice = completion["choices"][0]
    message = choice["message"]
    match fault:
        case "wrong_schema":
            message["content"] = '{"unexpected": true}'
        case "no_choices":
            completion["choices"] = []
        case "empty":
            message["content"] = ""
        case "content_filter":
            message["content"], choice["finish_reason"] = None, "content_filter"
        case "refusal":
            message["content"], message["refusal"] = None, "I'm sorry, I can't help with that."
        case "length":
            message["content"] = message["content"][: len(message["content"]) // 2]
            choice["finish_reason"] = "length"
        case "rerouted":
            completion["model"] += "-rerouted"


def _list_models(names: Collection[str]) -> dict[str, Any]:
    cards = [{"id": n, "object": "model", "created": 0, "owned_by": "loopback"} for n in names]
    return {"object": "list", "data": cards}


ERRORS: Mapping[Step, Response] = {
    "rate_limit": error_response(
        Refusal(429, "Rate limit reached", "rate_limit_exceeded", type="requests"),
        {"retry-after": "0.05"},
    ),
    "quota": error_response(
        Refusal(
            429, "You exceeded your current quota", "insufficient_quota", type="insufficient_quota"
        )
    ),
    "server_error": error_response(
        Refusal(500, "The server had an error while processing your request", type="server_error")
    ),
    "unavailable": error_response(
        Refusal(503, "The engine is currently overloaded", type="server_error")
    ),
    "context_length": error_response(
        Refusal(
            400,
            "This model's maximum context length is 4096 tokens.",
            "context_length_exceeded",
            "messages",
        )
    ),
    "html": Response(200, b"<!doctype html><title>Gateway</title>", {"content-type": "text/html"}),
    "hang": Response(hang=True),
}
"""The faults that hide the completion altogether."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; the URL is the one line on stdout."""
    parser = argparse.ArgumentParser(description="An OpenAI-compatible server on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--reply", default=DEFAULT_REPLY, help="what it says")
    given = parser.parse_args(arguments)
    stop = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)  # or they would end the process before sigwait
    with OpenAIServer(reply=given.reply, port=given.port, latency=given.latency, keep=0) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        signal.sigwait(stop)


if __name__ == "__main__":
    main()
